"""Tables with lines about source tables, of which a restated run makes only some anew."""

from collections.abc import Iterable

import pyarrow as pa

from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Relation
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
    before = Relation(identifier(table))
    asked = {"month": run.month.start, "kept": list(kept)}
    with run.engine.registered("new_lines", lines):
        sql = composed("checks", "lines_replaced", lines=before)
        return run.engine.write(table, run.month, sql, asked)
