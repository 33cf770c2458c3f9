"""A changed type is judged by what the extract makes of the column: a sum stays a sum, a text does not stay a text."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.checks.column_uses import SAME
from churn_tasks.checks.columns_read import columns_read
from churn_tasks.checks.delivered_types import HOLDS, type_word
from churn_tasks.checks.drift import Delivered, refusal
from churn_tasks.checks.relation_drift import of_month, relation_drift
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.registry import load_contracts
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.drift import note_drift
from tests.lakes import put, rows, small_profile

MADE = {  # SQL -> what it makes of the column a
    "SELECT a FROM t": set(),
    "SELECT a AS b FROM t WHERE a IS NOT NULL": set(),
    "SELECT count(a) FROM t": set(),
    "SELECT CAST(a AS VARCHAR) FROM t": {"text"},
    "SELECT a::text || '-x' FROM t": {"text"},
    "SELECT a || '-' || b FROM t": {"text"},
    "SELECT concat(b, a) FROM t": {"text"},
    "SELECT (a + 0)::varchar FROM t": {"text"},
    "SELECT CAST(a AS BIGINT) FROM t": {"number"},
    "SELECT CAST(CAST(a AS BIGINT) AS VARCHAR) FROM t": {"number"},
    "SELECT a / 100 AS fee FROM t": {"number"},
    "SELECT sum(a) FROM t GROUP BY b": {"number"},
    "SELECT max(a) FROM t": {"sorted", "number"},
    "SELECT b FROM t ORDER BY a": {"sorted"},
    "SELECT a, count(*) FROM t GROUP BY a": {"sorted"},
    "SELECT b FROM t JOIN u ON t.a = u.c": {"compared"},
    "SELECT b FROM t WHERE a >= 5 AND a < 9": {"since"},
    "SELECT b FROM t WHERE 5 <= a AND 9 > a": {"since"},
    "SELECT b FROM t WHERE a <= 5": {"compared"},
    "SELECT b FROM t WHERE a BETWEEN 1 AND 5": {"compared"},
    "SELECT CAST(a AS DATE) FROM t": {"day"},
    "SELECT date_trunc('month', a) FROM t": {"part of a day"},
    "SELECT hash(a) FROM t": {"other"},
    "WITH x AS (SELECT a AS k FROM t) SELECT CAST(k AS VARCHAR) FROM x": {"text"},
    "SELECT k || '' FROM (SELECT a + 1 AS k FROM t) AS x": {"number", "text"},
    "WITH x AS (SELECT * FROM t) SELECT a::text FROM x": {"text"},
    "WITH x AS (SELECT a AS k FROM t), y AS (SELECT k AS m FROM x) SELECT m::text FROM y": {"text"},
}  # fmt: skip


@pytest.mark.parametrize("sql", MADE)
def test_what_a_select_makes_of_a_column(sql: str) -> None:
    assert columns_read(sql, "duckdb").uses("A") == MADE[sql]


def test_what_cannot_be_parsed_may_make_anything_of_it() -> None:
    assert columns_read("this is no SQL )", "duckdb").uses("a") == {"other"}


DRIFT = {  # old type, new type, SQL -> harmful
    ("BIGINT", "DOUBLE", "SELECT CAST(a AS VARCHAR) FROM bills"): True,
    ("BIGINT", "DOUBLE", "SELECT md5(a::text) FROM bills"): True,
    ("BIGINT", "DOUBLE", "SELECT k || 'x' FROM (SELECT a AS k FROM bills)"): True,
    ("BIGINT", "DECIMAL(18,2)", "SELECT concat('A', a) FROM bills"): True,
    ("BIGINT", "DECIMAL(18,0)", "SELECT concat('A', a) FROM bills"): False,
    ("BIGINT", "DOUBLE", "SELECT CAST(a AS BIGINT)::text FROM bills"): False,
    ("BIGINT", "DOUBLE", "SELECT a * 0.01 FROM bills WHERE a > 0"): False,
    ("BIGINT", "DOUBLE", "SELECT a FROM bills"): False,
    ("INTEGER", "BIGINT", "SELECT a::text FROM bills"): False,
    ("BIGINT", "VARCHAR", "SELECT a::text FROM bills"): False,
    ("BIGINT", "VARCHAR", "SELECT max(a) FROM bills"): True,
    ("DECIMAL(12,2)", "DECIMAL(14,2)", "SELECT a::text FROM bills"): False,
    ("DECIMAL(12,2)", "DECIMAL(14,4)", "SELECT a::text FROM bills"): True,
    ("DECIMAL(12,4)", "DECIMAL(12,2)", "SELECT a * 2 FROM bills"): True,
    ("FLOAT", "DOUBLE", "SELECT a::text FROM bills"): True,
    ("DOUBLE", "FLOAT", "SELECT a + 0 FROM bills"): True,
    ("DATE", "TIMESTAMP", "SELECT CAST(a AS DATE) FROM bills WHERE a >= b AND a < c"): False,
    ("DATE", "TIMESTAMP", "SELECT b FROM bills WHERE a <= DATE '2024-03-31'"): True,
    ("DATE", "TIMESTAMP", "SELECT b FROM bills WHERE a BETWEEN b AND c"): True,
    ("DATE", "TIMESTAMP", "SELECT a::text FROM bills"): True,
    ("DATE", "TIMESTAMP", "SELECT a, count(*) FROM bills GROUP BY a"): True,
    ("BOOLEAN", "INTEGER", "SELECT a::text FROM bills"): True,
    ("BIGINT", "NULL", "SELECT a::text FROM bills"): False,
    ("NULL", "DOUBLE", "SELECT a::text FROM bills"): False,
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sql"), DRIFT)
def test_a_changed_type_stops_where_the_query_makes_something_else_of_it(
    old: str, new: str, sql: str
) -> None:
    table = load_contracts(load_settings("telecom"))["bill"]
    now, before = {"bills": {"a": new}}, {"bills": {"a": old}}
    read = columns_read(sql, "duckdb")
    found = relation_drift(table, now, before, read)
    assert bool(refusal(found)) == DRIFT[old, new, sql]
    mended = relation_drift(table, now, before, read, is_mended=True)
    if type_word(new) in HOLDS.get(type_word(old), ()):
        assert not refusal(mended), "somebody has seen to it"


@pytest.mark.parametrize(
    ("kinds", "value"),
    [
        (("BIGINT", "DOUBLE"), 700001),
        (("BIGINT", "DECIMAL(12,2)"), 700001),
        (("DECIMAL(12,2)", "DOUBLE"), Decimal("58.50")),
        (("DATE", "TIMESTAMP"), date(2024, 3, 1)),
        (("BOOLEAN", "INTEGER"), True),
    ],
)
def test_the_types_really_part_as_text_and_only_there(
    kinds: tuple[str, str], value: object
) -> None:
    """Control: DuckDB itself, and the table that says so."""
    old, new = kinds
    asked = f"SELECT $v::{old}::VARCHAR = $v::{old}::{new}::VARCHAR, $v::{old} = $v::{old}::{new}"
    (found,) = duckdb.connect().execute(asked, {"v": value}).fetchall()
    assert found == (False, True)
    assert "text" not in SAME[type_word(old), type_word(new)]


def test_the_type_of_all_files_counts_and_not_that_of_the_month_s_own() -> None:
    """They are one relation: one file of doubles makes the column of all of them double."""
    relations = {
        "bills": {"a": "DOUBLE", "more": "VARCHAR"},
        "bills/bills_2024-02.parquet": {"a": "DOUBLE", "more": "VARCHAR"},
        "bills/bills_2024-03.parquet": {"a": "BIGINT"},
    }
    assert of_month(relations, Month(2024, 3)) == {"bills": {"a": "DOUBLE"}}


# ---- through the step

EXTRACT = """
SELECT CAST(account AS VARCHAR) AS customer_id, account || '-' || period AS recharge_id,
    amount AS amount_cny, bought AS channel, CAST(period || '-01' AS DATE) AS event_date,
    CAST(period || '-01' AS DATE) + 2 AS known_date
FROM topups
"""
BILL = """
SELECT 'C1' AS customer_id, period AS bill_id, 'plan_fee' AS item_code, 1.5 AS amount_cny,
    CAST(period || '-01' AS DATE) AS event_date, CAST(period || '-01' AS DATE) AS known_date
FROM topups
"""
IDS, NOBODY = [700001, 700002], [None, None]
Columns = Mapping[str, pa.Array]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    profile = small_profile(
        tmp_path,
        ["bill", "recharge"],
        source={"kind": "files", "files": {"topups": "topups_{month}*.parquet"}},
    )
    (profile / "extract" / "bill.sql").write_text(BILL, encoding="utf-8")
    (profile / "extract" / "recharge.sql").write_text(EXTRACT, encoding="utf-8")
    drops = tmp_path / "drops"
    drops.mkdir()
    return load_settings(str(profile), state_dir=tmp_path / "state", data_path=drops)


def deliver(
    settings: Settings, month: str, changed: Columns | None = None, part: str = ""
) -> None:
    columns = {
        "account": pa.array(IDS, pa.int64()),
        "period": pa.array([month] * 2),
        "amount": pa.array([20.5, 30.5]),
        "bought": pa.array(["app", "shop"]),
    }
    file = Path(str(settings.environment.data_path), f"topups_{month}{part}.parquet")
    pq.write_table(pa.table({**columns, **(changed or {})}), file)


def run_month(settings: Settings, month: str) -> list[str]:
    """Extract a month, note its drift and accept it; the names of its customers."""
    run = MonthRun(settings, Month.parse(month))
    try:
        run_on("extract", run)
        note_drift(run)
        put(run, "clean_recharge", month, [])
        return sorted(row["customer_id"] for row in rows(run, "raw_recharge"))
    finally:
        run.close()


def test_numbers_that_become_doubles_do_not_rename_everybody(
    settings: Settings,
) -> None:
    deliver(settings, "2024-01")
    assert run_month(settings, "2024-01") == ["700001", "700002"]
    deliver(settings, "2024-02", {"account": pa.array(IDS, pa.float64())})
    with pytest.raises(
        BadInput,
        match=r"column account DOUBLE instead of BIGINT in topups; .*otherwise; extract/recharge\.sql makes text of it",
    ):
        run_month(settings, "2024-02")


def test_one_of_two_files_is_enough_to_rename_everybody(settings: Settings) -> None:
    deliver(settings, "2024-01")
    run_month(settings, "2024-01")
    deliver(settings, "2024-02", {"account": pa.array(IDS, pa.float64())}, "_a")
    deliver(settings, "2024-02", part="_b")
    with pytest.raises(BadInput, match="column account DOUBLE instead of BIGINT"):
        run_month(settings, "2024-02")


EMPTY = {
    "no type": pa.nulls(2),
    "doubles": pa.array(NOBODY, pa.float64()),
    "whole numbers": pa.array(NOBODY, pa.int32()),
    "days": pa.array(NOBODY, pa.date32()),
    "booleans": pa.array(NOBODY, pa.bool_()),
}


@pytest.mark.parametrize("kind", EMPTY)
def test_a_column_without_a_value_loses_nothing_and_keeps_its_type(
    settings: Settings, kind: str
) -> None:
    deliver(settings, "2024-01")
    run_month(settings, "2024-01")
    deliver(settings, "2024-02", {"bought": EMPTY[kind]})
    assert len(run_month(settings, "2024-02")) == 2
    deliver(settings, "2024-03")
    assert len(run_month(settings, "2024-03")) == 2
    deliver(settings, "2024-04", {"bought": pa.array([1, 2])})
    with pytest.raises(BadInput, match=r"column channel .*what it held is lost"):
        run_month(settings, "2024-04")


def test_an_empty_month_does_not_hide_the_change_after_it(settings: Settings) -> None:
    """Negative control for going on: what the months before the empty one had still counts."""
    deliver(settings, "2024-01")
    run_month(settings, "2024-01")
    deliver(settings, "2024-02", {"bought": pa.nulls(2)})
    run_month(settings, "2024-02")
    deliver(settings, "2024-03", {"bought": pa.array([1, 2])})
    with pytest.raises(BadInput, match=r"column channel .*what it held is lost"):
        run_month(settings, "2024-03")


def test_one_value_is_enough_for_a_wrong_type_to_do_harm(settings: Settings) -> None:
    deliver(settings, "2024-01")
    run_month(settings, "2024-01")
    deliver(settings, "2024-02", {"bought": pa.array([None, 1.5])})
    with pytest.raises(BadInput, match="column channel arrives as double"):
        run_month(settings, "2024-02")


def test_a_column_empty_from_the_first_month_on_has_no_type_yet() -> None:
    first = Delivered({"a": "double", "b": "string"}).remembering(["a"], None)
    assert first.known_types == {"a": "null", "b": "string"}
    assert Delivered.from_json(first.as_json()) == first
    second = Delivered({"a": "string", "b": "double"}).remembering(["b"], first)
    assert (second.known_types, second.empty) == ({"a": "string", "b": "string"}, ())
    third = Delivered({"a": "int64", "b": "int64"}).remembering(["a", "b"], second)
    assert third.columns == {"a": "string", "b": "string"}
