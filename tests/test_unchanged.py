"""Negative controls of the guard over shared lakes: each way to change one is noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unchanged import unchanged


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for month in ("2024-01-01", "2024-02-01"):
        partition = tmp_path / "raw_bill" / f"month={month}"
        partition.mkdir(parents=True)
        (partition / "data.parquet").write_bytes(b"rows")
    return tmp_path


def _write(lake: Path) -> None:
    (lake / "raw_bill" / "month=2024-02-01" / "data.parquet").write_bytes(b"others")


def _add(lake: Path) -> None:
    (lake / "raw_bill" / "month=2024-02-01" / "restated=2024-04-06.parquet").touch()


def _remove(lake: Path) -> None:
    (lake / "raw_bill" / "month=2024-02-01" / "data.parquet").unlink()


@pytest.mark.parametrize("change", [_write, _add, _remove])
def test_a_test_that_writes_to_a_shared_lake_is_noticed(
    lake: Path, change: Callable[[Path], None]
) -> None:
    with (
        pytest.raises(AssertionError, match=r"others read: raw_bill/month=2024-02-01"),
        unchanged(lake),
    ):
        change(lake)


def test_the_same_bytes_written_again_are_no_change(lake: Path) -> None:
    with unchanged(lake):
        file = lake / "raw_bill" / "month=2024-01-01" / "data.parquet"
        file.write_bytes(file.read_bytes())
