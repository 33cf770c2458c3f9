"""Which earlier months the run of a month restates, and what is undone when one of them is refused.

A run restates under the date of its own ``known_until``. Its processes share nothing but the lake: a month is being
restated when a table has a version of that date.
"""

import logging
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import ChurnError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.declared.composer import composed
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import searched_months
from churn_tasks.runner.protocol import undo
from churn_tasks.walks.graph import (
    all_steps,
    delivering_task,
    restated_steps,
    step_named,
)
from churn_tasks.walks.tasks import Task

log = logging.getLogger("churn")


def searching_runs(run: MonthRun) -> list[MonthRun]:
    """The earlier months that a run searches for late rows."""
    day = run.window.known_until
    return [
        MonthRun(run.settings, month, day, only_late=True)
        for month in searched_months(run)
    ]


def forget(run: MonthRun) -> None:
    """Remove what an earlier try of a run restated.

    What it took in stays until the source has been asked again: files may have been put away since.
    """
    taken_in = step_named("extract").tables(run.registry)
    kept = [(table, month) for table in taken_in for month in searched_months(run)]
    run.lake.discard_all(run.window.known_until, kept)
    run.lake.remove("refusal", run.month)


def late_runs(settings: Settings, month: Month) -> list[MonthRun]:
    """The months for which the step ``late`` found rows and that were not refused since, with their tables."""
    day = settings.calendar.window(month).known_until
    rows = _rows(settings, month, ("late_rows", "refusal"))
    tables: dict[Month, list[str]] = {}
    for late in rows["late_rows"]:
        tables.setdefault(Month.of(late["late_month"]), []).append(late["table_name"])
    for refusal in rows["refusal"]:
        if refusal["task"] == delivering_task().name:
            tables.pop(Month.of(refusal["refused_month"]), None)
    return [
        MonthRun(settings, late, day, tuple(names), only_late=True)
        for late, names in sorted(tables.items())
    ]


def _rows(
    settings: Settings, month: Month, tables: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """What the month's own run has written down; nothing where it has not yet."""
    import pyarrow.parquet as pq

    lake = Lake(settings.lake_dir)
    paths = {table: lake.path(table, month) for table in tables}
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in tables}
    for table, path in paths.items():
        if path.is_file():
            rows[table] = pq.read_table(path, partitioning=None).to_pylist()
    return rows


def dependent_runs(settings: Settings, month: Month) -> list[MonthRun]:
    """Every month from the earliest that has a version of this run up to the month before.

    Their steps find out whether anything that they read has changed. A table that is written under an earlier month
    than that of its run (a label) says nothing of which month was restated.
    """
    day = settings.calendar.window(month).known_until
    restated = Lake(settings.lake_dir).restated_at(day)
    with closing(MonthRun(settings, month)) as run:
        elsewhere = tables_under_other_months(run) if restated else set()
    changed = [late for table, late in restated if table not in elsewhere]
    earliest = min(changed, default=month)
    return [
        MonthRun(settings, each, day, only_late=True)
        for each in months_between(earliest, month)
    ]


def tables_under_other_months(run: MonthRun) -> set[str]:
    """Tables whose partition is not that of the run that makes it."""
    names: set[str] = set()
    for step in all_steps():
        if step.partition(run) != run.month:
            names.update(step.tables(run.registry))
    return names


def refuse(month: Month, run: MonthRun, task: Task, error: ChurnError) -> None:
    """Undo what a task made of a restated month, and write down why, in the run of ``month``.

    The month's other versions stay: what its later tasks read is what it was before.
    """
    import pyarrow as pa

    undo_task(run, task)
    reason = masked(str(error))
    log.error("%s: the restatement of %s is refused: %s", month, run.month, reason)
    row = {"refused_month": run.month.start, "task": task.name, "reason": reason}
    with closing(MonthRun(run.settings, month)) as own:
        own.engine.view("refusal")
        added = composed("restatement", "refusals_added")
        asked = {
            "month": month.start,
            "refused_month": run.month.start,
            "task": task.name,
        }
        with own.engine.registered("new_refusal", pa.Table.from_pylist([row])):
            own.engine.write("refusal", month, added, asked)


def undo_task(run: MonthRun, task: Task) -> None:
    """Remove the versions of this restatement that a task's steps made of its month."""
    for name in restated_steps(task.steps):
        undo(step_named(name), run)
