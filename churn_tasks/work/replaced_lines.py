"""Tables with lines about source tables, of which a restated run makes only some anew."""

from collections.abc import Iterable

import pyarrow as pa

from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.runner.month_run import MonthRun


def replace_lines(
    run: MonthRun, table: str, lines: pa.Table, kept: Iterable[str]
) -> int:
    """Replace what a table holds of this month, but for the lines about the source tables ``kept``.

    Args:
        table: one with a column ``table_name``.
        lines: the new ones, columns by name.
    """
    run.engine.view(table)
    names = ", ".join(literal(name) for name in kept) or "NULL"
    before = (
        f"SELECT * EXCLUDE (month) FROM {identifier(table)}"
        f" WHERE month = $month AND table_name IN ({names})"
    )
    with run.engine.registered("new_lines", lines):
        sql = f"SELECT * FROM new_lines UNION ALL BY NAME {before}"
        return run.engine.write(table, run.month, sql, {"month": run.month.start})
