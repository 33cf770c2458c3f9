"""The month as a list: steps in order, and the tasks (one process each) that group them.

Airflow and the command line both read this list, so neither knows a step that the other lacks. Importing this module
is cheap; a step's module, with whatever heavy package it needs, is imported when the step runs.

Where the step ``late`` found late rows of an earlier month, every later step runs for the restated months first and
then for the month itself. Which they are, each process reads from the lake: those with versions of this run's date.
A restatement that fails a check is refused and leaves its month as it was; the month itself goes on.
"""

import importlib
import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_tasks.core.errors import BadInput, CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings

if TYPE_CHECKING:
    from churn_tasks.runner.month_run import MonthRun, StepReport

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
    Task(
        "integrate",
        ("late", "check_raw", "integrate", "match", "texts", "summarise"),
        after=("extract",),
    ),
    Task("features", ("features", "check_features"), after=("integrate",)),
    Task("model", ("labels", "train", "promote"), after=("integrate",), minutes=120),
    Task("warn", ("score", "warn", "check_list"), after=("features", "model")),
    Task("publish", ("publish",), after=("warn",), minutes=30),
    Task("report", ("report", "catalogue"), after=("publish",), minutes=30),
)
STEPS = tuple(step for task in TASKS for step in task.steps)


LATE = "late"
# What a step stands for when earlier months are restated; others stand for themselves. Nothing is trained again, and
# labels wait for the restated cohorts, which another process may be making while models are fitted.
RESTATED: dict[str, tuple[str, ...]] = {
    LATE: ("extract",),
    "extract": (),
    "labels": (),
    "train": (),
    "promote": (),
    "score": ("labels", "score"),
}


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        BadInput: there is none, with the names that there are.
    """
    for task in TASKS:
        if task.name == name:
            return task
    raise BadInput(
        f"there is no task {name!r}; there are {', '.join(task.name for task in TASKS)}"
    )


def run_step(name: str, settings: Settings, month: Month) -> "StepReport":
    """Run one step for one month, and before it for the months that this run restates; log how it went.

    Returns:
        The report of the month itself; ``restated`` among its facts says what happened to earlier months.

    Raises:
        BadInput: there is no such step, with the names that there are.
        ChurnError: what the step raised; its class says what to do next.
    """
    if name not in STEPS:
        raise BadInput(f"there is no step {name!r}; there are {', '.join(STEPS)}")
    reports = list(_run((name,), settings, month))
    own = next(report for report in reports if report.month == str(month))
    earlier = [
        f"{one.step} of {one.month} {one.outcome}" for one in reports if one is not own
    ]
    restated = ", ".join(each for each in earlier if not each.endswith("skipped"))
    own.facts |= {"restated": restated} if restated else {}
    return own


def run_task(name: str, settings: Settings, month: Month) -> Iterator["StepReport"]:
    """Run the steps of one task in order, restated months first; yields each report as it is ready."""
    yield from _run(task_named(name).steps, settings, month)


def _run(
    steps: tuple[str, ...], settings: Settings, month: Month
) -> Iterator["StepReport"]:
    if LATE in steps:  # finds what there is to restate
        with _opened(settings, month) as run:
            yield run_on(LATE, run)
    yield from _restated(steps, settings, month)
    with _opened(settings, month) as run:
        for step in steps:
            if step != LATE:
                yield run_on(step, run)


def _restated(
    steps: tuple[str, ...], settings: Settings, month: Month
) -> Iterator["StepReport"]:
    """The same steps for the earlier months that the run of ``month`` restates, earliest first."""
    from churn_tasks.walks import restatement

    if LATE in steps:
        for run in restatement.late_runs(settings, month):
            yield from _guarded(("extract",), run, month)
    chosen = tuple(step for step in restated_steps(steps) if step != "extract")
    if chosen:
        delivering = chosen[0] in task_named(restatement.DELIVERING).steps
        find = restatement.late_runs if delivering else restatement.dependent_runs
        for run in find(settings, month):
            yield from _guarded(chosen, run, month)


def _guarded(
    steps: tuple[str, ...], run: "MonthRun", month: Month
) -> Iterator["StepReport"]:
    """A restated month up to the first step whose check fails: then it keeps what it had, and nobody is held up."""
    from churn_tasks.runner.month_run import StepReport
    from churn_tasks.walks import restatement

    with closing(run):
        for step in steps:
            try:
                yield run_on(step, run)
            except (CheckFailed, BadInput) as error:
                restatement.refuse(run.settings, month, run, task_of(step), error)
                yield StepReport(
                    step, run.edition, outcome="refused", reason=masked(str(error))
                )
                return


def restated_steps(steps: tuple[str, ...]) -> tuple[str, ...]:
    """What these steps of a run do for the months that it restates."""
    return tuple(one for step in steps for one in RESTATED.get(step, (step,)))


def task_of(step: str) -> str:
    """The task in which a step of a restated month runs."""
    return next(task.name for task in TASKS if step in restated_steps(task.steps))


@contextmanager
def _opened(settings: Settings, month: Month) -> Iterator["MonthRun"]:
    from churn_tasks.runner.month_run import MonthRun

    with closing(MonthRun(settings, month)) as run:
        yield run


def run_on(name: str, run: "MonthRun") -> "StepReport":
    """Run one step on an opened month, timed and logged."""
    log.info("%s %s begins (profile %s)", name, run.edition, run.settings.profile)
    started = time.monotonic()
    try:
        report = importlib.import_module(f"churn_tasks.steps.{name}").run(run)
    except Exception as error:
        log.error(
            "%s %s failed after %.2fs: %s",
            name,
            run.edition,
            time.monotonic() - started,
            type(error).__name__,
        )
        raise
    report.month = run.edition
    report.seconds = round(time.monotonic() - started, 2)
    log.info(
        "%s %s %s %s rows=%s %.2fs",
        name,
        run.edition,
        report.outcome,
        report.reason,
        report.rows,
        report.seconds,
    )
    return report
