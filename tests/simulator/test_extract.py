"""Every extract query of the telecom profile, run as the pipeline's role on the small operator."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from churn_tasks.adapters.source import open_source
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE, Settings, load_settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.declared.registry import load_registry

TABLES = sorted(
    path.stem for path in (INCLUDE / "profiles/telecom/extract").glob("*.sql")
)
FITTING = {
    "text": pa.types.is_string, "integer": pa.types.is_int64, "decimal": pa.types.is_float64,
    "date": pa.types.is_date32,
    "timestamp": lambda kind: kind == pa.timestamp("us"), "boolean": pa.types.is_boolean,
}  # fmt: skip
MASTER = (
    "customer",
    "contract",
    "campaign",
    "market",
)  # dated versions: they may start before the month
LAST = Month(2024, 4)


@pytest.fixture(scope="module")
def settings(reader: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(
        "telecom", source_url=reader, state_dir=tmp_path_factory.mktemp("state")
    )


@pytest.fixture(scope="module")
def contracts(settings: Settings) -> dict[str, RawTable]:
    return load_registry(settings).raw


def extracted(settings: Settings, table: str, month: Month) -> pa.Table:
    sql = rendered_sql(settings, settings.calendar.window(month), table)
    with open_source(settings) as source, source.batches(sql) as batches:
        return batches.read_all()


def months() -> Iterator[Month]:
    return (Month(2024, 1) + k for k in range(4))


def test_all_tables_of_the_contract_are_extracted(
    contracts: dict[str, RawTable],
) -> None:
    assert len(TABLES) == 21
    assert set(contracts) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_columns_and_types_are_the_contract_s(
    settings: Settings, contracts: dict[str, RawTable], table: str
) -> None:
    rows = extracted(settings, table, LAST)
    assert rows.num_rows >= contracts[table].min_rows > -1
    names = [
        f"{name[:-7]}_token" if name.endswith("_number") else name
        for name in rows.column_names
    ]
    assert names == [column.name for column in contracts[table].delivered_columns]
    for field, column in zip(
        rows.schema, contracts[table].delivered_columns, strict=True
    ):
        assert FITTING[column.type](field.type), (
            f"{table}.{column.name} is {field.type}"
        )


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_of_the_month_and_were_known_by_its_settle_day(
    settings: Settings, table: str
) -> None:
    seen = 0
    for month in months():
        window, rows = (
            settings.calendar.window(month),
            extracted(settings, table, month).to_pylist(),
        )
        seen += len(rows)
        assert all(
            row["event_date"] < window.as_of and row["known_date"] < window.known_until
            for row in rows
        )
        if table not in MASTER:
            assert all(row["event_date"] >= month.start for row in rows)
        for gate in ("outcome_known_date", "repair_known_date", "accepted_known_date"):
            assert all(
                row.get(gate) is None or row[gate] < window.known_until for row in rows
            )
    assert seen > 0


def test_late_rows_stay_out_and_would_be_there_without_the_bound(
    settings: Settings, source: str
) -> None:
    kept = sum(extracted(settings, "cdr", month).num_rows for month in months())
    with psycopg.connect(source) as connection:
        everything = connection.execute("SELECT count(*) FROM boss.cdr").fetchone()[0]
        planted = (
            "SELECT count(*) FROM sim_truth.dirt WHERE tab = 'cdr' AND kind = 'late'"
        )
        late = connection.execute(planted).fetchone()[0]
    assert late > 20
    assert kept == everything - late


def test_an_answer_that_comes_later_is_not_delivered(
    settings: Settings, source: str
) -> None:
    rows = [
        row
        for month in months()
        for row in extracted(settings, "complaint", month).to_pylist()
    ]
    open_still = sum(row["outcome"] is None for row in rows)
    with psycopg.connect(source) as connection:
        never = connection.execute(
            "SELECT count(*) FROM boss.cmplt_ticket WHERE visit_tm IS NULL"
        ).fetchone()[0]
    assert open_still > never, "some answers came after the settle day"
    assert all(
        (row["outcome"] is None) == (row["outcome_known_date"] is None) for row in rows
    )


def test_a_customer_is_delivered_as_then_known_not_as_known_today(
    settings: Settings, source: str
) -> None:
    """Somebody who changed tariff in a later month still has the old one in the earlier."""
    with psycopg.connect(source) as connection:
        changed = connection.execute(
            """SELECT old.subs_id::text, old.prod_id FROM boss.subs_his AS old
            JOIN boss.subs_his AS new ON new.subs_id = old.subs_id AND new.ver_no = 2 AND new.prod_id <> old.prod_id
            WHERE old.ver_no = 1 AND new.eff_tm >= '2024-03-01+08' AND old.eff_tm < '2024-01-01+08'"""
        ).fetchall()
    rows = extracted(settings, "customer", Month(2024, 1)).to_pylist()
    january = {row["customer_id"]: row["plan_code"] for row in rows}
    assert len(changed) > 3
    assert all(january[customer] == plan for customer, plan in changed)


def test_one_row_a_customer_and_the_long_gone_are_left_out(
    settings: Settings, source: str
) -> None:
    rows = extracted(settings, "customer", LAST).to_pylist()
    assert len({row["customer_id"] for row in rows}) == len(rows)
    with psycopg.connect(source) as connection:
        gone = connection.execute(
            """SELECT subs_id::text FROM boss.subs_his WHERE sts_cd = 'X'
            AND eff_tm < '2024-04-01+08' AND rec_tm < '2024-05-06+08'"""
        ).fetchall()
    assert len(gone) > 30
    assert {row["customer_id"] for row in rows}.isdisjoint(
        customer for (customer,) in gone
    )


def test_the_month_with_new_columns_is_read_like_the_others(
    settings: Settings, source: str
) -> None:
    with psycopg.connect(source) as connection:
        found = connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE column_name = 'volte_flag'"
        ).fetchall()
    assert found == [("cdr_202404",)]
    assert (
        extracted(settings, "cdr", LAST).column_names
        == extracted(settings, "cdr", LAST - 1).column_names
    )


def test_every_extract_is_bounded_by_what_was_known() -> None:
    for table in TABLES:
        text = Path(INCLUDE / f"profiles/telecom/extract/{table}.sql").read_text(
            encoding="utf-8"
        )
        assert "$known_until" in text and ("$as_of" in text or table == "bill"), table
