"""Partitions are replaced whole or not at all."""

import datetime as dt
import os
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters import lake as lake_module
from churn_tasks.adapters.kept_versions import put_back_on_failure
from churn_tasks.adapters.lake import Lake
from churn_tasks.adapters.versions import LATE, REPLACING
from churn_tasks.core import files
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading

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
def test_what_cannot_be_read_back_never_takes_the_place(
    tmp_path: Path, torn: bytes
) -> None:
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
    (staging / "numbers.2024-03.data.0123.parquet").write_bytes(b"half")
    (staging / "numbers.2024-04.data.0123.parquet").write_bytes(
        b"another month, maybe at work"
    )
    _write(lake, [1])
    assert [path.name for path in staging.iterdir()] == [
        "numbers.2024-04.data.0123.parquet"
    ]


def test_writing_in_place_would_tear(tmp_path: Path) -> None:
    """Negative control: the naive writer that opens the final name is caught by the same reading."""
    lake = Lake(tmp_path)
    _write(lake, [1, 2])
    lake.path("numbers", MARCH).write_bytes(b"PAR1 half a file")
    with pytest.raises(pa.ArrowInvalid):
        lake.rows("numbers", MARCH)


K1, K2 = dt.date(2024, 5, 6), dt.date(2024, 6, 6)


def _restating(lake: Lake, day: dt.date) -> Lake:
    return Lake(lake.root, Reading(MARCH, day, is_restated=True))


def _values(lake: Lake, table: str = "numbers") -> list[int]:
    return pq.ParquetFile(lake.path(table, MARCH)).read().column("n").to_pylist()


def test_a_restated_version_lies_beside_the_first(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1])
    first = lake.path("numbers", MARCH).stat()
    _write(_restating(lake, K1), [1, 2])
    _write(_restating(lake, K2), [1, 2, 3])
    assert _values(lake) == [1]
    assert (_values(_restating(lake, K1)), _values(_restating(lake, K2))) == (
        [1, 2],
        [1, 2, 3],
    )
    assert _values(_restating(lake, K2 - dt.timedelta(days=1))) == [1, 2], (
        "the latest up to the date"
    )
    assert lake.restatements("numbers", MARCH) == [K1, K2]
    assert lake.restated_at(K1) == [("numbers", MARCH)]
    now = lake.path("numbers", MARCH).stat()
    assert (now.st_ino, now.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_the_same_bytes_make_no_version_and_undo_one_that_is_stale(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1])
    _write(_restating(lake, K1), [1])
    assert lake.restatements("numbers", MARCH) == []
    _write(_restating(lake, K1), [2])
    assert lake.restatements("numbers", MARCH) == [K1]
    _write(_restating(lake, K2), [2])
    assert lake.restatements("numbers", MARCH) == [K1], (
        "compared with the version before, not with the first"
    )
    _write(_restating(lake, K1), [1])
    assert lake.restatements("numbers", MARCH) == []


@pytest.mark.parametrize(
    ("table", "run_month", "is_restated", "read"),
    [
        (
            "month_usage",
            Month(2024, 4),
            False,
            [1, 2],
        ),  # an earlier month's summary: as known by then
        ("month_usage", MARCH, False, [1]),  # its own month
        ("feat_usage", Month(2024, 4), False, [1]),
        ("label", Month(2024, 4), False, [1]),
        ("clean_cdr", Month(2024, 4), False, [1]),
        ("feat_usage", MARCH, True, [1, 2]),
        ("label", Month(2024, 4), True, [1, 2]),
        ("out_warning_list", MARCH, True, [1, 2]),
        ("out_warning_list", Month(2024, 4), True, [1]),  # the list that was called
    ],
)
def test_one_rule_says_which_version_is_read(
    tmp_path: Path, table: str, run_month: Month, is_restated: bool, read: list[int]
) -> None:
    for lake, values in (
        (Lake(tmp_path), [1]),
        (_restating(Lake(tmp_path), K1), [1, 2]),
    ):
        with lake.replacing(table, MARCH) as path:
            pq.write_table(pa.table({"n": values}), path)
    assert _values(Lake(tmp_path, Reading(run_month, K1, is_restated)), table) == read
    earlier = Lake(tmp_path, Reading(run_month, K1 - dt.timedelta(days=1), is_restated))
    assert _values(earlier, table) == [1], "what was restated later is not seen"


def test_months_and_rows_follow_the_reading(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(_restating(lake, K1), [1, 2])
    assert (lake.months("numbers"), lake.has("numbers", MARCH)) == ([], False)
    restating = _restating(lake, K1)
    assert (restating.months("numbers"), restating.rows("numbers", MARCH)) == (
        [MARCH],
        2,
    )
    assert restating.rows_before_and_at("numbers", MARCH, K1) == (None, 2)


def test_removing_a_restated_version_leaves_the_others(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for each, values in (
        (lake, [1]),
        (_restating(lake, K1), [2]),
        (_restating(lake, K2), [3]),
    ):
        _write(each, values)
    _restating(lake, K1).remove("numbers", MARCH)
    assert lake.restatements("numbers", MARCH) == [K2]
    assert _values(lake) == [1]
    lake.remove("numbers", MARCH)
    assert lake.restatements("numbers", MARCH) == [], (
        "restated versions do not outlive what they restate"
    )


def test_everything_of_one_date_is_removed_with_what_killed_writers_left(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    for each, values in (
        (lake, [1]),
        (_restating(lake, K1), [2]),
        (_restating(lake, K2), [3]),
    ):
        _write(each, values)
    for version in (f"restated={K1}", f"restated={K2}", "data"):
        (tmp_path / ".staging" / f"numbers.2024-03.{version}.0123.parquet").write_bytes(
            b"half"
        )
    lake.discard_all(K1)
    assert lake.restatements("numbers", MARCH) == [K2]
    assert len(list((tmp_path / ".staging").iterdir())) == 2


def _write_part(lake: Lake, part: str, values: list[int]) -> None:
    with lake.replacing("numbers", MARCH, part) as path:
        pq.write_table(pa.table({"n": values}), path)


def test_a_version_may_be_parts_beside_the_one_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1, 2])
    _write_part(_restating(lake, K1), LATE, [3])
    _write_part(_restating(lake, K1), REPLACING, [2])
    _write_part(_restating(lake, K2), LATE, [4, 5])
    first, second = _restating(lake, K1), _restating(lake, K2)
    assert [each.rows("numbers", MARCH) for each in (lake, first, second)] == [2, 3, 5]
    version = second.version("numbers", MARCH)
    assert version and [path.name for path in version.files] == [
        "data.parquet", f"late={K1}.parquet", f"replacing={K1}.parquet", f"late={K2}.parquet",
    ]  # fmt: skip
    assert second.before().version("numbers", MARCH) == first.version("numbers", MARCH)
    assert second.rows_before_and_at("numbers", MARCH, K2) == (3, 5)
    assert (lake.restatements("numbers", MARCH), lake.restated_at(K1)) == (
        [K1, K2],
        [("numbers", MARCH)],
    )
    with pytest.raises(ValueError, match="lies in several files"):
        second.path("numbers", MARCH)
    second.remove("numbers", MARCH)
    assert second.rows("numbers", MARCH) == 3
    lake.discard_all(K1)
    assert second.rows("numbers", MARCH) == 2


def test_a_part_without_rows_is_none_and_a_version_is_either_whole_or_parts(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1])
    restating = _restating(lake, K1)
    _write_part(restating, LATE, [2])
    _write_part(restating, LATE, [])
    assert not restating.has_version("numbers", MARCH, K1)
    _write_part(restating, LATE, [2])
    _write(restating, [7, 8, 9])
    assert (restating.part("numbers", MARCH), _values(restating)) == ([], [7, 8, 9])
    _write_part(restating, LATE, [2])
    assert len(restating.part("numbers", MARCH)) == 1
    assert restating.rows("numbers", MARCH) == 2


def _make_again_and_fail(lake: Lake) -> None:
    with put_back_on_failure(lake, K1, KilledError):
        _write(_restating(lake, K1), [6])
        with _restating(lake, K1).replacing("others", MARCH) as path:
            pq.write_table(pa.table({"n": [1]}), path)
        raise KilledError


def test_what_was_restated_under_a_day_is_put_back_when_making_it_again_fails(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    _write(lake, [1])
    _write(_restating(lake, K1), [1, 2])
    with pytest.raises(KilledError):
        _make_again_and_fail(lake)
    assert _values(_restating(lake, K1)) == [1, 2]
    assert lake.restated_at(K1) == [("numbers", MARCH)]
    with put_back_on_failure(lake, K1, KilledError):
        _write(_restating(lake, K1), [6])
    assert _values(_restating(lake, K1)) == [6]
    assert list((tmp_path / ".staging").iterdir()) == []


STOPS = ("yield", "_verify", "put_in_place", "_sync", "replace")


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("day", [None, K1])
def test_a_write_killed_anywhere_leaves_the_old_version_or_the_new(
    tmp_path: Path, stop: str, day: dt.date | None
) -> None:
    """A child process ends itself without clean-up at each point of a write; the next writer sweeps what it left."""
    lake = Lake(tmp_path) if day is None else _restating(Lake(tmp_path), day)
    _write(Lake(tmp_path), [1])
    assert _killed_at(lake, stop, [1, 2]) == 9
    assert _values(lake) == [1]
    left = list((tmp_path / ".staging").iterdir())
    assert len(left) == 1, "what the killed writer had written aside"
    _write(lake, [1, 2])
    assert _values(lake) == [1, 2]
    assert list((tmp_path / ".staging").iterdir()) == []
    assert _values(Lake(tmp_path)) == ([1, 2] if day is None else [1])


def test_a_write_killed_after_its_rename_is_done(tmp_path: Path) -> None:
    _write(Lake(tmp_path), [1])
    lake = _restating(Lake(tmp_path), K1)
    assert _killed_at(lake, "renamed", [1, 2]) == 9
    assert (_values(lake), _values(Lake(tmp_path))) == ([1, 2], [1])


def _killed_at(lake: Lake, stop: str, values: list[int]) -> int:
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    end = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731 - put in the place of what is stopped
    rename = os.replace
    if stop == "replace":
        os.replace = end
    elif stop == "renamed":
        os.replace = lambda *paths: (rename(*paths), end())
    elif stop == "_sync":
        files._sync = end
    elif stop != "yield":
        setattr(lake_module, stop, end)
    with lake.replacing("numbers", MARCH) as path:
        pq.write_table(pa.table({"n": values}), path)
        if stop == "yield":
            end()
    os._exit(0)
