"""File drops as a source: what is read, what is refused, and that nothing in clear stays behind."""

import bz2
import gzip
import hashlib
import lzma
import os
import signal
import socket
import subprocess
import sys
import traceback
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.source import open_source
from churn_tasks.core.errors import BadInput, NotReady, SettingsError
from churn_tasks.core.settings import REPOSITORY, process_environment
from tests.sources.drops import EVERYTHING, MONTH, files_below, rows, settings_for

CSV = "customer,amount\n007,1.50\n008,twelve\n"
ROWS = [("007", "1.50"), ("008", "twelve")]


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    """The folder that files are dropped in."""
    folder = tmp_path / "drops"
    folder.mkdir()
    return folder


def plain(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def packed_gz(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode()))


def packed_xz(path: Path, text: str) -> None:
    """Two streams, one after the other, as ``cat a.xz b.xz`` makes them."""
    half = len(text) // 2
    path.write_bytes(
        lzma.compress(text[:half].encode()) + lzma.compress(text[half:].encode())
    )


def packed_bz2(path: Path, text: str) -> None:
    path.write_bytes(bz2.compress(text.encode()))


def packed_zip(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/inside.csv", text)


WRITERS = {
    "a.csv": plain,
    "a.csv.gz": packed_gz,
    "a.csv.xz": packed_xz,
    "a.csv.bz2": packed_bz2,
    "a.zip": packed_zip,
}


@pytest.mark.parametrize("name", WRITERS)
def test_csv_arrives_as_text(tmp_path: Path, drops: Path, name: str) -> None:
    WRITERS[name](drops / name, CSV)
    assert rows(settings_for(tmp_path, "a.*", drops)) == ROWS


def test_guessed_types_would_change_the_values(drops: Path) -> None:
    """Control: DuckDB's own guess turns 1.50 into 1.5, and 1e3 into a thousand."""
    plain(drops / "a.csv", "customer,amount\n007,1.50\n008,1e3\n")
    guessed = duckdb.sql(
        f"SELECT amount FROM read_csv('{drops}/a.csv') ORDER BY ALL"
    ).fetchall()
    assert guessed == [(1.5,), (1000.0,)]


def test_files_of_one_pattern_are_one_relation_by_column_name(
    tmp_path: Path, drops: Path
) -> None:
    pq.write_table(
        pa.table({"customer": ["a"], "amount": [1]}), drops / "lines_1.parquet"
    )
    pq.write_table(
        pa.table({"amount": [2], "customer": ["b"]}), drops / "lines_2.parquet"
    )
    pq.write_table(pa.table({"customer": ["c"]}), drops / "other.parquet")
    assert rows(settings_for(tmp_path, "lines_*.parquet", drops)) == [
        ("a", 1),
        ("b", 2),
    ]


def test_rows_come_in_batches(tmp_path: Path, drops: Path) -> None:
    pq.write_table(pa.table({"n": list(range(30_000))}), drops / "a.parquet")
    settings = settings_for(tmp_path, "a.parquet", drops, batch_rows=5_000)
    with (
        open_source(settings) as source,
        source.batches("SELECT n FROM lines") as batches,
    ):
        sizes = [batch.num_rows for batch in batches]
    assert sum(sizes) == 30_000
    assert len(sizes) > 1 and max(sizes) < 10_000


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.xz", "a.csv.bz2", "a.zip"])
def test_what_was_unpacked_has_no_name(tmp_path: Path, drops: Path, name: str) -> None:
    WRITERS[name](drops / name, CSV)
    settings = settings_for(tmp_path, name, drops)
    with open_source(settings) as source, source.batches(EVERYTHING) as batches:
        during = files_below(tmp_path / "state")
        assert batches.read_all().num_rows == 2
    assert during == []
    assert files_below(tmp_path / "state") == []


KILLED = """
import os, signal, sys
from pathlib import Path
from churn_tasks.adapters.source import open_source
from churn_tasks.core.settings import load_settings

profile, state, drops = sys.argv[1:]
settings = load_settings(profile, state_dir=Path(state), data_path=Path(drops))
with open_source(settings) as source, source.batches("SELECT * FROM lines") as batches:
    open_files = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if name.isdigit()
                  and os.path.islink(f"/proc/self/fd/{name}")]
    assert any(path.startswith(state) and path.endswith("(deleted)") for path in open_files), open_files
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_no_clear_copy(tmp_path: Path, drops: Path) -> None:
    """It held 2 MB of unpacked text; after SIGKILL no file below its state folder is left."""
    packed_gz(drops / "a.csv.gz", CSV + "009,13800138000\n" * 130_000)
    settings = settings_for(tmp_path, "a.csv.gz", drops)
    told = [
        sys.executable,
        "-c",
        KILLED,
        str(settings.profile_dir),
        str(tmp_path / "state"),
        str(drops),
    ]
    environment = {**process_environment(), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        told, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert files_below(tmp_path / "state") == []


def test_what_a_killed_process_spilled_is_removed_by_the_next(
    tmp_path: Path, drops: Path
) -> None:
    plain(drops / "a.csv", CSV)
    settings = settings_for(tmp_path, "a.csv", drops)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    spill, machine = settings.state_dir / "source_spill", socket.gethostname()
    left = spill / f"{machine}~{child}~abc" / "duckdb.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("spilled")
    alive = spill / f"{machine}~{os.getppid()}~abc" / "duckdb.tmp"
    alive.parent.mkdir(parents=True)
    alive.write_text("of a process that is at work")
    elsewhere = spill / f"another-machine~{child}~abc" / "duckdb.tmp"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text("of a process of another machine on the same disk")
    rows(settings)
    assert not left.parent.exists()
    assert alive.exists()
    assert elsewhere.exists()


def test_only_the_files_of_relations_that_a_query_reads_are_needed(
    tmp_path: Path, drops: Path
) -> None:
    plain(drops / "a.csv", CSV)
    settings = settings_for(
        tmp_path, "a.csv", drops, files={"lines": "a.csv", "absent": "none_*.csv"}
    )
    with open_source(settings) as source:
        with (
            pytest.raises(NotReady, match="absent"),
            source.batches("SELECT * FROM absent"),
        ):
            pass
        with source.batches(EVERYTHING) as batches:
            assert batches.read_all().num_rows == 2, (
                "still usable after a query that it could not answer"
            )


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [("b_{month}.csv", "b_2024-03.csv"), ("{month:%Y%m}/b.csv", "202403/b.csv")],
)
def test_the_month_in_a_pattern(
    tmp_path: Path, drops: Path, pattern: str, wanted: str
) -> None:
    for name in (wanted, wanted.replace("03", "02")):
        (drops / name).parent.mkdir(exist_ok=True)
        plain(drops / name, f"of\n{name}\n")
    assert rows(settings_for(tmp_path, pattern, drops)) == [(wanted,)]
    with pytest.raises(SettingsError, match="needs the month"):
        rows(settings_for(tmp_path, pattern, drops), month=None)


def test_a_link_to_a_file_that_matches_too_is_not_read_twice(
    tmp_path: Path, drops: Path
) -> None:
    plain(drops / "a.csv", CSV)
    (drops / "latest.csv").symlink_to(drops / "a.csv")
    assert rows(settings_for(tmp_path, "*.csv", drops)) == ROWS


def test_relations_say_what_each_file_holds(tmp_path: Path, drops: Path) -> None:
    plain(drops / "b_1.csv", "customer,amount\na,1\n")
    plain(drops / "b_2.csv", "customer,price\na,1\n")
    pq.write_table(pa.table({"day": pa.array([1], pa.int32())}), drops / "days.parquet")
    settings = settings_for(
        tmp_path, "b_*.csv", drops, files={"lines": "b_*.csv", "days": "days.parquet"}
    )
    with open_source(settings, MONTH) as source:
        found = source.relations(
            "WITH x AS (SELECT * FROM lines) SELECT * FROM x, days"
        )
        assert source.relations("SELECT 1") == {}
    assert found == {
        "days": {"day": "INTEGER"},
        "days/days.parquet": {"day": "INTEGER"},
        "lines": {"customer": "VARCHAR", "amount": "VARCHAR", "price": "VARCHAR"},
        "lines/b_1.csv": {"customer": "VARCHAR", "amount": "VARCHAR"},
        "lines/b_2.csv": {"customer": "VARCHAR", "price": "VARCHAR"},
    }


@pytest.mark.parametrize("mark", ["done", "sha256"])
def test_a_file_waits_for_its_mark(tmp_path: Path, drops: Path, mark: str) -> None:
    plain(drops / "a.csv", CSV)
    settings = settings_for(tmp_path, {"path": "a.csv", "complete_when": mark}, drops)
    with pytest.raises(NotReady, match=rf"a\.csv is there, a\.csv\.{mark} is not"):
        rows(settings)
    plain(
        drops / f"a.csv.{mark}", f"{hashlib.sha256(CSV.encode()).hexdigest()}  a.csv\n"
    )
    assert rows(settings) == ROWS


def test_a_file_that_has_not_its_digest_is_incomplete(
    tmp_path: Path, drops: Path
) -> None:
    plain(drops / "a.csv", CSV[:-3])
    plain(drops / "a.csv.sha256", hashlib.sha256(CSV.encode()).hexdigest())
    with pytest.raises(NotReady, match="does not have the digest"):
        rows(
            settings_for(tmp_path, {"path": "a.csv", "complete_when": "sha256"}, drops)
        )


def test_a_file_that_grows_while_it_is_read_is_noticed(
    tmp_path: Path, drops: Path
) -> None:
    plain(drops / "a.csv", CSV)
    settings = settings_for(tmp_path, "a.csv", drops)
    with open_source(settings) as source, source.batches(EVERYTHING) as batches:
        with (drops / "a.csv").open("a") as still_writing:
            still_writing.write("009,3\n")
        with pytest.raises(NotReady, match=r"a\.csv was written to while it was read"):
            batches.read_all()


def test_a_cut_off_xz_file_is_named(tmp_path: Path, drops: Path) -> None:
    (drops / "a.csv.xz").write_bytes(lzma.compress(CSV.encode())[:-20])
    with pytest.raises(BadInput, match=r"a\.csv\.xz is not a whole xz file"):
        rows(settings_for(tmp_path, "*.xz", drops))


def test_a_link_within_the_folder_is_read(tmp_path: Path, drops: Path) -> None:
    plain(drops / "a.csv", CSV)
    (drops / "latest.csv").symlink_to(drops / "a.csv")
    assert rows(settings_for(tmp_path, "latest.csv", drops)) == ROWS


def test_a_file_that_has_not_come_is_waited_for(tmp_path: Path, drops: Path) -> None:
    plain(drops / "other.csv", CSV)
    with pytest.raises(
        NotReady,
        match=r"source\.files\.lines: no file matches 'a\*\.csv' in .*drops, which holds other\.csv",
    ):
        rows(settings_for(tmp_path, "a*.csv", drops))


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
def test_a_folder_that_is_not_there_is_a_wrong_setting(
    tmp_path: Path, folder: Path | None
) -> None:
    with pytest.raises(
        SettingsError, match=r"CHURN_DATA_PATH is (not set|/nowhere/at/all)"
    ):
        rows(settings_for(tmp_path, "a.csv", folder))


@pytest.mark.parametrize(
    "names", [("a.csv", "a.parquet"), ("a.json",), ("a.parquet.xz",)]
)
def test_other_formats_and_mixtures_are_refused(
    tmp_path: Path, drops: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        plain(drops / name, CSV)
    with pytest.raises(BadInput, match=r"allowed is one of \.parquet, \.csv"):
        rows(settings_for(tmp_path, "a.*", drops))


@pytest.mark.parametrize("good_rows", [0, 50_000])
def test_an_error_does_not_quote_the_data(
    tmp_path: Path, drops: Path, good_rows: int
) -> None:
    """Neither for the first row nor for one that is met when thousands were already handed on."""
    pq.write_table(
        pa.table({"phone": [*["1"] * good_rows, "13800138000x"]}), drops / "a.parquet"
    )
    query = "SELECT CAST(phone AS BIGINT) FROM lines"
    with pytest.raises(duckdb.Error, match="13800138000x"):
        duckdb.sql(query.replace("lines", f"'{drops}/a.parquet'")).fetchall()
    with pytest.raises(BadInput, match=r"\(value\) to INT64") as caught:
        rows(settings_for(tmp_path, "a.parquet", drops), query)
    shown = "".join(traceback.format_exception(caught.value))
    assert "13800138000" not in shown
