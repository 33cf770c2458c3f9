"""The books of cleaning: rows in and out, values brought to standard form, values treated."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from churn_tasks.integrate.quarantine import broken_rules_sql
from churn_tasks.integrate.standardise.counts import (
    COLUMNS,
    Line,
    lines_of_the_month_sql,
)
from churn_tasks.integrate.treatments import COLUMNS as TREATMENT_COLUMNS
from churn_tasks.integrate.treatments import (
    Seen,
    empty_sql,
    marks_sql,
    treatment_lines,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.cleaning import RowCount

TYPES = {"row_count": pa.int64(), "share": pa.float64()}  # all others are texts


def write_counts(run: MonthRun, step: str, counts: Sequence[RowCount]) -> None:
    """Write ``audit_rows`` of the month."""
    rows = [
        {
            "step": step,
            "table_name": count.table,
            "rows_in": count.rows_in,
            "rows_out": count.rows_out,
            "quarantined": count.quarantined,
            "merged": count.merged,
        }
        for count in counts
    ]
    run.engine.write("audit_rows", run.month, pa.Table.from_pylist(rows))


def write_standardised(run: MonthRun, lines: list[Line]) -> int:
    """Write ``standardised``: what was counted here, and how the numbers stood that became tokens at the door."""
    run.engine.view("number_spelling")
    month = {"month": run.month.start}
    with run.engine.registered("found_lines", _lines(lines, COLUMNS)):
        every = lines_of_the_month_sql()
        return run.engine.write("standardised", run.month, every, month)


def write_treatments(run: MonthRun, counts: Sequence[RowCount]) -> int:
    """Write ``treatment``: what was filled in, capped, emptied or set aside, column by column."""
    run.engine.view("quarantine")
    lines = []
    for count in counts:
        lines += treatment_lines(run.registry.raw[count.table], _seen(run, count))
    return run.engine.write("treatment", run.month, _lines(lines, TREATMENT_COLUMNS))


def _lines(lines: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> pa.Table:
    """Lines made in Python as an Arrow table."""
    arrays = {}
    for place, name in enumerate(columns):
        values = [line[place] for line in lines]
        arrays[name] = pa.array(values, TYPES.get(name, pa.string()))
    return pa.table(arrays)


def _seen(run: MonthRun, count: RowCount) -> Seen:
    """What the clean table and the quarantine hold of one raw table."""
    clean = f"clean_{count.table}"
    run.engine.view(clean)
    month = {"month": run.month.start}
    empty = run.engine.records(empty_sql(str(run.lake.path(clean, run.month))))
    of_month = f"{clean} WHERE month = $month"
    marks = marks_sql(run.registry.raw[count.table], of_month)
    marked = run.engine.records(marks, month) if marks else []
    of_table = month | {"table_name": count.table}
    broken = run.engine.records(broken_rules_sql(), of_table)
    return Seen(
        count.rows_in,
        count.rows_out,
        empty=_by_name(empty),
        marks=_by_name(marked),
        broken=_by_name(broken),
    )


def _by_name(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["name"]: row["rows"] for row in rows}
