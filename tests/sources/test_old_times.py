"""INT96, the oldest form of a time in Parquet: an instant or the clock on the wall, by who wrote it."""

import datetime as dt
import io
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.source.parquet import WRITERS, read_sql
from churn_tasks.core.errors import BadInput
from tests.sources.drops import rows, settings_for

AT = dt.datetime.fromisoformat("2024-03-31 17:00")  # the first of April in Shanghai
ASKED = "SELECT CAST(started AS DATE) FROM lines"
FIRST_OF_APRIL, LAST_OF_MARCH = [(dt.date(2024, 4, 1),)], [(dt.date(2024, 3, 31),)]


def written(folder: Path, writer: str = "", zone: str | None = None) -> None:
    """A file with one time as INT96; ``writer`` stands in for the name of the library, which is as long."""
    path = folder / "calls.parquet"
    table = pa.table({"started": pa.array([AT], pa.timestamp("us", zone))})
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    if writer:
        _sign(path, writer)


# the part of a footer that says: adjusted to UTC, in microseconds (Thrift's compact protocol)
ITS_ZONE = bytes([0x4C, 0x8C, 0x11, 0x1C, 0x2C, 0, 0, 0, 0])


def written_before_zones(folder: Path, writer: str = "") -> None:
    """A file of a writer that knew the format's first types of time alone, which have no zone beside them."""
    path, sink = folder / "calls.parquet", io.BytesIO()
    table = pa.table({"started": pa.array([AT], pa.timestamp("us", "UTC"))})
    pq.write_table(table, sink, version="1.0", store_schema=False)
    content = sink.getvalue()
    (size,) = struct.unpack("<I", content[-8:-4])
    footer = content[-8 - size : -8]
    assert footer.count(ITS_ZONE) == 1
    older = footer.replace(ITS_ZONE, b"")
    ending = struct.pack("<I", len(older)) + content[-4:]
    path.write_bytes(content[: -8 - size] + older + ending)
    if writer:
        _sign(path, writer)


def _sign(path: Path, writer: str) -> None:
    ours = pq.ParquetFile(path).metadata.created_by.encode()
    theirs = writer.encode().ljust(len(ours))
    path.write_bytes(path.read_bytes().replace(ours, theirs))


@pytest.mark.parametrize(
    ("writer", "days"),
    [
        ("parquet-mr version 1.13.1", FIRST_OF_APRIL),
        ("parquet-mr 1.10 (build abc)", FIRST_OF_APRIL),
        ("impala version 4.1.0", LAST_OF_MARCH),
    ],
)
def test_who_wrote_it_says_what_it_is(
    tmp_path: Path, writer: str, days: list[tuple[dt.date]]
) -> None:
    written(tmp_path, writer)
    settings = settings_for(tmp_path, "calls.parquet", tmp_path)
    assert rows(settings, ASKED) == days
    if days == FIRST_OF_APRIL:
        typed = "SELECT typeof(started) FROM lines"
        assert rows(settings, typed) == [("TIMESTAMP WITH TIME ZONE",)]


@pytest.mark.parametrize(
    ("writer", "days"),
    [
        ("parquet-mr version 1.8.1", FIRST_OF_APRIL),
        ("DuckDB version v0.3.2", LAST_OF_MARCH),
    ],
)
def test_so_it_does_for_files_from_before_zones(
    tmp_path: Path, writer: str, days: list[tuple[dt.date]]
) -> None:
    written_before_zones(tmp_path, writer)
    settings = settings_for(tmp_path, "calls.parquet", tmp_path)
    assert rows(settings, ASKED) == days
    written_before_zones(tmp_path)
    with pytest.raises(BadInput, match="column started holds times in an old form"):
        rows(settings, ASKED)


def test_the_zone_that_arrow_has_noted_says_it_too(tmp_path: Path) -> None:
    written(tmp_path, zone="UTC")
    assert (
        rows(settings_for(tmp_path, "calls.parquet", tmp_path), ASKED) == FIRST_OF_APRIL
    )


def test_what_nobody_says_is_refused_or_declared(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(
        BadInput,
        match=r"calls\.parquet: column started holds times .*INT96.*1 rows.*lines\.timestamps to utc or local",
    ):
        rows(settings_for(tmp_path, "calls.parquet", tmp_path), ASKED)
    for clock, days in (("utc", FIRST_OF_APRIL), ("local", LAST_OF_MARCH)):
        drop = {"path": "calls.parquet", "timestamps": clock}
        assert rows(settings_for(tmp_path, drop, tmp_path), ASKED) == days


def test_what_is_declared_counts_before_the_writer(tmp_path: Path) -> None:
    written(tmp_path, "parquet-mr version 1.13.1")
    drop = {"path": "calls.parquet", "timestamps": "local"}
    assert rows(settings_for(tmp_path, drop, tmp_path), ASKED) == LAST_OF_MARCH


def test_inside_a_structure_it_is_refused_whoever_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "calls.parquet"
    inside = pa.array([{"started": AT}], pa.struct({"started": pa.timestamp("us")}))
    pq.write_table(
        pa.table({"call": inside}), path, use_deprecated_int96_timestamps=True
    )
    footer = pq.ParquetFile(path).metadata
    with pytest.raises(BadInput, match=r"column call\.started .* outside of lists"):
        read_sql("calls.parquet", str(path), footer, "utc", "source.files.lines")


def test_times_that_say_what_they_are_are_left_alone(tmp_path: Path) -> None:
    """Negative control: only what is unclear is touched, and DuckDB by itself is eight hours early."""
    path = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"started": pa.array([AT], pa.timestamp("us"))}), path)
    footer = pq.ParquetFile(path).metadata
    assert read_sql("plain", "p", footer, None, "") == "read_parquet('p')"
    written(tmp_path, "parquet-mr version 1.13.1")
    naive = settings_for(tmp_path, "calls.parquet", tmp_path)
    asked = "SELECT CAST(started AT TIME ZONE 'UTC' AS DATE) FROM lines"
    assert rows(naive, asked) == LAST_OF_MARCH
    assert sorted(WRITERS.values()) == ["local", "local", "utc"]
