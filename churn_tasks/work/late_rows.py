"""Rows of earlier months that have become known since those months were read."""

from datetime import date

from churn_tasks.core.months import Month
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Relation, Value, union_all
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.deliveries import on_record
from churn_tasks.work.known_since import known_since

NONE = (
    "SELECT NULL AS late_month, NULL AS table_name, 0 AS late_rows,"
    " NULL AS known_from, NULL AS known_to WHERE false"
)


def write_late_rows(run: MonthRun, months: list[Month]) -> int:
    """Write ``late_rows`` of the month: a row for each table of an earlier month that has late rows.

    The rows lie in the lake by now: they were taken in by this run, or came before anybody could know them.
    """
    counted = [NONE]
    for month in months:
        restated = MonthRun(run.settings, month, run.window.known_until)
        delivered = on_record(run, month, restated.lake)
        for name in delivered.keys() & run.registry.raw.keys():
            since = known_since(run, month, name)
            latest = delivered[name].known_up_to
            if latest is None or latest >= since:
                raw = run.engine.rows_of(f"raw_{name}", month, restated.lake)
                counted.append(_counted_sql(month, name, raw, since))
    return run.engine.write("late_rows", run.month, union_all(counted))


def _counted_sql(month: Month, name: str, raw: str, since: date) -> str:
    return composed(
        "extraction",
        "late_rows_counted",
        late_month=Value(str(month.start)),
        table_name=Value(name),
        raw=Relation(raw),
        since=Value(str(since)),
    )
