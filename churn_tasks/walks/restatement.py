"""Which earlier months the run of a month restates, and what is undone when one of them is refused.

A run restates under the date of its own ``known_until``. Its processes share nothing but the lake: a month is being
restated when a table has a version of that date.
"""

import logging
from typing import Any

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import ChurnError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun

log = logging.getLogger("churn")

DELIVERING = "integrate"  # the task that takes late rows in
KEPT = ("label", "late_rows", "refusal")  # not made by the task that integrates


def late_runs(settings: Settings, month: Month) -> list[MonthRun]:
    """The months for which the step ``late`` found rows and that were not refused since, with their tables."""
    tables: dict[Month, list[str]] = {}
    for row in _rows(settings, month, "late_rows"):
        tables.setdefault(Month.of(row["late_month"]), []).append(row["table_name"])
    refused = {
        Month.of(row["refused_month"])
        for row in _rows(settings, month, "refusal")
        if row["task"] == DELIVERING
    }
    day = settings.calendar.window(month).known_until
    return [
        MonthRun(settings, late, day, tuple(tables[late]))
        for late in sorted(tables.keys() - refused)
    ]


def dependent_runs(settings: Settings, month: Month) -> list[MonthRun]:
    """Every month from the earliest that has a version of this run up to the month before; its steps find out
    whether anything that they read has changed. A label lies under an earlier month than the run that makes it."""
    day = settings.calendar.window(month).known_until
    changed = [
        late
        for table, late in Lake(settings.lake_dir).restated_at(day)
        if table != "label"
    ]
    return [
        MonthRun(settings, each, day)
        for each in months_between(min(changed, default=month), month)
    ]


def refuse(
    settings: Settings, month: Month, run: MonthRun, task: str, error: ChurnError
) -> None:
    """Undo what a task made of a restated month, and write down why, in the run of ``month``.

    The month's other versions stay: what its later tasks read is what it was before.
    """
    import pyarrow as pa

    undo(run, task)
    log.error(
        "%s: the restatement of %s is refused: %s", month, run.month, masked(str(error))
    )
    own = MonthRun(settings, month)
    try:
        new = {
            "refused_month": run.month.start,
            "task": task,
            "reason": masked(str(error)),
        }
        own.engine.view("refusal")
        kept = "SELECT * EXCLUDE (month) FROM refusal WHERE month = $month AND (refused_month, task) <> ($late, $task)"
        with own.engine.registered("new_refusal", pa.Table.from_pylist([new])):
            sql = f"{kept} UNION ALL BY NAME SELECT * FROM new_refusal"
            own.engine.write(
                "refusal",
                month,
                sql,
                {"month": month.start, "late": run.month.start, "task": task},
            )
    finally:
        own.close()


def undo(run: MonthRun, task: str) -> None:
    """Remove the versions of this restatement that a task made of its month."""
    for table, month in (
        run.lake.restated_at(run.window.known_until) if run.restated_until else ()
    ):
        if month == run.month and _made_by(task, table):
            run.lake.discard(table, month, run.window.known_until)


def _rows(settings: Settings, month: Month, table: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    path = Lake(settings.lake_dir).path(table, month)
    return (
        list(pq.read_table(path, partitioning=None).to_pylist())
        if path.is_file()
        else []
    )


def _made_by(task: str, table: str) -> bool:
    """Whether a table of the restated month is made by the task; ``integrate`` restates from the raw tables on."""
    features = table == "cohort" or table.startswith("feat_")
    scores = table.startswith(("score_", "out_"))
    made = {
        "features": features,
        "warn": scores,
        DELIVERING: not (features or scores or table in KEPT),
    }
    return made.get(task, False)
