"""Partitions are replaced whole or not at all."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

MARCH = Month(2024, 3)


def _write(lake: Lake, values: list[int]) -> None:
    with lake.replacing("numbers", MARCH) as path:
        pq.write_table(pa.table({"n": values}), path)


class KilledError(Exception):
    """Stands for whatever ends a writer half way."""


def _write_and_die(lake: Lake) -> None:
    with lake.replacing("numbers", MARCH) as path:
        pq.write_table(pa.table({"n": [9]}), path)
        raise KilledError


def test_a_partition_is_written_and_replaced(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1, 2])
    _write(lake, [3])
    assert lake.rows("numbers", MARCH) == 1
    assert lake.months("numbers") == [MARCH]
    assert lake.path("numbers", MARCH).parent.name == "month=2024-03-01"


@pytest.mark.parametrize("torn", [b"", b"PAR1 half a file"])
def test_what_cannot_be_read_back_never_takes_the_place(tmp_path: Path, torn: bytes) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1, 2])
    before = lake.sha256("numbers", MARCH)
    said = "numbers 2024-03: the partition just written cannot be read back"
    with pytest.raises(BadInput, match=said), lake.replacing("numbers", MARCH) as path:
        path.write_bytes(torn)
    assert lake.sha256("numbers", MARCH) == before
    assert list((tmp_path / ".staging").iterdir()) == []


def test_a_failing_writer_leaves_the_old_partition(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1, 2])
    with pytest.raises(KilledError):
        _write_and_die(lake)
    assert lake.rows("numbers", MARCH) == 2


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    staging = tmp_path / ".staging"
    staging.mkdir()
    (staging / "numbers.2024-03.0123.parquet").write_bytes(b"half")
    (staging / "numbers.2024-04.0123.parquet").write_bytes(b"another month, maybe at work")
    _write(lake, [1])
    assert [path.name for path in staging.iterdir()] == ["numbers.2024-04.0123.parquet"]


def test_writing_in_place_would_tear(tmp_path: Path) -> None:
    """Negative control: the naive writer that opens the final name is caught by the same reading."""
    lake = Lake(tmp_path)
    _write(lake, [1, 2])
    lake.path("numbers", MARCH).write_bytes(b"PAR1 half a file")
    with pytest.raises(pa.ArrowInvalid):
        lake.rows("numbers", MARCH)
