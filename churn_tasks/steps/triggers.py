"""Step ``triggers``: the rule triggers of the month, raised for everybody who is still a customer (G3)."""

from churn_tasks.runner.conditions import history_too_short
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import half_year_before, month_before
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.triggers import TRIGGERS, days_of_month, raise_triggers


@step(
    reads=(
        Read("cohort", needed=True),
        Read("cohort", month_before),
        Read("month_*", half_year_before),
        Read("feat_value"),  # value tiers
    ),
    writes=(TRIGGERS,),
    idle=history_too_short,
    after="cohort",
)
def triggers(run: MonthRun) -> Made:
    """Ask every event that an enabled trigger names over the month, as known at ``known_until``.

    Raises:
        SettingsError: ``triggers.yaml`` names an event or a value that cannot be.
    """
    return raise_triggers(run, days_of_month(run))
