"""The Parquet lake: one file a table and month, replaced as a whole or not at all.

``<lake>/<table>/month=2024-03-01/data.parquet``. A partition is written aside, verified and synced, and takes its
place by one rename: a reader sees the old bytes or the new ones. A killed writer leaves only a file under ``.staging``,
which the next writer of the same partition removes.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

FILE_NAME = "data.parquet"


@dataclass(frozen=True)
class Lake:
    """Partitions below one folder. Knows nothing of what is in them."""

    root: Path

    def path(self, table: str, month: Month) -> Path:
        """Where a partition lies, whether or not it exists."""
        return self.root / table / f"month={month.start}" / FILE_NAME

    def has(self, table: str, month: Month) -> bool:
        return self.path(table, month).is_file()

    def months(self, table: str) -> list[Month]:
        """Months of which the table has a partition, earliest first."""
        found = (self.root / table).glob(f"month=*/{FILE_NAME}")
        return sorted(Month.parse(path.parent.name.removeprefix("month=")[:7]) for path in found)

    def rows(self, table: str, month: Month) -> int:
        """Rows of a partition, from its footer."""
        return pq.ParquetFile(self.path(table, month)).metadata.num_rows

    def sha256(self, table: str, month: Month) -> str:
        """Digest of the partition's bytes."""
        return hashlib.sha256(self.path(table, month).read_bytes()).hexdigest()

    @contextmanager
    def replacing(self, table: str, month: Month) -> Iterator[Path]:
        """A path to write the new partition to; on leaving without error it becomes the partition.

        Raises:
            BadInput: what was written cannot be read back as Parquet. The old partition stays.
        """
        staging = self.root / ".staging"
        staging.mkdir(parents=True, exist_ok=True)
        for orphan in staging.glob(f"{table}.{month}.*.parquet"):  # of a writer that was killed
            orphan.unlink(missing_ok=True)
        aside = staging / f"{table}.{month}.{uuid.uuid4().hex}.parquet"
        try:
            yield aside
            _verify(aside, table, month)
            target = self.path(table, month)
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(aside)
            os.replace(aside, target)
            _sync(target.parent)
        finally:
            aside.unlink(missing_ok=True)

    def remove(self, table: str, month: Month) -> None:
        """Forget one partition."""
        shutil.rmtree(self.path(table, month).parent, ignore_errors=True)


def _verify(path: Path, table: str, month: Month) -> None:
    try:
        pq.ParquetFile(path).metadata  # noqa: B018 - reading the footer is the check
    except Exception as error:
        raise BadInput(f"{table} {month}: the partition just written cannot be read back: {error}") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
