"""Damage costs what is damaged: the line is set aside by number and reason, and every other row is read."""

import csv
import gzip
import io
import random
import zipfile
from pathlib import Path

import duckdb
import pytest

from churn_tasks.adapters.source.aside import shown_text
from churn_tasks.adapters.source.unreadable import WITHOUT, guarded
from churn_tasks.core.errors import BadInput
from tests.sources.drops import lines_of, rows, settings_for, taken

GOOD = "customer,amount\n" + "a,1\n" * 3
DAMAGED = {
    "too many fields": ("b,2,x\n", "row_fields"),
    "too few fields": ("b\n", "row_fields"),
    "open quote": ('"b,2\n', "row_quotes"),
    "open quote in the last field": ('b,"2\n', "row_quotes"),
    "text behind a quote": ('"b"x,2\n', "row_quotes"),
    "a NUL byte": ("b\0,2\n", "row_encoding"),
    "Latin-1": ("café,1\n".encode("latin-1"), "row_encoding"),
    "cut within a character": ("张三,李".encode()[:-1] + b"\n", "row_encoding"),
}


def put(folder: Path, name: str, content: bytes | str) -> Path:
    folder.mkdir(exist_ok=True)
    given = content if isinstance(content, bytes) else content.encode()
    if name.endswith(".gz"):
        given = gzip.compress(given)
    if name.endswith(".zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name.removesuffix(".zip"), given)
        given = packed.getvalue()
    (folder / name).write_bytes(given)
    return folder


def spoilt(damage: bytes | str) -> bytes:
    """Three good rows, the damaged line as line 5, and two with Chinese and a comma in quotes behind it."""
    line = damage if isinstance(damage, bytes) else damage.encode()
    return GOOD.encode() + line + '张三,3\n"李, 四",4\n'.encode()


REST = [("a", "1")] * 3 + [("张三", "3"), ("李, 四", "4")]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zip"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_line_costs_itself_alone(
    tmp_path: Path, damage: str, name: str
) -> None:
    line, reason = DAMAGED[damage]
    folder = put(tmp_path / "drops", name, spoilt(line))
    given, (aside,) = taken(settings_for(tmp_path, name, folder))
    assert sorted(given) == sorted(REST)
    assert [(one.line, one.reason) for one in aside.damaged] == [(5, reason)]
    assert (aside.rows, aside.file, lines_of(aside)) == (5, name, 7)


@pytest.mark.parametrize("damage", ["too many fields", "open quote", "too few fields"])
@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_whatever_ends_the_lines_and_in_chinese_bytes(
    tmp_path: Path, damage: str, ends: str
) -> None:
    line, reason = DAMAGED[damage]
    text = spoilt(line).decode().replace("\n", ends)
    folder = put(tmp_path / "drops", "a.csv", text.encode("gb18030"))
    setting = {"path": "a.csv", "encoding": "gbk"}
    given, (aside,) = taken(settings_for(tmp_path, setting, folder))
    assert sorted(given) == sorted(REST)
    assert [(one.line, one.reason) for one in aside.damaged] == [(5, reason)]


def test_a_gbk_character_that_is_cut_and_takes_the_delimiter_with_it(
    tmp_path: Path,
) -> None:
    """Half a character and ``|`` behind it are one character of GBK: the line then has a field too few."""
    lines = [f"T{n}|资费太贵|{n}\n".encode("gbk") for n in range(60)]
    lines[30] = "T30|资费太贵".encode("gbk")[:-1] + b"|30\n"
    lines[40] = "T40|资费太".encode("gbk") + b"\xb9,|40\n"
    folder = put(tmp_path / "drops", "a.csv", b"id|text|n\n" + b"".join(lines))
    setting = {"path": "a.csv", "encoding": "gbk", "delimiter": "|"}
    given, (aside,) = taken(settings_for(tmp_path, setting, folder))
    assert len(given) == 58
    assert [one.line for one in aside.damaged] == [32, 42]


def test_quotes_escaped_by_a_backslash_are_damage_until_they_are_declared(
    tmp_path: Path,
) -> None:
    content = 'id,text\n"1","说\\"太贵\\", 要走"\n"2","好"\n"3",\\N\n'
    folder = put(tmp_path / "drops", "a.csv", content)
    given, (aside,) = taken(settings_for(tmp_path, "a.csv", folder))
    assert ("2", "好") in given and [one.line for one in aside.damaged] == [2]
    declared = {"path": "a.csv", "escape": "\\"}
    given, (aside,) = taken(settings_for(tmp_path / "declared", declared, folder))
    assert given == [("1", '说"太贵", 要走'), ("2", "好"), ("3", None)]
    assert aside.damaged == []


def test_lines_that_end_in_two_ways_are_rows_all_the_same(tmp_path: Path) -> None:
    content = GOOD.replace("\n", "\r\n") + "b,2\nc,3\n"
    folder = put(tmp_path / "drops", "a.csv", content)
    given, (aside,) = taken(settings_for(tmp_path, "a.csv", folder))
    assert len(given) == 5 and aside.damaged == []


def test_who_does_not_ask_again_is_stopped(tmp_path: Path) -> None:
    """Nothing is passed over in silence: the first reading ends in an error, whichever columns are asked for."""
    folder = put(tmp_path / "drops", "a.csv", GOOD + "b,2,x\n")
    settings = settings_for(tmp_path, "a.csv", folder)
    for query in (
        "SELECT customer FROM lines",
        "SELECT count(*) FROM lines",
        "SELECT 1 FROM lines WHERE amount = '9'",
    ):
        with pytest.raises(BadInput, match="line by line"):
            rows(settings, query)
        _, (aside,) = taken(settings, query)
        assert len(aside.damaged) == 1


def test_damage_far_into_a_file_is_found_as_well(tmp_path: Path) -> None:
    """200,000 good rows were handed on before; whoever reads them begins anew."""
    content = "customer,amount\n" + "a,1\n" * 200_000 + "b,2,13800138000\n"
    folder = put(tmp_path / "drops", "a.csv", content)
    settings = settings_for(tmp_path, "a.csv", folder, batch_rows=1_000)
    given, (aside,) = taken(settings, "SELECT * FROM lines")
    assert len(given) == 200_000
    (one,) = aside.damaged
    assert (one.line, one.text) == (200_002, "b,2,138****8000")


def test_a_damaged_file_among_good_ones_is_the_one_that_is_named(
    tmp_path: Path,
) -> None:
    put(tmp_path / "drops", "b_1.csv", GOOD)
    folder = put(tmp_path / "drops", "b_2.csv", GOOD + "c\n")
    given, asides = taken(settings_for(tmp_path, "b_*.csv", folder))
    assert len(given) == 6
    assert {aside.file: len(aside.damaged) for aside in asides} == {"b_1.csv": 0, "b_2.csv": 1}  # fmt: skip


@pytest.mark.parametrize("last", ["b", '"b,2', "张".encode()[:-1].decode("latin-1")])
def test_a_file_that_ends_within_a_row_stops(tmp_path: Path, last: str) -> None:
    """How many rows are missing behind it nobody can tell."""
    content = (GOOD + "张三,3\n").encode() + last.encode("latin-1")
    folder = put(tmp_path / "drops", "a.csv", content)
    with pytest.raises(BadInput, match=r"a\.csv ends within a row, line 6.*footer"):
        taken(settings_for(tmp_path, "a.csv", folder))


def test_another_encoding_is_no_damage(tmp_path: Path) -> None:
    """Four lines of GB18030 where UTF-8 is declared are four lines of the wrong setting, and one cut one among them."""
    lines = [f"张三{n},{n}\n".encode("gb18030") for n in range(40)]
    lines[7] = lines[7][:1] + b",7\n"
    folder = put(tmp_path / "drops", "a.csv", b"name,n\n" + b"".join(lines))
    with pytest.raises(BadInput, match=r"a\.csv, line 2: not UTF-8.*gb18030"):
        taken(settings_for(tmp_path, "a.csv", folder))
    utf8 = b"name,n\n" + b"".join(
        line.decode("gb18030", "ignore").encode() for line in lines
    )
    utf8 += "李".encode()[:-1] + b",40\n"
    put(tmp_path / "drops", "a.csv", utf8)
    setting = {"path": "a.csv", "encoding": "gb18030"}
    with pytest.raises(
        BadInput, match=r"a\.csv is UTF-8 but for some damage.*set encoding: utf-8"
    ):
        taken(settings_for(tmp_path / "other", setting, folder))


@pytest.mark.parametrize("seed", range(12))
def test_no_line_is_lost_whatever_is_damaged(tmp_path: Path, seed: int) -> None:
    """Rows of any text, of which some are spoilt: what is not spoilt arrives as it was, what is spoilt is counted."""
    chance = random.Random(seed)
    texts = ["x", "a,b", 'said "no"', "two\nlines", "张三", "", "合计", "=1+1", "a;b"]
    good, lines, bad = [], [], 0
    for number in range(300):
        row = [f"R{number}", chance.choice(texts), chance.choice(texts)]
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerow(row)
        line = written.getvalue()
        if chance.random() < 0.1:
            bad += 1
            line = chance.choice(
                [
                    f"R{number},x\n",
                    f"R{number},a,b,c\n",
                    f'R{number},"a,b\n',
                    f'R{number},"a"b,c\n',
                ]
            )
        else:
            good.append(tuple(value or None for value in row))
        lines.append(line)
    folder = put(tmp_path / "drops", "a.csv", "id,one,two\n" + "".join(lines))
    given, (aside,) = taken(settings_for(tmp_path, "a.csv", folder))
    assert sorted(given, key=str) == sorted(good, key=str)
    assert (aside.rows, len(aside.damaged)) == (len(good), bad)


def test_the_same_without_care_loses_rows_or_all_of_them(tmp_path: Path) -> None:
    """Control: DuckDB's own ways either stop at the line or drop it without a word."""
    folder = put(tmp_path / "drops", "a.csv", spoilt('b,"2\n'))
    path = folder / "a.csv"
    with pytest.raises(duckdb.Error):
        duckdb.sql(
            f"SELECT * FROM read_csv('{path}', delim=',', quote='\"', strict_mode=true)"
        ).fetchall()
    columns = "{'customer': 'VARCHAR', 'amount': 'VARCHAR'}"
    dropped = duckdb.sql(
        f"SELECT * FROM read_csv('{path}', auto_detect=false, header=true, columns={columns}, ignore_errors=true)"
    )
    assert len(dropped.fetchall()) < 5


# --- values that the SQL of the extract cannot read ---

CAST = "SELECT id, CAST(day AS DATE) AS event_date, CAST(n AS INTEGER) * 2 AS twice FROM lines WHERE n <> '0'"
DAYS = "id,day,n\n" + "".join(f"T{n},2024-03-{n:02d},{n}\n" for n in range(1, 25))
UNREADABLE = (
    DAYS + "T25,2024-02-30,25\nT26,,26\nT27,2024-03-27,many\nT28,2024-03-28,0\n"
)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
@pytest.mark.parametrize(
    "query",
    [
        CAST,
        f"SELECT * FROM (\n{CAST}\n) AS delivered WHERE twice > 0",
        f"WITH d AS ({CAST}) SELECT * FROM d",
        "WITH raw AS (SELECT day, n, id FROM lines) " + CAST.replace("lines", "raw"),
        CAST.replace("lines", "(SELECT * FROM lines) AS raw"),
    ],
)  # fmt: skip
def test_a_value_that_the_query_cannot_read_costs_its_row(
    tmp_path: Path, query: str, name: str
) -> None:
    folder = put(tmp_path / "drops", "a.csv", UNREADABLE)
    if name.endswith(".parquet"):
        duckdb.sql(
            f"COPY (FROM read_csv('{folder}/a.csv', all_varchar=true)) TO '{folder}/{name}'"
        )
    put(folder, "a.csv.gz", UNREADABLE)
    given, (aside,) = taken(settings_for(tmp_path, name, folder), query)
    assert len(given) == 25 and ("T26", None, 52) in given
    found = sorted(
        (one.line, one.column, ",".join(sorted(one.text.split(","))))
        for one in aside.damaged
    )
    lines = (0, 0) if name.endswith(".parquet") else (26, 28)
    assert found == [
        (lines[0], "event_date", "2024-02-30,25,T25"),
        (lines[1], "twice", "2024-03-27,T27,many"),
    ]
    assert aside.rows == 26


@pytest.mark.parametrize(
    "query",
    [
        "SELECT max(CAST(day AS DATE)) AS d FROM lines",
        "SELECT DISTINCT CAST(day AS DATE) AS d FROM lines",
        "SELECT CAST(day AS DATE) AS d, count(*) AS n FROM lines GROUP BY d",
        "WITH d AS (SELECT id, CAST(day AS DATE) AS d FROM lines) SELECT DISTINCT ON (id) * FROM d",
        "SELECT id, CAST(day AS DATE) AS d FROM lines UNION ALL SELECT id, CAST(day AS DATE) AS d FROM lines",
    ],
)
def test_a_query_that_weighs_rows_stops(tmp_path: Path, query: str) -> None:
    """Without one row the others would say something else."""
    folder = put(tmp_path / "drops", "a.csv", UNREADABLE)
    with pytest.raises(BadInput, match="value"):
        taken(settings_for(tmp_path, "a.csv", folder), query)


def test_try_alone_would_not_do() -> None:
    """Control: DuckDB takes what stands twice out of TRY; and TRY_CAST makes a wrong value an empty one."""
    (guard,) = guarded(CAST, {"lines"})
    twice = "SELECT TRY(CAST(day AS DATE)) AS a, TRY(CAST(day AS DATE) IS NULL) AS b FROM lines"
    given = "(VALUES ('T1', '2024-02-30', '1'), ('T2', '2024-02-28', '2')) AS given (id, day, n)"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE lines AS FROM {given}")
        with pytest.raises(duckdb.ConversionException):
            connection.execute(twice).fetchall()
        connection.execute(f"SET disabled_optimizers = '{WITHOUT}'")
        assert connection.execute(twice).fetchall()[0] == (None, None)
        assert len(connection.execute(guard.unreadable).fetchall()) == 1
        assert len(connection.execute(guard.sql).fetchall()) == 1
        naive = connection.execute(CAST.replace("CAST(", "TRY_CAST("))
        assert naive.fetchall()[0] == ("T1", None, 2)


def test_rows_and_lines_of_unreadable_values_belong_together(tmp_path: Path) -> None:
    """Found in any order by two threads: each line number is that of its own row."""
    lines = [f"T{n},2024-03-01,{n}" for n in range(60_000)]
    for number in (7, 30_000, 59_000):
        lines[number] = lines[number].replace("-03-", "-13-")
    folder = put(tmp_path / "drops", "a.csv", "id,day,n\n" + "\n".join(lines) + "\n")
    given, (aside,) = taken(settings_for(tmp_path, "a.csv", folder), CAST)
    assert len(given) == 60_000 - 4
    assert sorted((one.line, one.text.partition(",")[0]) for one in aside.damaged) == [
        (9, "T7"),
        (30_002, "T30000"),
        (59_002, "T59000"),
    ]


def test_long_numbers_are_masked_wherever_they_stand() -> None:
    text = 'B1,"王芳,13800138000,0755-23456789,440301199001011234,2024-01-03,58.00'
    shown = shown_text(text)
    assert (
        "23456789" not in shown and "19900101" not in shown and "0013800" not in shown
    )
    assert "2024-01-03" in shown and "58.00" in shown
