"""The month as a list: steps in order, and the tasks (one process each) that group them.

Airflow and the command line both read this list, so neither knows a step that the other lacks. Importing this module
is cheap; a step's module, with whatever heavy package it needs, is imported when the step runs.
"""

import importlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings

if TYPE_CHECKING:
    from churn_tasks.steps.month_run import MonthRun, StepReport

log = logging.getLogger("churn")


@dataclass(frozen=True)
class Task:
    """Steps that share a process, because starting one costs more than most steps do.

    Attributes:
        after: tasks that must have succeeded before.
        minutes: time limit; a task that takes longer is stopped and tried again.
    """

    name: str
    steps: tuple[str, ...]
    after: tuple[str, ...] = ()
    minutes: int = 60


TASKS = (
    Task("extract", ("extract",)),
    Task("integrate", ("check_raw", "integrate", "summarise"), after=("extract",)),
    Task("features", ("features", "check_features"), after=("integrate",)),
    Task("model", ("labels", "train", "promote"), after=("integrate",), minutes=120),
    Task("warn", ("score", "warn", "check_list"), after=("features", "model")),
    Task("publish", ("publish",), after=("warn",), minutes=30),
    Task("report", ("report",), after=("publish",), minutes=30),
)
STEPS = tuple(step for task in TASKS for step in task.steps)


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        BadInput: there is none, with the names that there are.
    """
    for task in TASKS:
        if task.name == name:
            return task
    raise BadInput(f"there is no task {name!r}; there are {', '.join(task.name for task in TASKS)}")


def run_step(name: str, settings: Settings, month: Month) -> "StepReport":
    """Run one step for one month and log how it went.

    Raises:
        BadInput: there is no such step, with the names that there are.
        ChurnError: what the step raised; its class says what to do next.
    """
    if name not in STEPS:
        raise BadInput(f"there is no step {name!r}; there are {', '.join(STEPS)}")
    with _opened(settings, month) as run:
        return _logged(name, run)


def run_task(name: str, settings: Settings, month: Month) -> Iterator["StepReport"]:
    """Run the steps of one task in order, on the same opened month; yields each report as it is ready."""
    task = task_named(name)
    with _opened(settings, month) as run:
        for step in task.steps:
            yield _logged(step, run)


@contextmanager
def _opened(settings: Settings, month: Month) -> Iterator["MonthRun"]:
    from churn_tasks.steps.month_run import MonthRun

    run = MonthRun(settings, month)
    try:
        yield run
    finally:
        run.close()


def _logged(name: str, run: "MonthRun") -> "StepReport":
    log.info("%s %s begins (profile %s)", name, run.month, run.settings.profile)
    started = time.monotonic()
    try:
        report = importlib.import_module(f"churn_tasks.steps.{name}").run(run)
    except Exception as error:
        log.error("%s %s failed after %.2fs: %s", name, run.month, time.monotonic() - started, type(error).__name__)
        raise
    report.seconds = round(time.monotonic() - started, 2)
    log.info("%s %s %s %s rows=%s %.2fs", name, run.month, report.outcome, report.reason, report.rows, report.seconds)
    return report
