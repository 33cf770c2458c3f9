"""Step ``labels``: the truth about the month whose label this one makes known."""

from churn_tasks.runner.conditions import has_customers, no_label_mature
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import (
    history_of_labelled,
    label_lag,
    label_month,
    past_of_labelled,
    until_known,
)
from churn_tasks.runner.protocol import make_queries
from churn_tasks.runner.step import Made, Read, step


@step(
    reads=(
        Read("cohort", label_month, needed=True),
        Read("customer_line", needed=has_customers),  # who has changed numbers
        Read("month_*", past_of_labelled, needed=True),
        Read("month_*", history_of_labelled),
        Read("month_*", label_month),
        Read("month_*", until_known, needed=True),
    ),
    queries=("labels",),
    idle=no_label_mature,
    after="label",
    lag=label_lag,
)
def labels(run: MonthRun) -> Made:
    """Label the cohort of ``calendar.label_month``: that of 2024-03 in the run of 2024-06 (see core/windows.py)."""
    (month,) = label_month(run)
    return Made(
        make_queries(labels, run, whole=True), facts={"label_month": str(month)}
    )
