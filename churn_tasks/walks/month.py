"""The month's run: a step or a task of it, and before it the same for earlier months that the run restates.

What came late of earlier months is taken in, and counted by the step ``late``; then every later step runs for the
restated months first and for the month itself after them. Which they are, each process reads from the lake: those with
versions of this run's date. A restatement that fails a check, or lacks something that it needs, is refused and leaves
its month as it was; the month itself goes on.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from churn_tasks.core.errors import BadInput, CheckFailed, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.walks.graph import (
    delivering_task,
    require_reads,
    restated_steps,
    run_on,
    step_named,
    task_of,
)
from churn_tasks.walks.places import require_places
from churn_tasks.walks.tasks import TASKS, task_named

if TYPE_CHECKING:
    from churn_tasks.runner.month_run import MonthRun
    from churn_tasks.runner.step import StepReport

LATE = "late"  # finds what there is to restate


def run_step(name: str, settings: Settings, month: Month) -> "StepReport":
    """Run one step for one month, and before it for the months that this run restates.

    Returns:
        The report of the month itself; ``restated`` among its facts says what happened to earlier months.

    Raises:
        BadInput: there is no such step, with the names that there are.
        ChurnError: what the step raised; its class says what to do next.
    """
    step_named(name)
    reports = list(_run((name,), settings, month))
    own = next(report for report in reports if report.month == str(month))
    restated = [
        f"{report.step} of {report.month} {report.outcome}"
        for report in reports
        if report is not own and report.outcome != "skipped"
    ]
    if restated:
        own.facts["restated"] = ", ".join(restated)
    return own


def run_task(name: str, settings: Settings, month: Month) -> Iterator["StepReport"]:
    """Run the steps of one task in order, restated months first; yields each report as it is ready.

    Before the first task of the month, what it needs outside its own folders is looked at (``walks/places.py``).
    """
    if name == TASKS[0].name:
        require_places(settings, month, month)
    yield from _run(task_named(name).steps, settings, month)


def _run(
    steps: tuple[str, ...], settings: Settings, month: Month
) -> Iterator["StepReport"]:
    if LATE in steps:
        yield from _taken_in(settings, month)
        yield from _steps((LATE,), settings, month)
    yield from _restated(steps, settings, month)
    own = tuple(step for step in steps if step != LATE)
    if own:
        yield from _steps(own, settings, month)


def _steps(
    steps: Iterable[str], settings: Settings, month: Month
) -> Iterator["StepReport"]:
    """Steps of the month itself, in one process."""
    from churn_tasks.runner.month_run import MonthRun

    with closing(MonthRun(settings, month)) as run:
        for step in steps:
            yield run_on(step, run)


def _taken_in(settings: Settings, month: Month) -> Iterator["StepReport"]:
    """Extract what came late of the months that are searched, before any of these months is judged.

    What an earlier try of this run made of it is forgotten first, so that this one restates what it finds itself.
    """
    from churn_tasks.runner.month_run import MonthRun
    from churn_tasks.walks.restated_months import forget, searching_runs

    with closing(MonthRun(settings, month)) as run:
        require_reads(LATE, run)
        forget(run)
        searching = searching_runs(run)
    for each in searching:
        yield from _guarded(("extract",), each, month)


def _restated(
    steps: tuple[str, ...], settings: Settings, month: Month
) -> Iterator["StepReport"]:
    """The same steps for the earlier months that the run of ``month`` restates, earliest first."""
    from churn_tasks.walks.restated_months import dependent_runs, late_runs

    again = tuple(step for step in restated_steps(steps) if step != "extract")
    if not again:
        return
    is_delivering = task_of(again[0]) == delivering_task()
    find = late_runs if is_delivering else dependent_runs
    for run in find(settings, month):
        yield from _guarded(again, run, month)


def _guarded(
    steps: tuple[str, ...], run: "MonthRun", month: Month
) -> Iterator["StepReport"]:
    """A restated month up to the first step that refuses it: then it keeps what it had, and nobody is held up."""
    from churn_tasks.runner.step import StepReport
    from churn_tasks.walks.restated_months import refuse

    with closing(run):
        for step in steps:
            try:
                yield run_on(step, run)
            except (CheckFailed, BadInput, NotReady) as error:
                refuse(month, run, task_of(step), error)
                reason = masked(str(error))
                yield StepReport(step, run.edition, outcome="refused", reason=reason)
                return
