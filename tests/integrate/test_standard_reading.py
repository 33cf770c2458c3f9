"""Numbers, dates, yes and no and units as they really come, each read as the value it means, or not at all."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.core.closed import Text
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import RawColumn, RawTable
from churn_tasks.integrate.standardise.reading import Delivery
from churn_tasks.integrate.standardise.view import MACROS, StandardView
from tests.property_sizes import examples

D = Decimal
_DATES = tuple(
    RawColumn(name=name, type="date", en="x", zh="x")
    for name in ("event_date", "known_date")
)


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(MACROS.read_text(encoding="utf-8"))
    return connection


def _read(
    database: duckdb.DuckDBPyConnection,
    delivered: Any,
    kind: str,
    unit: str = "",
    sql_type: str = "VARCHAR",
    **how: Any,
) -> tuple[Any, str | None, bool]:
    """The value of one delivered cell, the rule that was needed, and whether it could not be read."""
    column = RawColumn(name="x", type=kind, unit=unit, en="x", zh="x")  # type: ignore[arg-type]
    table = RawTable(
        table="t", key=(), meaning=Text(en="x", zh="x"), columns=(column, *_DATES)
    )
    rows = f"(SELECT CAST($x AS {sql_type}) AS x, CURRENT_DATE AS month)"
    declared = {"x": Standard(**how)} if how else {}
    view = StandardView(table, rows, Delivery({"x": sql_type}), declared)
    read = view.columns[0]
    spelling, failed = read.spelling or "NULL", read.failed or "false"
    sql = (
        f"SELECT {read.value}, {spelling}, coalesce({failed}, false)"
        f" FROM {view.read.sql} AS raw"
    )
    (found,) = database.execute(sql, {"x": delivered}).fetchall()
    return found


NUMBERS = [
    ("58", D(58), None),
    ("-58.50", D("-58.5"), None),
    ("+3", D(3), None),
    (" 58 ", D(58), "other_spelling"),
    ("５８．５０", D("58.5"), "full_width"),
    ("1,234,567.89", D("1234567.89"), "thousands_separator"),
    ("１，２３４", D(1234), "thousands_separator"),
    ("¥58.00", D(58), "currency_sign"),
    ("￥1,234.5", D("1234.5"), "currency_sign"),
    ("58元", D(58), "currency_sign"),
    ("RMB 58", D(58), "currency_sign"),
    ("-¥58", D(-58), "currency_sign"),
    ("(1,234.50)", D("-1234.5"), "accounting_parentheses"),
    ("（58）", D(-58), "accounting_parentheses"),
    ("12.5%", D("0.125"), "percent"),
    ("3.2万", D(32000), "ten_thousands"),
    ("1.5亿", D(150000000), "ten_thousands"),
    ("1.2E+3", D(1200), "scientific"),
    (".5", D("0.5"), "other_spelling"),
    ("12.", D(12), "other_spelling"),
    ("0", D(0), None),
]
NO_VALUES = ["", "  ", "　", "-", "--", "N/A", "NULL", "\\N", "NaN", "无", "未知"]
NO_NUMBERS = [
    "abc",
    "1,23",
    "1.234,56",
    "12-5",
    "--5",
    "(-5)",
    "(5",
    "5)",
    "1 2,3",
    "9" * 30,
    "1e99",
    "¥",
    "5元6角",
    "0x1F",
]


@pytest.mark.parametrize(("text", "value", "rule"), NUMBERS)
def test_a_number_is_read(
    database: duckdb.DuckDBPyConnection, text: str, value: Decimal, rule: str | None
) -> None:
    assert _read(database, text, "decimal") == (value, rule, False)


@pytest.mark.parametrize("text", NO_VALUES)
@pytest.mark.parametrize("kind", ["decimal", "integer", "date", "timestamp", "boolean"])
def test_what_stands_for_nothing_is_missing_and_not_unreadable(
    database: duckdb.DuckDBPyConnection, text: str, kind: str
) -> None:
    assert _read(database, text, kind) == (None, "no_value", False)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_not_guessed(
    database: duckdb.DuckDBPyConnection, text: str
) -> None:
    value, _, unreadable = _read(database, text, "decimal")
    assert (value, unreadable) == (None, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("12.0", 12),
        ("1,200", 1200),
        ("12.5", None),
        ("1e3", 1000),
        ("9" * 30, None),
    ],
)
def test_a_whole_number_is_never_rounded_into_one(
    database: duckdb.DuckDBPyConnection, text: str, value: int | None
) -> None:
    assert _read(database, text, "integer")[0] == value


@pytest.mark.parametrize(
    ("delivered", "sql_type", "kind", "found"),
    [
        (
            12.0,
            "DOUBLE",
            "integer",
            (12, False),
        ),  # whole numbers with gaps, as data frames write them
        (12.5, "DOUBLE", "integer", (None, True)),
        (float("nan"), "DOUBLE", "decimal", (None, False)),
        (float("inf"), "DOUBLE", "decimal", (None, True)),
        (58.1, "DOUBLE", "decimal", (D("58.1"), False)),
        (20240305, "BIGINT", "date", (dt.date(2024, 3, 5), False)),
        (1, "BIGINT", "boolean", (True, False)),
        (2, "BIGINT", "boolean", (None, True)),
        (
            dt.datetime.fromisoformat("2024-03-05 23:59"),
            "TIMESTAMP",
            "date",
            (dt.date(2024, 3, 5), False),
        ),
        (dt.date(2024, 3, 5), "DATE", "integer", (None, True)),
    ],
)
def test_other_types_than_text(
    database: duckdb.DuckDBPyConnection,
    delivered: Any,
    sql_type: str,
    kind: str,
    found: tuple[Any, bool],
) -> None:
    value, _, unreadable = _read(database, delivered, kind, sql_type=sql_type)
    assert (value, unreadable) == found


def test_a_structure_in_place_of_a_number_is_unreadable(
    database: duckdb.DuckDBPyConnection,
) -> None:
    value, _, unreadable = _read(
        database, {"yuan": "5"}, "decimal", sql_type="STRUCT(yuan VARCHAR)"
    )
    assert (value, unreadable) == (None, True)


DAY = dt.date(2024, 3, 5)
DATES = [
    ("2024-03-05", None),
    ("2024-3-5", "separators"),
    ("2024/3/5", "separators"),
    ("2024/03/05", "separators"),
    ("2024.03.05", "separators"),
    ("20240305", "compact"),
    ("20240305123000", "compact"),
    ("2024年3月5日", "chinese"),
    ("2024 年 03 月 05 日", "chinese"),
    ("2024年3月5日 8时05分", "chinese"),
    ("２０２４－０３－０５", "full_width"),
    ("2024-03-05 12:30:00", None),
    ("2024-03-05T12:30:00.123", None),
    ("2024/3/5 8:05", "separators"),
    ("2024-03-04T16:30:00Z", "offset"),  # half past midnight in Shanghai
    ("2024-03-05T12:30:00+08:00", "offset"),
]
DAY_FORMS = [
    "{0.year}/{0.month}/{0.day}",
    "{0:%Y%m%d}",
    "{0.year}年{0.month}月{0.day}日",
]
NO_DATES = ["2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "05.03.2024", "03/05/2024", "5/3/24", "24-3-5",
            "202435", "2024-03-05 25:00", "2024-3", "March 5, 2024", "45356", "yesterday"]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), DATES)
def test_a_date_is_read(
    database: duckdb.DuckDBPyConnection, text: str, rule: str | None
) -> None:
    assert _read(database, text, "date") == (DAY, rule, False)


@pytest.mark.parametrize("text", NO_DATES)
def test_an_impossible_or_ambiguous_date_is_not_guessed(
    database: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert _read(database, text, "date") == (None, "unreadable", True)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("05.03.2024", "%d.%m.%Y", DAY),
        ("03/05/2024", "%m/%d/%Y", DAY),
        ("05/03/24", "%d/%m/%y", DAY),
        ("45356", "spreadsheet", DAY),
        ("45356.75", "spreadsheet", DAY),
        ("1709569800", "epoch_s", DAY),  # 2024-03-04 16:30 UTC
        ("1709569800000", "epoch_ms", DAY),
        ("2024-03-05", "%d.%m.%Y", DAY),  # year-month-day is understood beside it
        ("31.02.2024", "%d.%m.%Y", None),
    ],
)
def test_a_declared_format_is_read(
    database: duckdb.DuckDBPyConnection, text: str, form: str, day: dt.date | None
) -> None:
    value, _, unreadable = _read(database, text, "date", dates=(form,))
    assert (value, unreadable) == (day, day is None)


def test_a_timestamp_keeps_its_time(database: duckdb.DuckDBPyConnection) -> None:
    moment = dt.datetime.fromisoformat("2024-03-05 08:05")
    for text in (
        "2024/3/5 8:05",
        "20240305080500",
        "2024年3月5日8时5分",
        "2024-03-05T00:05:00Z",
    ):
        assert _read(database, text, "timestamp")[0] == moment


@pytest.mark.parametrize(
    ("text", "value"),
    [("Y", True), ("是", True), ("1", True), ("TRUE", True), ("Ｙ", True), ("n", False), ("否", False), ("0", False),
     ("maybe", None), ("2", None), ("有", None)],
)  # fmt: skip
def test_yes_and_no(
    database: duckdb.DuckDBPyConnection, text: str, value: bool | None
) -> None:
    found, _, unreadable = _read(database, text, "boolean")
    assert (found, unreadable) == (value, value is None)


UNITS = [
    ("5800", "decimal", "fen", "CNY", D(58)),
    ("5,801", "decimal", "fen", "CNY", D("58.01")),
    ("3.2", "decimal", "wan_yuan", "CNY", D(32000)),
    ("5", "decimal", "jiao", "CNY a month", D("0.5")),
    ("2", "integer", "min", "s", 120),
    ("1.5", "integer", "h", "s", 5400),
    ("90", "decimal", "s", "min", D("1.5")),
    ("100", "decimal", "s", "min", D("1.6667")),  # one rounding, half away from zero
    ("-100", "decimal", "s", "min", D("-1.6667")),
    ("1", "integer", "GB", "kB", 1_000_000),
    ("1", "integer", "GiB", "kB", 1_073_742),
    ("1", "integer", "MiB", "kB", 1_049),
    ("1.5", "integer", "GB", "MB", 1500),
    ("0.5", "integer", "kB", "kB", None),
    ("1500", "integer", "B", "kB", 2),
    ("12.5", "decimal", "%", "share", D("0.125")),
]


@pytest.mark.parametrize(("text", "kind", "delivered", "unit", "value"), UNITS)
def test_a_unit_becomes_the_contracts(
    database: duckdb.DuckDBPyConnection,
    text: str,
    kind: str,
    delivered: str,
    unit: str,
    value: Any,
) -> None:
    assert _read(database, text, kind, unit, **{"from": delivered})[0] == value


@settings(max_examples=examples(60), deadline=None)
@given(
    st.decimals(-(10**11), 10**11, places=4),
    st.sampled_from([("fen", "CNY", 100), ("s", "min", 60), ("h", "s", None)]),
)
def test_units_are_exact(
    database: duckdb.DuckDBPyConnection,
    amount: Decimal,
    units: tuple[str, str, int | None],
) -> None:
    delivered, unit, divisor = units
    exact = Fraction(amount) / divisor if divisor else Fraction(amount) * 3600
    ticks = abs(exact) * 10_000
    rounded = (2 * ticks.numerator + ticks.denominator) // (2 * ticks.denominator)
    wanted = Fraction(rounded, 10_000) * (-1 if exact < 0 else 1)
    found = _read(database, str(amount), "decimal", unit, **{"from": delivered})[0]
    assert found is None if abs(wanted) >= 10**14 else Fraction(found) == wanted


@settings(max_examples=examples(80), deadline=None)
@given(st.decimals(-(10**9), 10**9, places=4))
def test_the_standard_form_of_a_number_is_itself(
    database: duckdb.DuckDBPyConnection, amount: Decimal
) -> None:
    first, _, _ = _read(
        database, f"¥{amount:,}" if amount >= 0 else f"({-amount:,})", "decimal"
    )
    assert first == amount
    assert _read(database, str(first), "decimal") == (amount, None, False)


@settings(max_examples=examples(80), deadline=None)
@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
    st.sampled_from(
        ["{0.year}/{0.month}/{0.day}", "{0:%Y%m%d}", "{0.year}年{0.month}月{0.day}日"]
    ),
)
def test_the_standard_form_of_a_date_is_itself(
    database: duckdb.DuckDBPyConnection, day: dt.date, form: str
) -> None:
    first, _, _ = _read(database, form.format(day), "date")
    assert first == day
    assert _read(database, str(first), "date") == (day, None, False)


@pytest.mark.parametrize("text", ["05/03/2024", "1,23", "1.234,56"])
def test_a_reader_that_guesses_is_found_out(
    database: duckdb.DuckDBPyConnection, text: str
) -> None:
    """Negative control: casts that try whatever comes give a value where two are possible."""
    number = "TRY_CAST(replace($x, ',', '') AS DOUBLE)"
    naive = f"coalesce(TRY_STRPTIME($x, ['%m/%d/%Y', '%d/%m/%Y'])::VARCHAR, {number}::VARCHAR)"
    (guessed,) = database.execute(f"SELECT {naive}", {"x": text}).fetchone() or (None,)
    assert guessed is not None
    assert (
        _read(database, text, "date")[0] is None
        and _read(database, text, "decimal")[0] is None
    )
