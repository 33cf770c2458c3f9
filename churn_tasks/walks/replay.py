"""Judging a month again from its raw rows as they lie: after a release, or a mended rule, bound or mapping."""

from collections.abc import Iterator
from contextlib import closing

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import StepReport
from churn_tasks.walks.graph import all_steps, require
from churn_tasks.walks.month import run_step
from churn_tasks.walks.restate import restate
from churn_tasks.walks.tasks import STEPS


def replay(settings: Settings, month: Month) -> Iterator[StepReport]:
    """Judge a month again and rebuild what depends on it; the source is not asked.

    A month that was accepted before is restated, so its first version and its first list stay. One that never passed
    its gate has nothing to keep: its steps simply run, from the gate on.

    Raises:
        NotReady: the month has not been extracted.
    """
    with closing(MonthRun(settings, month)) as run:
        require(run, [f"raw_{name}" for name in run.registry.raw], [month])
        was_accepted = run.lake.has("month_activity", month)
        if not was_accepted:  # frozen by a run that stopped before it judged
            for step in all_steps():
                for decision in step.decisions:
                    run.lake.remove(decision.table, month)
    if was_accepted:
        yield from restate(settings, month, extract_again=False)
        return
    for name in STEPS[STEPS.index("check_raw") :]:
        yield run_step(name, settings, month)
