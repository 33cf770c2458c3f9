"""What people have accepted of a month."""

from collections.abc import Callable, Sequence

from churn_tasks.core.acceptance import Acceptance
from churn_tasks.runner.month_run import MonthRun


def acceptances_of(run: MonthRun) -> Callable[[], Sequence[Acceptance]]:
    """Asks the warehouse when it is called; where there is none, nothing was accepted."""

    def ask() -> Sequence[Acceptance]:
        if not run.settings.environment.warehouse_url:
            return ()
        return run.warehouse.acceptances(run.month)

    return ask
