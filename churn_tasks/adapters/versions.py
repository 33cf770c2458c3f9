"""What the files of a table's month are called, and which of them make up a version.

``data.parquet`` is the first version, ``restated=2024-05-06.parquet`` beside it the same month with what was known by
that day. Where only a few rows came late, a version is the one before it and parts:

* ``late=2024-05-06.parquet`` holds rows that are added,
* ``replacing=2024-05-06.parquet`` rows of which each replaces the one of the same key.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

FIRST = "data.parquet"
RESTATED = "restated="  # a whole version
LATE, REPLACING = "late=", "replacing="  # parts of one
PARTS = (LATE, REPLACING)
KINDS = (RESTATED, *PARTS)


@dataclass(frozen=True)
class Version:
    """The files of one version of a table's month.

    Attributes:
        parts: what came late since the whole file was made, earliest first; of one date the added rows first.
    """

    whole: Path
    parts: tuple[Path, ...] = ()

    @property
    def files(self) -> list[Path]:
        """Every file, the newest last."""
        return [self.whole, *self.parts]

    @property
    def rows(self) -> int:
        """Rows, from the footers. A replacing row takes the place of another."""
        added = [path for path in self.files if not replaces(path)]
        return sum(map(rows_of_file, added))


def replaces(path: Path) -> bool:
    """Whether the rows of a file replace those of the same key in the files before it."""
    return path.name.startswith(REPLACING)


def empty_values(path: Path) -> dict[str, int]:
    """Empty values of each column of a Parquet file, told by its footer."""
    footer = pq.ParquetFile(path).metadata
    empty: Counter[str] = Counter()
    for group in range(footer.num_row_groups):
        for place in range(footer.num_columns):
            column = footer.row_group(group).column(place)
            if column.statistics:
                empty[column.path_in_schema] += column.statistics.null_count or 0
    return dict(empty)


def rows_of_file(path: Path) -> int:
    """Rows of a Parquet file, from its footer."""
    return pq.ParquetFile(path).metadata.num_rows


def is_part(path: Path) -> bool:
    """Whether a file is no version by itself."""
    return path.name.startswith(PARTS)


def day_of(path: Path) -> date:
    """The date under which a file was restated."""
    return date.fromisoformat(path.stem.partition("=")[2])


def stem(day: date | None, part: str = "") -> str:
    """Name of a file without its ending.

    Args:
        day: under which it is restated; None for the first version.
        part: ``LATE`` or ``REPLACING`` where it is a part of a version.
    """
    if day is None:
        return FIRST.removesuffix(".parquet")
    return f"{part or RESTATED}{day}"


def restated_days(folder: Path) -> list[date]:
    """Dates of the restated versions in the folder of a table's month, earliest first."""
    return sorted({day_of(path) for path in folder.glob("*=*.parquet")})


def files_of_day(folder: Path, day: date) -> list[Path]:
    """The files that were restated under one date."""
    paths = [folder / f"{kind}{day}.parquet" for kind in KINDS]
    return [path for path in paths if path.is_file()]


def latest_version(folder: Path, until: date | None) -> Version | None:
    """The latest version dated up to ``until``; the first where no restated one is or may be."""
    whole, parts = folder / FIRST, list[Path]()
    days = restated_days(folder) if until else []
    for day in days:
        if until and day <= until:
            files = files_of_day(folder, day)
            if is_part(files[0]):
                parts += files
            else:
                whole, parts = files[0], []
    if not whole.is_file():
        return None
    return Version(whole, tuple(parts))
