"""Rows of one earlier month that have become known since it was read."""

import logging

import pyarrow as pa

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month
from churn_tasks.declared.extract_sql import late_rows_sql
from churn_tasks.declared.query import load_question
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.known_since import known_since

log = logging.getLogger("churn")

Row = dict[str, object]
SCHEMA = pa.schema(
    {
        "late_month": pa.date32(),
        "table_name": pa.string(),
        "late_rows": pa.int64(),
        "known_from": pa.string(),  # as the source writes it
        "known_to": pa.string(),
    }
)


def write_late_rows(run: MonthRun, rows: list[Row]) -> int:
    """Write ``late_rows`` of the month; dates that cannot be read stay empty."""
    counted = pa.Table.from_pylist(rows, SCHEMA)
    read = load_question("extraction", "late_rows_read")
    with run.engine.registered("counted_rows", counted):
        return run.engine.write("late_rows", run.month, read.sql)


def late_rows(run: MonthRun, month: Month) -> list[Row]:
    """A row for each table of an earlier month that has late rows."""
    rows = []
    with open_source(run.settings, month) as source:
        for name in run.registry.raw:
            counted = _count(run, source, month, name)
            if counted["late_rows"]:
                about = {"late_month": month.start, "table_name": name}
                rows.append(about | counted)
    return rows


def _count(run: MonthRun, source: Source, month: Month, name: str) -> Row:
    """How many rows of a table came after its version in force was made; none where the source cannot tell."""
    first = run.settings.calendar.window(month)
    window = first.known_by(run.window.known_until)
    since = known_since(run, month, name)
    sql = late_rows_sql(run.settings, window, name, since)
    try:
        with source.batches(sql) as batches:
            columns = batches.read_all().columns
    except (BadInput, NotReady) as error:  # a file drop may have put it away
        what = f"{name} of {month} cannot be searched for late rows"
        log.warning("late %s: %s: %s", run.month, what, error)
        return {"late_rows": 0}
    late, earliest, latest = (column[0].as_py() for column in columns)
    return {
        "late_rows": late,
        "known_from": None if earliest is None else str(earliest),
        "known_to": None if latest is None else str(latest),
    }
