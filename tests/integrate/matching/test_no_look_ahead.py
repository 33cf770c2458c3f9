"""The queries of matching notice nothing that happened or became known after their month (design rule 3).

Random records around a month; what lies after is taken away or changed, and the answer must stay the same. Control:
the same query without its bound on the day of knowledge is found out.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from churn_tasks.declared.composer import ComposedFile, filled
from churn_tasks.declared.query import Query
from churn_tasks.declared.sql_parts import Names, Order
from churn_tasks.declared.yaml_file import read_declaration
from churn_tasks.integrate.matching.lines import lines_sql, records_sql

PLANTED = Path(__file__).parents[2] / "sql" / "planted" / "composed" / "matching"
COLUMNS = ["customer_id", "event_date", "known_date", "joined_date", "service_status"]
DAYS = {
    "month": date(2024, 3, 1),
    "before": date(2024, 2, 1),
    "from_month": date(2023, 12, 1),
    "as_of": date(2024, 4, 1),
    "known_until": date(2024, 4, 6),
}
# 3,000 records of 300 lines in seven months; what happened and became known lies up to 60 days around the month's end
RECORDS = """
CREATE TABLE clean_customer AS
SELECT
    'line' || (hash(n, 1) % 300) AS customer_id,
    month,
    CAST(month + INTERVAL 30 DAY + to_days(CAST(hash(n, 2) % 60 AS INTEGER) - 40) AS DATE) AS event_date,
    event_date + CAST(hash(n, 3) % 20 AS INTEGER) AS known_date,
    DATE '2020-01-01' + CAST(hash(n, 4) % 900 AS INTEGER) AS joined_date,
    CASE WHEN hash(n, 5) % 9 = 0 THEN 'closed' ELSE 'active' END AS service_status
FROM (
    SELECT n, CAST(DATE '2023-11-01' + to_months(CAST(n % 7 AS INTEGER)) AS DATE) AS month FROM range(3000) AS t(n)
)
"""
EARLIER_LINES = """
CREATE TABLE customer_line AS
SELECT 'line' || n AS customer_id, NULL::DATE AS opened_date, DATE '2023-10-01' AS seen_month, NULL::DATE AS ended_date,
    DATE '2024-01-01' + to_months(CAST(n % 4 AS INTEGER)) AS month
FROM range(290, 330) AS t(n)
"""
AFTER = {
    "events": "DELETE FROM clean_customer WHERE event_date >= $as_of",
    "knowledge": "DELETE FROM clean_customer WHERE known_date >= $known_until",
    "partitions": "DELETE FROM clean_customer WHERE month > $month",
    "contents": "UPDATE clean_customer SET service_status = 'other', joined_date = joined_date + 400"
    " WHERE event_date >= $as_of OR known_date >= $known_until OR month > $month",
}
Asking = Callable[[], str]


def unbounded_sql() -> str:
    """The latest record of each line, whenever it became known: a planted leak."""
    folder = PLANTED / "unbounded_records"
    declared = read_declaration(ComposedFile, folder / "query.yaml")
    latest = ("month", "event_date", "known_date", *COLUMNS)
    return filled(
        Query("matching", folder, declared),
        {
            "columns": Names(tuple(COLUMNS)),
            "latest_first": Order.by(*(f"{name} DESC" for name in latest)),
        },
    )


def bounded_sql() -> str:
    return records_sql(COLUMNS)


def _given(sql: str) -> dict[str, date]:
    return {name: day for name, day in DAYS.items() if f"${name}" in sql}


def _known(records: Asking, change: str = "") -> tuple[list[tuple], list[tuple]]:
    """The records of the month and the lines then known, after a change of the clean table."""
    connection = duckdb.connect()
    connection.execute(RECORDS)
    connection.execute(EARLIER_LINES)
    if change:
        touched = connection.execute(change, _given(change)).fetchall()
        assert touched[0][0] > 100, "the change must reach something"
    answers = []
    for table, sql in (
        ("match_source", records()),
        ("match_lines", lines_sql(COLUMNS)),
    ):
        connection.execute(f"CREATE TABLE {table} AS {sql}", _given(sql))
        answers.append(connection.execute(f"FROM {table} ORDER BY ALL").fetchall())
    connection.close()
    return answers[0], answers[1]


@pytest.mark.parametrize("name", AFTER)
def test_what_lies_after_the_month_changes_nothing(name: str) -> None:
    before = _known(bounded_sql)
    assert len(before[0]) > 200 and len(before[1]) > len(before[0])
    assert _known(bounded_sql, AFTER[name]) == before


def test_records_learnt_too_late_are_noticed_where_the_bound_is_missing() -> None:
    """Control: the change is one that a query without the bound does not stand."""
    assert _known(unbounded_sql, AFTER["knowledge"]) != _known(unbounded_sql)


def test_the_past_is_noticed() -> None:
    """Reach: equal answers above do not come from a query that sees nothing."""
    past = "DELETE FROM clean_customer WHERE known_date < $as_of AND hash(customer_id) % 2 = 0"
    records, lines = _known(bounded_sql, past)
    before = _known(bounded_sql)
    assert records != before[0] and lines != before[1]
