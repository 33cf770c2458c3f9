"""A lake with cohorts, features and labels made from hashes: the telecom catalogue, any number of customers and months.

Two features carry the truth; all others are noise. The same arguments give the same bytes.
"""

from collections.abc import Sequence

from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import ColumnType
from churn_tasks.runner.month_run import MonthRun


def _uniform(*parts: str) -> str:
    """SQL: a number in [0, 1) that depends on customer, month and these words alone."""
    return f"(hash(customer_id || '{'|'.join(parts)}') % 1000003) / 1000003.0"


def _value(name: str, kind: ColumnType, month: Month, levels: str) -> str:
    drawn = _uniform(name, str(month))
    if kind == "text" and name != levels:
        return "'north'"  # of chance levels one may look like a signal beside two that are weak
    if kind == "text":
        return f"(['north', 'south', 'west', NULL])[1 + CAST(floor({drawn} * 4) AS BIGINT)]"
    if kind == "boolean":
        return f"{drawn} < 0.3"
    return f"CAST({drawn} * 100 AS {'BIGINT' if kind == 'integer' else 'DOUBLE'})"


def signals(run: MonthRun) -> tuple[str, str]:
    """The two numeric features that carry the truth: the first goes up, the second down with leaving."""
    names = [
        feature.name
        for feature in run.registry.features
        if feature.type in ("decimal", "double")
    ]
    return names[0], names[1]


def fill_month(
    run: MonthRun,
    month: Month,
    customers: int,
    *,
    leak: str = "",
    levels: str = "",
    kind: str = "NULL",
) -> None:
    """Write ``cohort``, every feature table and ``label`` of one month.

    Args:
        leak: name of a numeric feature that is made to repeat the label; none by default.
        levels: name of a text feature that has four levels, no value one of them; all others have one.
        kind: SQL of how a customer who left did so.
    """
    run.engine.write(
        "cohort",
        month,
        f"SELECT 'c' || lpad(range::VARCHAR, 7, '0') AS customer_id FROM range({customers})",
    )
    up, down = (_uniform(name, str(month)) for name in signals(run))
    churned = f"{_uniform('truth', str(month))} < 1 / (1 + exp(-(-3.5 + 5 * ({up}) - 3 * ({down}))))"
    late = f"{_uniform('late', str(month))} < 0.02"
    people = f"(SELECT customer_id FROM cohort WHERE month = DATE '{month.start}')"
    run.engine.view("cohort")
    truth = f"({churned}) AND NOT ({late}) AS churned, {late} AS left_early, false AS rotated"
    truth += f", {kind} AS kind, NULL AS tier"
    window = run.settings.calendar.window(month)
    truth += (
        f", CASE WHEN {late} THEN DATE '{window.as_of}' + 10"
        f" WHEN {churned} THEN DATE '{window.predict_start}' + 10 END AS left_date"
    )
    sql = f"SELECT customer_id, {truth} FROM {people}"
    run.engine.write("label", month, sql)
    for query in run.registry.queries["features"]:
        columns = [
            column for column in query.output.columns if column.name != "customer_id"
        ]
        values = {
            column.name: _value(column.name, column.type, month, levels)
            for column in columns
        }
        if leak in values:
            values[leak] = f"CASE WHEN {churned} THEN 100 ELSE 0 END"
        selected = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
        run.engine.write(
            query.output.table, month, f"SELECT customer_id, {selected} FROM {people}"
        )


def blank(run: MonthRun, month: Month, feature: str, customers: int) -> str:
    """Take a feature away from the first customers of a month; returns its table."""
    (table,) = (
        query.output.table
        for query in run.registry.queries["features"]
        if feature in query.output.column_names
    )
    run.engine.view(table)
    value = f"CASE WHEN customer_id >= 'c{customers:07d}' THEN \"{feature}\" END"
    rows = run.engine.rows_of(table, month)
    with run.engine.held("before", f"SELECT * EXCLUDE month FROM {rows}"):
        run.engine.write(
            table, month, f'SELECT * REPLACE ({value} AS "{feature}") FROM before'
        )
    return table


def fill(run: MonthRun, months: Sequence[Month], customers: int, **extra: str) -> None:
    """:func:`fill_month` for several months."""
    for month in months:
        fill_month(run, month, customers, **extra)
