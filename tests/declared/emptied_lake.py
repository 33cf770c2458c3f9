"""Three random months in memory, whose clean tables can be emptied, by the column or whole, and summed up again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from churn_tasks.core.months import Month, months_between
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import small_run
from tests.random_lake import fill

MONTHS = [Month(2024, 1), Month(2024, 2), Month(2024, 3)]
PYTHON_MADE = {
    "customer_line",
    "month_complaint_text",
}  # SQL cannot make these again: queries over them are left out


def built(registry: Registry) -> list[Query]:
    """Queries up to the features, in the order in which they run."""
    found = [
        query
        for family in ("month", "cohort", "features")
        for query in registry.queries[family]
    ]
    return [
        query
        for query in found
        if not PYTHON_MADE & {*query.output.reads, *query.output.optional}
    ]


def filled_run(folder: Path) -> MonthRun:
    """The run of the last month, with every clean table as ``kept_<name>`` and shown as ``clean_<name>``."""
    run = small_run(folder, str(MONTHS[-1]))
    fill(run, list(months_between(MONTHS[0], MONTHS[-1] + 1)))
    for name in run.registry.raw:
        run.engine.view(f"clean_{name}")
        run.engine.connection.execute(
            f"CREATE TABLE kept_{name} AS SELECT * FROM clean_{name}"
        )
        run.engine.connection.execute(f"DROP VIEW clean_{name}")
        show(run, name, "*")
    for query in built(run.registry):
        make(run, query)
    return run


@contextmanager
def undone(run: MonthRun) -> Iterator[None]:
    """What is shown and made within is undone at the end: a transaction that is rolled back."""
    run.engine.connection.execute("BEGIN TRANSACTION")
    try:
        yield
    finally:
        run.engine.connection.execute("ROLLBACK")


def show(run: MonthRun, raw: str, columns: str, where: str = "true") -> None:
    """What the queries see of one clean table."""
    sql = f"CREATE OR REPLACE VIEW clean_{raw} AS SELECT {columns} FROM kept_{raw} WHERE {where}"
    run.engine.connection.execute(sql)


def make(run: MonthRun, query: Query) -> None:
    """The table of a query as the three months make it."""
    parts = []
    for month in MONTHS if query.family == "month" else MONTHS[-1:]:
        parameters = {
            n: v
            for n, v in run.window_of(month).parameters().items()
            if n in query.output.params
        }
        sql = query.sql.rstrip().rstrip(";")
        for name in sorted(parameters, key=len, reverse=True):
            sql = sql.replace(f"${name}", f"DATE '{parameters[name]}'")
        declared = run.registry.columns_sql(
            query.output.table
        )  # exact sums, as in the lake
        parts.append(f"SELECT {declared}, DATE '{month.start}' AS month FROM ({sql}\n)")
    run.engine.connection.execute(
        f"CREATE OR REPLACE TABLE {query.output.table} AS {' UNION ALL '.join(parts)}"
    )


def feature_values(run: MonthRun, queries: Iterable[Query]) -> dict[str, list[Any]]:
    """The values of every feature, in order of the customers."""
    found: dict[str, list[Any]] = {}
    for query in queries:
        names = [c.name for c in query.output.columns if isinstance(c, FeatureColumn)]
        sql = (
            f"SELECT {', '.join(names)} FROM {query.output.table} ORDER BY customer_id"
        )
        rows = run.engine.connection.execute(sql).fetchall()
        found |= {
            name: [row[position] for row in rows] for position, name in enumerate(names)
        }
    return found
