"""Lines of delivered files that became no row of their table, noted by name."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.declared.row_rules import DAMAGE, UNREADABLE
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.extraction import Extracted

ROW = "row"
FILE_LINES = pa.schema(
    {
        "table_name": pa.string(),
        "relation_name": pa.string(),
        "file_name": pa.string(),
        "kind": pa.string(),
        "line_number": pa.int64(),
        "column_name": pa.string(),
        "line_text": pa.string(),
        "row_count": pa.int64(),
    }
)


class FileLine(NamedTuple):
    """What ``file_line`` says of some lines of one file; see ``include/tables/pipeline/file_line.yaml``."""

    table_name: str
    relation_name: str
    file_name: str
    kind: str
    line_number: int = 0
    column_name: str = ""
    line_text: str = ""


def write_file_lines(run: MonthRun, extracted: Sequence[Extracted]) -> None:
    """Write ``file_line`` where a file was read line by line; tables that were not read again keep what was noted."""
    counted: Counter[FileLine] = Counter()
    for table in extracted:
        for aside in table.asides:
            counted.update(_lines(table.name, aside))
    was_noted = run.lake.has("file_line", run.month)
    if run.only_late:
        _keep_noted(run, counted, extracted)
        was_noted = was_noted and bool(extracted)
    if counted or was_noted:
        lines = []
        for line, count in sorted(counted.items()):
            lines.append({**line._asdict(), "row_count": count})
        rows = pa.Table.from_pylist(lines, FILE_LINES)
        run.engine.write("file_line", run.month, rows)


def lines_without_a_row(extracted: Sequence[Extracted]) -> dict[str, object]:
    """How many lines of files stand around rows, and how many were damaged; nothing where there are none."""
    frame, damaged = 0, 0
    for table in extracted:
        for aside in table.asides:
            frame += aside.frame.total()
            damaged += len(aside.damaged)
    facts: dict[str, object] = {}
    if frame:
        facts["frame_lines"] = frame
    if damaged:
        facts["damaged_lines"] = damaged
    return facts


def _lines(table: str, aside: FileAside) -> Counter[FileLine]:
    """Rows and frame counted, damaged lines each."""
    lines: Counter[FileLine] = Counter()
    file = (table, aside.relation, aside.file)
    lines[FileLine(*file, ROW)] = aside.rows
    for kind, count in aside.frame.items():
        lines[FileLine(*file, kind)] = count
    for one in aside.damaged:
        lines[FileLine(*file, one.reason, one.line, one.column, one.text)] += 1
    return lines


def _keep_noted(
    run: MonthRun, counted: Counter[FileLine], extracted: Sequence[Extracted]
) -> None:
    """Add what the version before has noted of tables that were not read again.

    A search for late rows may pass over a row that it does not read: of a table of which parts alone came, rows that
    could not be read before are no rows now.
    """
    again = {table.name: table.is_part for table in extracted}
    for line, count in _noted_before(run).items():
        name = line.table_name
        if name not in again:
            counted[line] += count
        elif again[name] and line.kind == UNREADABLE and line not in counted:
            counted[line] += count
            rows = FileLine(name, line.relation_name, line.file_name, ROW)
            counted[rows] = max(counted[rows] - count, 0)


def _noted_before(run: MonthRun) -> Counter[FileLine]:
    """What the version before has noted."""
    before = run.engine.rows_of("file_line", run.month, run.lake.before())
    lines: Counter[FileLine] = Counter()
    names = ", ".join(FileLine._fields)
    for row in run.engine.records(f"SELECT {names}, row_count FROM {before}"):
        count = row.pop("row_count")
        lines[FileLine(**row)] += count
    return lines


def damaged_lines(run: MonthRun) -> dict[str, tuple[int, int]]:
    """Of each table that has some in the month: damaged lines, and all lines of its files but for their frame."""
    if not run.lake.has("file_line", run.month):
        return {}
    run.engine.view("file_line")
    counted = run.engine.records(
        "SELECT table_name, sum(row_count) FILTER (list_contains($damage, kind))::BIGINT AS damaged,"
        " sum(row_count) FILTER (list_contains($damage, kind) OR kind = $row)::BIGINT AS whole"
        " FROM file_line WHERE month = $month GROUP BY table_name",
        {"month": run.month.start, "damage": list(DAMAGE), "row": ROW},
    )
    damaged = {}
    for line in counted:
        if line["damaged"]:
            damaged[line["table_name"]] = (line["damaged"], line["whole"])
    return damaged
