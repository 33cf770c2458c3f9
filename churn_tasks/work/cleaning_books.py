"""The books of cleaning: rows in and out, values brought to standard form, values treated."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.versions import empty_values, replaces
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.quarantine import broken_rules_sql
from churn_tasks.integrate.standardise.counts import (
    COLUMNS,
    FOUND_LINES,
    Line,
    lines_of_the_month_sql,
    lines_with_those_before,
)
from churn_tasks.integrate.treatments import COLUMNS as TREATMENT_COLUMNS
from churn_tasks.integrate.treatments import (
    Seen,
    empty_in_rows_sql,
    marks_sql,
    taken_back_sql,
    treatment_lines,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.cleaning import JudgedTable, RowCount, counts_before
from churn_tasks.work.deliveries import left_outside
from churn_tasks.work.file_lines import damaged_lines
from churn_tasks.work.replaced_lines import replace_lines

TYPES = {"row_count": pa.int64(), "share": pa.float64()}  # all others are texts


def write_counts(run: MonthRun, counts: Sequence[RowCount]) -> None:
    """Write ``audit_rows`` of the month; tables that were not judged stay as they were."""
    every = {count.table: count for count in counts}
    if run.only_late:
        every = counts_before(run) | every
    outside = left_outside(run)
    rows = []
    for count in every.values():
        forgotten, _ = outside.get(count.table, (0, 0))
        line = {
            "step": "integrate",
            "table_name": count.table,
            "rows_in": count.rows_in + forgotten,
            "rows_out": count.rows_out,
            "quarantined": count.quarantined,
            "merged": count.merged,
            "replaced": count.replaced,
            "added_up": count.added_up,
            "forgotten": forgotten,
        }
        rows.append(line)
    rows += _counts_of_extract(run)
    run.engine.write("audit_rows", run.month, pa.Table.from_pylist(rows))


def _counts_of_extract(run: MonthRun) -> list[dict[str, Any]]:
    """What the step before did with the lines of files, where some were damaged."""
    rows = []
    for name, (damaged, lines) in sorted(damaged_lines(run).items()):
        given = {"rows_in": lines, "rows_out": lines - damaged}
        rows.append(
            {"step": "extract", "table_name": name, **given, "quarantined": damaged}
            | {"merged": 0, "replaced": 0, "added_up": 0, "forgotten": 0}
        )
    return rows


def write_standardised(
    run: MonthRun, lines: list[Line], judged: Sequence[JudgedTable]
) -> int:
    """Write ``standardised``: what was counted here, and how the numbers stood that became tokens at the door.

    Where rows came late, they are counted beside those before.
    """
    run.engine.view("number_spelling")
    month: dict[str, Any] = {"month": run.month.start}
    counted = FOUND_LINES
    with run.engine.registered(FOUND_LINES.text, _lines(lines, COLUMNS)):
        if run.only_late:
            counted = lines_with_those_before(
                run.engine.rows_of("standardised", run.month, run.lake.before()),
                run.engine.rows_of("number_spelling", run.month, run.lake.before()),
            )
            month["judged"] = [one.name for one in judged if not one.is_late]
        every = lines_of_the_month_sql(counted)
        return run.engine.write("standardised", run.month, every, month)


def write_treatments(run: MonthRun, counts: Sequence[RowCount]) -> int:
    """Write ``treatment``: what was filled in, capped, emptied or set aside, column by column."""
    broken = _broken_rules(run)
    made = []
    for count in counts:
        seen = _seen(run, count, broken.get(count.table, {}))
        made += treatment_lines(run.registry.raw[count.table], seen)
    lines = _lines(made, TREATMENT_COLUMNS)
    if not run.only_late:
        return run.engine.write("treatment", run.month, lines)
    judged = {count.table for count in counts}
    kept = [name for name in run.registry.raw if name not in judged]
    return replace_lines(run, "treatment", lines, kept)


def _broken_rules(run: MonthRun) -> dict[str, dict[str, int]]:
    """Of each table the rules that have set rows of the month aside, with their rows."""
    run.engine.view("quarantine")
    broken: dict[str, dict[str, int]] = {}
    for line in run.engine.records(broken_rules_sql(), {"month": run.month.start}):
        broken.setdefault(line["table_name"], {})[line["name"]] = line["rows"]
    return broken


def _lines(lines: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> pa.Table:
    """Lines made in Python as an Arrow table."""
    arrays = {}
    for place, name in enumerate(columns):
        values = [line[place] for line in lines]
        arrays[name] = pa.array(values, TYPES.get(name, pa.string()))
    return pa.table(arrays)


def _seen(run: MonthRun, count: RowCount, broken: dict[str, int]) -> Seen:
    """What the clean table and the quarantine hold of one raw table."""
    clean = f"clean_{count.table}"
    table = run.registry.raw[count.table]
    marked: dict[str, int] = {}
    marks = marks_sql(table, run.engine.rows_of(clean, run.month))
    if marks:
        marked = {row["name"]: row["rows"] for row in run.engine.records(marks)}
    empty = _empty(run, clean)
    back = _taken_back(run, table)
    return Seen(count.rows_in, count.rows_out, empty, marked, broken, back)


def _taken_back(run: MonthRun, table: RawTable) -> int:
    """Rows of a clean table that take back what another has charged."""
    if table.reversals is None:
        return 0
    clean = run.engine.rows_of(f"clean_{table.table}", run.month)
    return run.engine.row(taken_back_sql(table.reversals, clean))["row_count"]


def _empty(run: MonthRun, clean: str) -> dict[str, int]:
    """Empty values of each column: from the footers, unless late rows have replaced some of those that these count."""
    version = run.lake.version(clean, run.month)
    files = version.files if version else []
    if any(map(replaces, files)):
        rows = run.engine.rows_of(clean, run.month)
        names = run.registry.tables[clean].column_names
        return run.engine.row(empty_in_rows_sql(names, rows))
    empty: Counter[str] = Counter()
    for path in files:
        empty.update(empty_values(path))
    return dict(empty)
