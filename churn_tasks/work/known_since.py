"""From which day on something is news for a restated month."""

from datetime import date

from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun


def known_since(run: MonthRun, month: Month, name: str) -> date:
    """The day before which the version that this run builds on knew everything (the first day that it did not know).

    Args:
        month: an earlier one that the run looks at, or the one that it restates.
        name: the source table.
    """
    first = run.settings.calendar.window(month).known_until
    dates = run.lake.restatements(f"raw_{name}", month)
    allowed = [day for day in dates if day < run.window.known_until]
    return max(allowed, default=first)
