"""A month's list on its way to the warehouse, and what earlier lists came to."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from typing import Any

from churn_tasks.adapters.warehouse import (
    COLUMNS,
    TRIGGER_COLUMNS,
    Knowledge,
    ListOutcome,
    run_id_of,
)
from churn_tasks.core.formulas import neutral_sql
from churn_tasks.core.sql_text import identifier
from churn_tasks.core.taken_out import taken_out_of
from churn_tasks.report.outcome import ListResult, list_outcomes
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import UNCHANGED, is_restated
from churn_tasks.runner.step import Made

LIST = "out_warning_list"
TRIGGERS = "out_trigger"


def publish_list(run: MonthRun) -> Made:
    """Append the list under its run id, audit it, and let the month point to it."""
    lease = run.warehouse.take_lease(run.month)
    list_id = run_id_of(run.month, run.lake.sha256(LIST, run.month))
    run_id = run.warehouse.original_run(run.month, list_id)
    known = Knowledge(
        run.window.known_until, is_restated=run.restated_until is not None
    )
    rows = list_rows(run)
    triggers = trigger_rows(run)
    gone = _taken_out(run, rows)
    published = run.warehouse.publish(lease, run_id, rows, known, gone, triggers)
    facts = {
        "run_id": run_id,
        "version": published.version,
        "is_new": published.is_new,
    }
    made = {"warning_list": published.rows, "raised_trigger": len(triggers)}
    return Made(made, facts)


def _taken_out(run: MonthRun, rows: Sequence[Sequence[Any]]) -> int:
    """Rows that were taken out of the list since it was made: no more than are on record."""
    on_record = taken_out_of(run.settings.taken_out_file, run.month).rows.get(LIST, 0)
    last_rank = max((row[0] for row in rows), default=0)
    return min(max(last_rank - len(rows), 0), on_record)


def publish_restated(run: MonthRun) -> Made:
    """A further version of the month's list, and no more: its month was judged when it was run."""
    current = run.warehouse.published(run.month, limit=1)
    if not current:
        return Made(idle="the month has not published its own list yet")
    # an earlier try's, which may have been mended since
    is_stale = current[0]["known_until"] == run.restated_until
    if not is_stale and not is_restated(run, LIST, [run.month]):
        return Made(idle=UNCHANGED)
    return publish_list(run)


def list_rows(run: MonthRun) -> list[tuple[object, ...]]:
    """The list as it lies in the lake, in order of rank; texts that a spreadsheet would run are made harmless."""
    return _rows_to_publish(run, LIST, COLUMNS, "rank")


def trigger_rows(run: MonthRun) -> list[tuple[object, ...]]:
    """The month's triggers in the same way; none where the profile has none."""
    order = 'customer_id, "trigger"'
    return _rows_to_publish(run, TRIGGERS, TRIGGER_COLUMNS, order)


def _rows_to_publish(
    run: MonthRun, table: str, columns: Sequence[str], order: str
) -> list[tuple[object, ...]]:
    run.engine.view(table)
    types = {column.name: column.type for column in run.registry.tables[table].columns}
    shown = []
    for name in columns:
        is_text = types[name] == "text"
        shown.append(neutral_sql(name) if is_text else identifier(name))
    sql = (
        f"SELECT {', '.join(shown)} FROM {identifier(table)} WHERE month = $month"
        f" ORDER BY {order}"
    )
    return run.engine.connection.execute(sql, {"month": run.month.start}).fetchall()


def validation_rows(run: MonthRun) -> list[dict[str, object]]:
    """What this run found about each candidate; nothing while no month can be tested."""
    if not run.lake.has("out_validation", run.month):
        return []
    run.engine.view("out_validation")
    sql = (
        "SELECT * EXCLUDE (month) FROM out_validation WHERE month = $month"
        " ORDER BY candidate, tested_month"
    )
    return run.engine.records(sql, {"month": run.month.start})


def record_outcomes(run: MonthRun) -> int:
    """Add what the lists that were called came to, by the truth as this run knows it; returns new rows."""
    with closing(run.as_known()) as known:
        results = list_outcomes(known.engine, run.settings, run.month)
    day = run.window.known_until
    new = [run.warehouse.record_outcome(r.month, _outcome(r), day) for r in results]
    return sum(new)


def _outcome(result: ListResult) -> ListOutcome:
    figures = {field.name: getattr(result, field.name) for field in fields(ListOutcome)}
    return ListOutcome(**figures)
