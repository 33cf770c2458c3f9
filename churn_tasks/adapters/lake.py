"""The Parquet lake: versions of a table's month, each replaced as a whole or not at all.

They lie in ``<lake>/<table>/month=2024-03-01``; what their files are called, ``adapters/versions.py`` knows, and which
version is read, ``core/reading.py`` decides. A file is written aside, verified and synced, and takes its place by one
rename: a reader sees the old bytes or the new ones. A killed writer leaves only a file under ``.staging``, which the
next writer of the same partition removes.
"""

import filecmp
import hashlib
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from churn_tasks.adapters.versions import (
    FIRST,
    KINDS,
    Version,
    day_of,
    files_of_day,
    is_part,
    latest_version,
    restated_days,
    rows_of_file,
    stem,
)
from churn_tasks.core.errors import BadInput
from churn_tasks.core.files import put_in_place
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading


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

    def as_seen_by(self, table: str, month: Month) -> "Lake":
        """The lake as the run saw it that made the whole file to which this run's version is an addition."""
        version = self.before().version(table, month)
        if version is None or self.reading is None:
            raise ValueError(f"{table} has no version of {month} before this run's")
        day = None if version.whole.name == FIRST else day_of(version.whole)
        return replace(self, reading=self.reading.of_version(day))

    def path(self, table: str, month: Month) -> Path:
        """The file that is read, of a table whose versions are whole; where the first would lie when there is none.

        Raises:
            ValueError: the version has parts: its rows are read with :meth:`version`.
        """
        version = self.version(table, month)
        if version is None:
            return self._folder(table, month) / FIRST
        if version.parts:
            raise ValueError(f"{table} {month} lies in several files: {version.parts}")
        return version.whole

    def version(self, table: str, month: Month) -> Version | None:
        """The version that is read; None where there is none."""
        until = self.reading.cutoff(table, month) if self.reading else None
        return latest_version(self._folder(table, month), until)

    def files(self, table: str, month: Month) -> list[Path]:
        """The files of the version that is read; none where there is none."""
        version = self.version(table, month)
        return version.files if version else []

    def part(self, table: str, month: Month) -> list[Path]:
        """What this run has added to the version before it; nothing where it made no version, or a whole one."""
        day = self._writes
        if day is None:
            return []
        return [path for path in self._of_day(table, month, day) if is_part(path)]

    def lies_in_parts_before(self, table: str, month: Month) -> bool:
        """Whether this run restates a version that has parts."""
        if self._writes is None:
            return False
        before = self.before().version(table, month)
        return before is not None and bool(before.parts)

    def has(self, table: str, month: Month) -> bool:
        return self.version(table, month) is not None

    def months(self, table: str) -> list[Month]:
        """Months of which there is a version to read, earliest first."""
        return list(self.versions(table))

    def versions(self, table: str) -> dict[Month, Version]:
        """The version to read of each month, earliest month first."""
        months = sorted(
            Month.parse(folder.name[6:13])
            for folder in (self.root / table).glob("month=*")
        )
        found = {}
        for month in months:
            version = self.version(table, month)
            if version:
                found[month] = version
        return found

    def rows(self, table: str, month: Month) -> int:
        """Rows of a partition, from its footers."""
        version = self.version(table, month)
        if version is None:
            raise FileNotFoundError(f"{table} has no version of {month}")
        return version.rows

    def rows_before_and_at(
        self, table: str, month: Month, day: date
    ) -> tuple[int | None, int]:
        """Rows of the version before a restated one (None: there is none), and of that one."""
        folder = self._folder(table, month)
        before = latest_version(folder, day - timedelta(days=1))
        now = latest_version(folder, day)
        return before.rows if before else None, now.rows if now else 0

    def sha256(self, table: str, month: Month) -> str:
        """Digest of the partition's bytes; of a version with parts that of the latest one."""
        version = self.version(table, month)
        newest = version.files[-1] if version else self.path(table, month)
        with newest.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def byte_count(self, table: str, month: Month) -> int:
        """Size of the partition, all its files taken together."""
        return sum(path.stat().st_size for path in self.files(table, month))

    def restatements(self, table: str, month: Month) -> list[date]:
        """Dates of the restated versions, earliest first, whoever may read them."""
        return restated_days(self._folder(table, month))

    def has_version(self, table: str, month: Month, day: date) -> bool:
        """Whether the month was restated under this very date."""
        return bool(self._of_day(table, month, day))

    def restated_at(self, day: date) -> list[tuple[str, Month]]:
        """Every table and month that has a version of this date."""
        found = set()
        for path in self.files_of(day):
            found.add((path.parts[-3], Month.parse(path.parent.name[6:13])))
        return sorted(found)

    def files_of(self, day: date) -> Iterator[Path]:
        """Every file that was restated under this date."""
        for kind in KINDS:
            yield from self.root.glob(f"*/month=*/{kind}{day}.parquet")

    @contextmanager
    def replacing(self, table: str, month: Month, part: str = "") -> Iterator[Path]:
        """A path to write the partition to; on leaving without error it takes its place.

        A restated run makes a version only where the bytes differ from what would be read without it, and a part only
        of rows.

        Args:
            part: ``LATE`` or ``REPLACING`` where the file is to be a part of a version; else it is a whole one.

        Raises:
            BadInput: what was written cannot be read back as Parquet. The old version stays.
        """
        staging = self.root / ".staging"
        staging.mkdir(parents=True, exist_ok=True)
        name = stem(self._writes, part)
        for orphan in staging.glob(f"{table}.{month}.{name}.*"):  # of a killed writer
            orphan.unlink(missing_ok=True)
        aside = staging / f"{table}.{month}.{name}.{uuid.uuid4().hex}.parquet"
        place = self._folder(table, month) / f"{name}.parquet"
        try:
            yield aside
            rows = _verify(aside, table, month)
            if part and not rows:
                place.unlink(missing_ok=True)
            elif not part and self._says_nothing_new(aside, table, month):
                self.remove(table, month)
            else:
                put_in_place(aside, place)
                self._remove_other_kinds(table, month, part)
        finally:
            aside.unlink(missing_ok=True)

    def remove(self, table: str, month: Month) -> None:
        """Remove the version that this run would write; with a first version, those that restate it."""
        day = self._writes
        if day is None:
            shutil.rmtree(self._folder(table, month), ignore_errors=True)
        else:
            self.discard(table, month, day)

    def discard(self, table: str, month: Month, day: date) -> None:
        """Remove the version restated under one date; the others stay."""
        for path in self._of_day(table, month, day):
            path.unlink(missing_ok=True)

    def discard_all(self, day: date, kept: Collection[tuple[str, Month]] = ()) -> None:
        """Remove everything restated under one date, and what killed writers of it left.

        Args:
            kept: tables and months whose version stays.
        """
        for table, month in self.restated_at(day):
            if (table, month) not in kept:
                self.discard(table, month, day)
        for kind in KINDS:
            for orphan in (self.root / ".staging").glob(f"*.{kind}{day}.*"):
                orphan.unlink(missing_ok=True)

    @property
    def _writes(self) -> date | None:
        """The date of the versions that are written; None for first versions."""
        return self.reading.writes if self.reading else None

    def _folder(self, table: str, month: Month) -> Path:
        return self.root / table / f"month={month.start}"

    def _of_day(self, table: str, month: Month, day: date) -> list[Path]:
        return files_of_day(self._folder(table, month), day)

    def _remove_other_kinds(self, table: str, month: Month, part: str) -> None:
        """A version is either whole or made of parts; an earlier try may have made the other."""
        day = self._writes
        if day:
            for path in self._of_day(table, month, day):
                if is_part(path) != bool(part):
                    path.unlink()

    def _says_nothing_new(self, aside: Path, table: str, month: Month) -> bool:
        """Whether a file holds the bytes of the version before it; one of several files the engine compares by rows."""
        if self._writes is None:
            return False
        older = self.before().version(table, month)
        if older is None or older.parts:
            return False
        return filecmp.cmp(aside, older.whole, shallow=False)


def _verify(path: Path, table: str, month: Month) -> int:
    """The rows of a file that was just written, if it can be read back."""
    try:
        return rows_of_file(path)
    except Exception as error:
        raise BadInput(
            f"{table} {month}: the partition just written cannot be read back: {error}"
        ) from error
