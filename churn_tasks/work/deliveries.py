"""What is noted of a month's deliveries: how many rows came, in what form, and how the numbers were written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from churn_tasks.adapters.lake import Lake
from churn_tasks.checks.drift import Delivered
from churn_tasks.core.months import Month
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Relation
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import is_restated
from churn_tasks.runner.standard import known_days, rows_as_delivered
from churn_tasks.work.extraction import Extracted

SPELLINGS = pa.schema(
    {
        "table_name": pa.string(),
        "column_name": pa.string(),
        "rule": pa.string(),
        "row_count": pa.int64(),
    }
)
DELIVERIES = pa.schema(
    {
        "table_name": pa.string(),
        "known_until": pa.date32(),
        "is_restated": pa.bool_(),
        "row_count": pa.int64(),
        "byte_count": pa.int64(),
        "sha256": pa.string(),
        "max_known_date": pa.date32(),
        "late_rows": pa.int64(),
        "forgotten_rows": pa.int64(),
        "schema_json": pa.string(),
    }
)
Spellings = dict[str, Counter[tuple[str, str]]]  # table -> column and form -> rows


def write_spellings(run: MonthRun, extracted: Sequence[Extracted]) -> int:
    """Write ``number_spelling``; a restated run leaves what it has not extracted again, and adds what came late."""
    lines = []
    for table, spellings in _spellings(run, extracted).items():
        for (column, rule), count in spellings.items():
            about = {"table_name": table, "column_name": column, "rule": rule}
            lines.append(about | {"row_count": count})
    rows = pa.Table.from_pylist(lines, SPELLINGS)
    return run.engine.write("number_spelling", run.month, rows)


def _spellings(run: MonthRun, extracted: Sequence[Extracted]) -> Spellings:
    """Of each table the column and form of a number to rows."""
    if not run.only_late:
        return {table.name: Counter(table.spellings) for table in extracted}
    spellings = _noted(run, run.lake.before())
    noted = _noted(run, run.lake)
    for name in _kept(run, extracted):
        spellings[name] = noted.get(name, Counter())
    for table in extracted:
        if table.is_part:
            spellings.setdefault(table.name, Counter()).update(table.spellings)
        else:
            spellings[table.name] = Counter(table.spellings)
    return spellings


def _noted(run: MonthRun, lake: Lake) -> Spellings:
    """What the version says that a lake shows."""
    lines = run.engine.rows_of("number_spelling", run.month, lake)
    spellings: Spellings = {}
    for line in run.engine.records(f"SELECT * FROM {lines}"):
        of_table = spellings.setdefault(line["table_name"], Counter())
        of_table[line["column_name"], line["rule"]] = line["row_count"]
    return spellings


def write_deliveries(run: MonthRun, extracted: Sequence[Extracted]) -> None:
    """Write ``delivery``: a row a table; a restated run adds its rows to those of the versions before."""
    made = []
    for table in extracted:
        if is_restated(run, f"raw_{table.name}", [run.month]):
            made.append(table)
    lines = pa.Table.from_pylist(_deliveries(run, made), DELIVERIES)
    if run.restated_until is None:
        run.engine.write("delivery", run.month, lines)
        return
    kept = _kept(run, extracted)
    if made or kept:
        _add_deliveries(run, lines, kept)
    else:
        run.lake.remove("delivery", run.month)


def _deliveries(run: MonthRun, made: Sequence[Extracted]) -> list[dict[str, object]]:
    """The lines of tables that came anew; late rows stand beside those that came late before."""
    before: dict[str, OnRecord] = {}
    if run.only_late:
        before = on_record(run, run.month, run.lake.before())
    lines = []
    for table in made:
        then = before[table.name] if table.is_part else None
        lines.append(_delivery(run, table, then))
    return lines


def _kept(run: MonthRun, extracted: Sequence[Extracted]) -> list[str]:
    """Tables of which an earlier try of this run took something in that could not be looked at again."""
    again = {table.name for table in extracted}
    kept = []
    for name in run.registry.raw:
        if name not in again and is_restated(run, f"raw_{name}", [run.month]):
            kept.append(name)
    return kept


def _add_deliveries(run: MonthRun, lines: pa.Table, kept: list[str]) -> None:
    run.engine.view("delivery")
    added = composed("extraction", "deliveries_added")
    asked = {"month": run.month.start, "until": run.restated_until, "kept": kept}
    with run.engine.registered("new_deliveries", lines):
        run.engine.write("delivery", run.month, added, asked)


@dataclass(frozen=True)
class OnRecord:
    """What a version has on record of one table of a month.

    Attributes:
        known_up_to: latest day on which a row, or an answer in it, became known; None where there is none, or none that
            can be read.
        late_rows: those of which something became known after the month was first read.
        forgotten: rows of people who were taken out, which stayed outside.
    """

    row_count: int
    known_up_to: date | None
    late_rows: int
    forgotten: int
    delivered: Delivered


def on_record(run: MonthRun, month: Month, lake: Lake) -> dict[str, OnRecord]:
    """What is on record of each table of a month, in the version that a lake shows."""
    deliveries = Relation(run.engine.rows_of("delivery", month, lake))
    sql = composed("extraction", "on_record", deliveries=deliveries)
    record = {}
    for line in run.engine.records(sql):
        delivered = Delivered.from_json(line["schema_json"])
        record[line["table_name"]] = OnRecord(
            line["row_count"],
            line["known_up_to"],
            line["late_rows"],
            line["forgotten_rows"],
            delivered,
        )
    return record


def _delivery(
    run: MonthRun, table: Extracted, before: OnRecord | None
) -> dict[str, object]:
    """One row of ``delivery``, told by the partition that now holds the rows.

    Args:
        before: what a part that came late lies beside.
    """
    name = f"raw_{table.name}"
    late_before = before.late_rows if before else 0
    forgotten_before = before.forgotten if before else 0
    latest, late_rows = _known(run, table)
    return {
        "table_name": table.name,
        "known_until": run.window.known_until,
        "is_restated": run.restated_until is not None,
        "row_count": table.rows,
        "byte_count": run.lake.byte_count(name, run.month),
        "sha256": run.lake.sha256(name, run.month),
        "max_known_date": latest,
        "late_rows": late_before + late_rows,
        "forgotten_rows": forgotten_before + table.forgotten,
        "schema_json": table.delivered.as_json(),
    }


def _known(run: MonthRun, table: Extracted) -> tuple[date | None, int]:
    """The latest day on which something became known, and the rows of which something did after the first reading.

    Late rows are looked at alone: every one of them became known after those before them.
    """
    name = f"raw_{table.name}"
    files = run.lake.files(name, run.month)
    if table.is_part:
        files = run.lake.part(name, run.month)
    rows = rows_as_delivered(files, run.month)
    first_read = run.settings.calendar.window(run.month).known_until
    days = known_days(run, table.name, rows)
    sql = composed("extraction", "known_dates", days=days)
    known = run.engine.row(sql, {"first": first_read})
    return known["latest"], known["late"]


def left_outside(run: MonthRun) -> dict[str, tuple[int, int]]:
    """By table that has some: rows of people who were taken out in its latest delivery, and rows that came in."""
    deliveries = run.engine.rows_of("delivery", run.month)
    lines = run.engine.records(
        "SELECT table_name, arg_max(coalesce(forgotten_rows, 0), known_until) AS forgotten,"
        f" arg_max(row_count, known_until) AS rows FROM {deliveries} GROUP BY table_name"
    )
    outside = {}
    for line in lines:
        if line["forgotten"]:
            outside[line["table_name"]] = (line["forgotten"], line["rows"])
    return outside
