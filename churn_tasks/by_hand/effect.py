"""What the lists of some months changed, asked by hand, with every contact that is on record."""

from contextlib import closing
from datetime import date

from churn_tasks.core.months import Month, months_through
from churn_tasks.core.settings import Settings
from churn_tasks.effect.told import Effect
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.effect import effects_known


def effects_between(settings: Settings, first: Month, last: Month) -> list[Effect]:
    """All lists together, each list, each cause.

    Args:
        first, last: months of the lists, both inclusive.

    Raises:
        BadInput: the last month lies before the first.
    """
    months = months_through(first, last)
    # the run that knows the truth of the last list
    run_month = last + settings.calendar.label_lag
    with closing(MonthRun(settings, run_month)) as run:
        return effects_known(run, date.max, months)
