"""The queries behind the profile keep the word of their YAML, and no later month reaches a month's bounds."""

from datetime import date

import duckdb
import pytest

from churn_tasks.checks.baseline import baseline_sql
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.query import Query, load_question
from tests.sql.queries import columns_out, parameters_in, sources_in, tree

QUERIES = [
    load_question("profile", file.parent.name)
    for file in sorted((INCLUDE / "sql" / "profile").glob("*/query.yaml"))
]


def test_the_number_of_queries_is_known() -> None:
    assert len(QUERIES) == 3


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_keeps_its_word(query: Query) -> None:
    parsed = tree(query)
    assert parameters_in(parsed) == set(query.output.params)
    assert sources_in(parsed) == set(query.output.reads)
    assert columns_out(parsed) == query.output.column_names
    assert query.sql.startswith("-- ") and len(query.sql.splitlines()) < 120


@pytest.fixture
def accepted() -> duckdb.DuckDBPyConnection:
    """One figure in each month of 2024."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE profile_accepted AS SELECT month::DATE AS month, 'bill' AS table_name, '' AS column_name,"
        " '' AS region_code, 'rows' AS measure, '' AS item, 1.0 AS value"
        " FROM range(DATE '2024-01-01', DATE '2025-01-01', INTERVAL 1 MONTH) AS months(month)"
    )
    return connection


def test_a_month_and_what_follows_it_are_never_its_own_yardstick(
    accepted: duckdb.DuckDBPyConnection,
) -> None:
    """Negative control: all months of the table are twelve."""
    query = load_question("profile", "accepted_figures")
    asked = {"month": date(2024, 6, 1), "first_month": date(2024, 3, 1)}
    months = [row[0].month for row in accepted.execute(query.sql, asked).fetchall()]
    assert months == [3, 4, 5]
    assert accepted.sql("FROM profile_accepted").shape == (12, 7)


def test_the_question_with_its_dates_written_in_is_the_same_question(
    accepted: duckdb.DuckDBPyConnection,
) -> None:
    rows = accepted.execute(baseline_sql(Month(2024, 6), 3)).fetchall()
    assert [row[0].month for row in rows] == [3, 4, 5]
