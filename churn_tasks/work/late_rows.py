"""Rows of earlier months that have become known since those months were read."""

from datetime import date
from typing import Any

import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.declared.composer import composed
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import known_days, rows_as_delivered
from churn_tasks.work.deliveries import on_record
from churn_tasks.work.known_since import known_since
from churn_tasks.work.late_search import unreadable_rows

LATE_ROWS = pa.schema(
    {
        "late_month": pa.date32(),
        "table_name": pa.string(),
        "late_rows": pa.int64(),
        "new_rows": pa.int64(),
        "known_from": pa.date32(),
        "known_to": pa.date32(),
    }
)


def write_late_rows(run: MonthRun, months: list[Month]) -> int:
    """Write ``late_rows`` of the month: a row for each table of an earlier month that has late rows.

    The rows lie in the lake by now: they were taken in by this run, or came before anybody could know them.
    """
    lines = []
    for month in months:
        restated = MonthRun(run.settings, month, run.window.known_until)
        delivered = on_record(run, month, restated.lake)
        for name in delivered.keys() & run.registry.raw.keys():
            since = known_since(run, month, name)
            latest = delivered[name].known_up_to
            if not restated.lake.has(f"raw_{name}", month):
                continue
            if latest is None or latest >= since or _came_now(restated, name):
                lines.append(_line(run, restated, name, since))
    late = [line for line in lines if line["late_rows"]]
    return run.engine.write(
        "late_rows", run.month, pa.Table.from_pylist(late, LATE_ROWS)
    )


def _came_now(restated: MonthRun, name: str) -> bool:
    """Whether this run took something in."""
    day = restated.window.known_until
    return restated.lake.has_version(f"raw_{name}", restated.month, day)


def _line(run: MonthRun, restated: MonthRun, name: str, since: date) -> dict[str, Any]:
    """The line of one table, be it of no row."""
    raw, month = f"raw_{name}", restated.month
    files = restated.lake.files(raw, month)
    days = known_days(run, name, rows_as_delivered(files, month))
    counted = composed("extraction", "late_rows_counted", days=days)
    found = run.engine.row(counted, {"since": since})
    unreadable = 0
    if found["unreadable_rows"] and _came_now(restated, name):
        before = restated.lake.before().files(raw, month)
        known = unreadable_rows(run, name, month, before)
        unreadable = max(found["unreadable_rows"] - known, 0)
    return {
        "late_month": month.start,
        "table_name": name,
        "late_rows": found["late_rows"] + unreadable,
        "new_rows": found["new_rows"] + unreadable,
        "known_from": found["known_from"],
        "known_to": found["known_to"],
    }
