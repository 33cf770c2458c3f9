"""The Parquet lake: one file a version of a table's month, replaced as a whole or not at all.

``<lake>/<table>/month=2024-03-01/data.parquet`` is the first version, ``restated=2024-05-06.parquet`` beside it the
same month with what was known by that day. Which of them is read, ``core/reading.py`` decides. A version is written
aside, verified and synced, and takes its place by one rename: a reader sees the old bytes or the new ones. A killed
writer leaves only a file under ``.staging``, which the next writer of the same partition removes.
"""

import filecmp
import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from churn_tasks.core.errors import BadInput
from churn_tasks.core.files import put_in_place
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading

FIRST = "data.parquet"
RESTATED = "restated="


@dataclass(frozen=True)
class Lake:
    """Partitions below one folder. Knows nothing of what is in them.

    Attributes:
        reading: whose eyes it is read with; without one, first versions alone are seen and written.
    """

    root: Path
    reading: Reading | None = None

    def before(self) -> "Lake":
        """The lake as it was before what this run restates: to be read only."""
        if self.reading is None or self.reading.writes is None:
            raise ValueError("only a restated run has versions before its own")
        return replace(self, reading=self.reading.day_before())

    def path(self, table: str, month: Month) -> Path:
        """The version that is read; where the first would lie when there is none."""
        return (
            self._latest(table, month, self._cutoff(table, month))
            or self._folder(table, month) / FIRST
        )

    def has(self, table: str, month: Month) -> bool:
        return self.path(table, month).is_file()

    def months(self, table: str) -> list[Month]:
        """Months of which there is a version to read, earliest first."""
        return list(self._files(table))

    def paths(self, table: str) -> list[Path]:
        """The file to read of each month, earliest month first."""
        return list(self._files(table).values())

    def _files(self, table: str) -> dict[Month, Path]:
        months = sorted(
            Month.parse(folder.name[6:13])
            for folder in (self.root / table).glob("month=*")
        )
        found = ((month, self.path(table, month)) for month in months)
        return {month: path for month, path in found if path.is_file()}

    def rows(self, table: str, month: Month) -> int:
        """Rows of a partition, from its footer."""
        return pq.ParquetFile(self.path(table, month)).metadata.num_rows

    def rows_before_and_at(
        self, table: str, month: Month, day: date
    ) -> tuple[int | None, int]:
        """Rows of the version before a restated one (None: there is none), and of that one."""
        before = self._latest(table, month, day, before=day)
        now = self._folder(table, month) / f"{RESTATED}{day}.parquet"
        return (
            pq.ParquetFile(before).metadata.num_rows if before else None
        ), pq.ParquetFile(now).metadata.num_rows

    def sha256(self, table: str, month: Month) -> str:
        """Digest of the partition's bytes."""
        with self.path(table, month).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def restatements(self, table: str, month: Month) -> list[date]:
        """Dates of the restated versions, earliest first, whoever may read them."""
        files = self._folder(table, month).glob(f"{RESTATED}*.parquet")
        return sorted(
            date.fromisoformat(path.stem.removeprefix(RESTATED)) for path in files
        )

    def has_version(self, table: str, month: Month, day: date) -> bool:
        """Whether the month was restated under this very date."""
        return (self._folder(table, month) / f"{RESTATED}{day}.parquet").is_file()

    def restated_at(self, day: date) -> list[tuple[str, Month]]:
        """Every table and month that has a version of this date."""
        files = self.root.glob(f"*/month=*/{RESTATED}{day}.parquet")
        return sorted(
            (path.parts[-3], Month.parse(path.parent.name[6:13])) for path in files
        )

    @contextmanager
    def replacing(self, table: str, month: Month) -> Iterator[Path]:
        """A path to write the partition to; on leaving without error it takes its place.

        A restated run makes a version only where the bytes differ from what would be read without it.

        Raises:
            BadInput: what was written cannot be read back as Parquet. The old version stays.
        """
        staging = self.root / ".staging"
        staging.mkdir(parents=True, exist_ok=True)
        version = self._version()
        for orphan in staging.glob(
            f"{table}.{month}.{version}.*"
        ):  # of a writer that was killed
            orphan.unlink(missing_ok=True)
        aside = staging / f"{table}.{month}.{version}.{uuid.uuid4().hex}.parquet"
        try:
            yield aside
            _verify(aside, table, month)
            if self._says_nothing_new(aside, table, month):
                self.remove(table, month)
            else:
                put_in_place(aside, self._folder(table, month) / f"{version}.parquet")
        finally:
            aside.unlink(missing_ok=True)

    def remove(self, table: str, month: Month) -> None:
        """Remove the version that this run would write; with a first version, those that restate it."""
        if self.reading is None or self.reading.writes is None:
            shutil.rmtree(self._folder(table, month), ignore_errors=True)
        else:
            self.discard(table, month, self.reading.writes)

    def discard(self, table: str, month: Month, day: date) -> None:
        """Remove the version restated under one date; the others stay."""
        (self._folder(table, month) / f"{RESTATED}{day}.parquet").unlink(
            missing_ok=True
        )

    def discard_all(self, day: date) -> None:
        """Remove everything restated under one date, and what killed writers of it left."""
        for table, month in self.restated_at(day):
            self.discard(table, month, day)
        for orphan in (self.root / ".staging").glob(f"*.{RESTATED}{day}.*"):
            orphan.unlink(missing_ok=True)

    def _folder(self, table: str, month: Month) -> Path:
        return self.root / table / f"month={month.start}"

    def _version(self) -> str:
        """Name of the file that this run writes, without its ending."""
        day = self.reading.writes if self.reading else None
        return f"{RESTATED}{day}" if day else FIRST.removesuffix(".parquet")

    def _cutoff(self, table: str, month: Month) -> date | None:
        return self.reading.cutoff(table, month) if self.reading else None

    def _latest(
        self,
        table: str,
        month: Month,
        until: date | None,
        *,
        before: date | None = None,
    ) -> Path | None:
        """The latest version dated up to ``until`` and before ``before``; the first when no restated one is."""
        dates = self.restatements(table, month) if until else []
        allowed = [
            day
            for day in dates
            if until and day <= until and (before is None or day < before)
        ]
        if allowed:
            return self._folder(table, month) / f"{RESTATED}{allowed[-1]}.parquet"
        first = self._folder(table, month) / FIRST
        return first if first.is_file() else None

    def _says_nothing_new(self, aside: Path, table: str, month: Month) -> bool:
        day = self.reading.writes if self.reading else None
        older = self._latest(table, month, day, before=day) if day else None
        return older is not None and filecmp.cmp(aside, older, shallow=False)


def _verify(path: Path, table: str, month: Month) -> None:
    try:
        pq.ParquetFile(path).metadata  # noqa: B018 - reading the footer is the check
    except Exception as error:
        raise BadInput(
            f"{table} {month}: the partition just written cannot be read back: {error}"
        ) from error
