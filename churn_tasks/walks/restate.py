"""A month restated by hand: everything that depends on it is made again, as further versions beside the first.

The date of such a restatement lies after that of every run so far, so that running one of these months again gives the
same bytes as before; the months that come later read what was restated.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

from churn_tasks.adapters.kept_versions import put_back_on_failure
from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import BadInput, CheckFailed, NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import (
    delivering_task,
    restated_steps,
    run_on,
    task_of,
    tasks_after,
)
from churn_tasks.walks.restated_months import undo_task

if TYPE_CHECKING:
    from churn_tasks.runner.step import StepReport


def restate(
    settings: Settings,
    month: Month,
    *,
    known_until: date | None = None,
    extract_again: bool = True,
) -> Iterator["StepReport"]:
    """Restate a month and what depends on it; yields a report a step.

    Args:
        known_until: rows known before this day are taken in; the day after that of the latest extracted month when
            absent. Never the clock's.
        extract_again: read the source again, every table, so that rows which were corrected in place are found as
            well. Without it the raw tables are judged anew as they lie: after a rule, a mapping or a release changed.

    Raises:
        NotReady: the month has not been run yet.
        BadInput: ``known_until`` is not later than what the runs so far knew, or is the day of a month's run, or the
            month's new rows are unusable.
        CheckFailed: a check stopped the restatement of the month; everything is as it was, what an earlier
            restatement under the same day had made included. Where the check of a later month stops it, the months
            before keep what was made of them.
    """
    earliest = earliest_day(settings, month)
    day = known_until or earliest
    _refuse_days_of_runs(settings, day, earliest)
    dependents = list(months_between(month, _last_month(settings) + 1))
    lake = Lake(settings.lake_dir)
    with put_back_on_failure(lake, day, BadInput, CheckFailed, NotReady):
        yield from _steps(MonthRun(settings, month, day), own_steps(extract_again))
    for each in dependents:
        yield from _steps(MonthRun(settings, each, day), dependent_steps())


def _refuse_days_of_runs(settings: Settings, day: date, earliest: date) -> None:
    """A restatement by hand has a day of its own: that of a month's run is taken, also when the month is yet to come.

    Raises:
        BadInput: the day is one of these.
    """
    if day < earliest:
        raise BadInput(
            f"known_until {day}: the runs so far knew what was known before {earliest},"
            " and must stay as they are. Give that day or a later one."
        )
    read_then = Month.of(day) - 1  # the month whose billing closes about that day
    if settings.calendar.window(read_then).known_until == day:
        raise BadInput(
            f"known_until {day} is the day of the run of {read_then}, which restates under it. Give another day."
        )


def own_steps(extract_again: bool) -> tuple[str, ...]:
    """Steps of the restated month alone: those of the task that takes late rows in."""
    steps = restated_steps(delivering_task().steps)
    if extract_again:
        return steps
    return tuple(step for step in steps if step != "extract")


def dependent_steps() -> tuple[str, ...]:
    """Steps of the restated month and of every month after it: those of the later tasks."""
    later = tasks_after(delivering_task())
    return restated_steps(step for task in later for step in task.steps)


def earliest_day(settings: Settings, month: Month) -> date:
    """The first date under which a month can be restated by hand.

    Raises:
        NotReady: the month has not been run yet.
    """
    if not Lake(settings.lake_dir).has("month_activity", month):
        raise NotReady(
            f"{month} cannot be restated: it has not been run. Run first: churn run --month {month}"
        )
    last = settings.calendar.window(_last_month(settings))
    return last.known_until + timedelta(days=1)


def _last_month(settings: Settings) -> Month:
    """The latest month of which anything was extracted."""
    lake = Lake(settings.lake_dir)
    extracted: set[Month] = set()
    for folder in settings.lake_dir.glob("raw_*"):
        extracted.update(lake.months(folder.name))
    return max(extracted)


def _steps(run: MonthRun, steps: tuple[str, ...]) -> Iterator["StepReport"]:
    with closing(run):
        for step in steps:
            try:
                yield run_on(step, run)
            except (BadInput, CheckFailed):
                undo_task(run, task_of(step))
                raise
