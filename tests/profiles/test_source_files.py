"""File drops as a source: what is read, what is refused, and that nothing in clear stays behind."""

import gzip
import lzma
import traceback
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.source_files import open_batches
from churn_tasks.core.errors import BadInput, NotReady, SettingsError
from churn_tasks.core.settings import Settings, load_settings
from tests.lakes import small_profile

CSV = "customer,amount\n007,1.50\n008,twelve\n"
ROWS = [("007", "1.50"), ("008", "twelve")]


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    """The folder that files are dropped in."""
    folder = tmp_path / "drops"
    folder.mkdir()
    return folder


def settings_for(tmp_path: Path, pattern: str, drops: Path | None) -> Settings:
    profile = small_profile(tmp_path, (), source={"kind": "files", "files": {"lines": pattern}})
    return load_settings(str(profile), state_dir=tmp_path / "state", data_path=drops)


def read(
    settings: Settings, sql: str = "SELECT * FROM lines ORDER BY ALL", batch_rows: int = 1000
) -> list[tuple[object, ...]]:
    with open_batches(settings, sql, batch_rows) as batches:
        table = batches.read_all()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def plain(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def packed_gz(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode()))


def packed_xz(path: Path, text: str) -> None:
    path.write_bytes(lzma.compress(text.encode()))


@pytest.mark.parametrize(("name", "write"), [("a.csv", plain), ("a.csv.gz", packed_gz), ("a.csv.xz", packed_xz)])
def test_csv_arrives_as_text(tmp_path: Path, drops: Path, name: str, write: Callable[[Path, str], None]) -> None:
    write(drops / name, CSV)
    assert read(settings_for(tmp_path, "a.csv*", drops)) == ROWS


def test_guessed_types_would_change_the_values(drops: Path) -> None:
    """Control: DuckDB's own guess turns 1.50 into 1.5, and 1e3 into a thousand."""
    plain(drops / "a.csv", "customer,amount\n007,1.50\n008,1e3\n")
    guessed = duckdb.sql(f"SELECT amount FROM read_csv('{drops}/a.csv') ORDER BY ALL").fetchall()
    assert guessed == [(1.5,), (1000.0,)]


def test_files_of_one_pattern_are_one_relation_by_column_name(tmp_path: Path, drops: Path) -> None:
    pq.write_table(pa.table({"customer": ["a"], "amount": [1]}), drops / "lines_1.parquet")
    pq.write_table(pa.table({"amount": [2], "customer": ["b"]}), drops / "lines_2.parquet")
    pq.write_table(pa.table({"customer": ["c"]}), drops / "other.parquet")
    assert read(settings_for(tmp_path, "lines_*.parquet", drops)) == [("a", 1), ("b", 2)]


def test_rows_come_in_batches(tmp_path: Path, drops: Path) -> None:
    pq.write_table(pa.table({"n": list(range(30_000))}), drops / "a.parquet")
    with open_batches(settings_for(tmp_path, "a.parquet", drops), "SELECT n FROM lines", 5_000) as batches:
        sizes = [batch.num_rows for batch in batches]
    assert sum(sizes) == 30_000
    assert len(sizes) > 1 and max(sizes) < 10_000


def test_unpacked_xz_leaves_no_file(tmp_path: Path, drops: Path) -> None:
    packed_xz(drops / "a.csv.xz", CSV)
    settings = settings_for(tmp_path, "*.xz", drops)
    with open_batches(settings, "SELECT * FROM lines", 1000) as batches:
        during = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
        assert batches.read_all().num_rows == 2
    assert during == []
    assert [path for path in (tmp_path / "state").rglob("*") if path.is_file()] == []


def test_a_cut_off_xz_file_is_named(tmp_path: Path, drops: Path) -> None:
    (drops / "a.csv.xz").write_bytes(lzma.compress(CSV.encode())[:-20])
    with pytest.raises(BadInput, match=r"a\.csv\.xz is not a whole xz file"):
        read(settings_for(tmp_path, "*.xz", drops))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, drops: Path) -> None:
    plain(tmp_path / "outside.csv", CSV)
    (drops / "a.csv").symlink_to(tmp_path / "outside.csv")
    assert (drops / "a.csv").read_text() == CSV, "control: simply opening it follows the link"
    with pytest.raises(BadInput, match=r"links that lead out of .* a\.csv"):
        read(settings_for(tmp_path, "*.csv", drops))


def test_a_link_within_the_folder_is_read(tmp_path: Path, drops: Path) -> None:
    plain(drops / "a.csv", CSV)
    (drops / "latest.csv").symlink_to(drops / "a.csv")
    assert read(settings_for(tmp_path, "latest.csv", drops)) == ROWS


@pytest.mark.parametrize("pattern", ["../*.csv", "a/../../*.csv", "/etc/passwd"])
def test_a_pattern_stays_in_the_folder(tmp_path: Path, drops: Path, pattern: str) -> None:
    plain(tmp_path / "outside.csv", CSV)
    with pytest.raises(SettingsError, match=r"source\.files\.lines is .* stays in it"):
        read(settings_for(tmp_path, pattern, drops))


def test_the_query_opens_no_other_file(tmp_path: Path, drops: Path) -> None:
    plain(drops / "a.csv", CSV)
    plain(tmp_path / "secret.csv", CSV)
    query = f"SELECT * FROM read_csv('{tmp_path}/secret.csv')"
    assert len(duckdb.sql(query).fetchall()) == 2, "control: an open connection reads it"
    with pytest.raises(BadInput, match="Permission Error"):
        read(settings_for(tmp_path, "a.csv", drops), query)


def test_a_file_that_has_not_come_is_waited_for(tmp_path: Path, drops: Path) -> None:
    plain(drops / "other.csv", CSV)
    with pytest.raises(
        NotReady, match=r"source\.files\.lines: no file matches 'a\*\.csv' in .*drops, which holds other\.csv"
    ):
        read(settings_for(tmp_path, "a*.csv", drops))


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
def test_a_folder_that_is_not_there_is_a_wrong_setting(tmp_path: Path, folder: Path | None) -> None:
    with pytest.raises(SettingsError, match=r"CHURN_DATA_PATH is (not set|/nowhere/at/all)"):
        read(settings_for(tmp_path, "a.csv", folder))


@pytest.mark.parametrize("names", [("a.csv", "a.parquet"), ("a.json",), ("a.parquet.xz",)])
def test_other_formats_and_mixtures_are_refused(tmp_path: Path, drops: Path, names: tuple[str, ...]) -> None:
    for name in names:
        plain(drops / name, CSV)
    with pytest.raises(BadInput, match=r"allowed is one of \.parquet, \.csv"):
        read(settings_for(tmp_path, "a.*", drops))


@pytest.mark.parametrize("good_rows", [0, 50_000])
def test_an_error_does_not_quote_the_data(tmp_path: Path, drops: Path, good_rows: int) -> None:
    """Neither for the first row nor for one that is met when thousands were already handed on."""
    pq.write_table(pa.table({"phone": [*["1"] * good_rows, "13800138000x"]}), drops / "a.parquet")
    query = "SELECT CAST(phone AS BIGINT) FROM lines"
    with pytest.raises(duckdb.Error, match="13800138000x"):
        duckdb.sql(query.replace("lines", f"'{drops}/a.parquet'")).fetchall()
    with pytest.raises(BadInput, match="#####x") as caught:
        read(settings_for(tmp_path, "a.parquet", drops), query)
    shown = "".join(traceback.format_exception(caught.value))
    assert "13800138000" not in shown
