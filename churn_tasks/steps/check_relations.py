"""Step ``check_relations``: this month beside the one before, and labels beside earlier ones, before a model learns.

A restated month is not judged again: its rows are (``check_raw``), and labels serve nothing that is restated before
the scores.
"""

from churn_tasks.runner.conditions import has_customers
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import (
    label_month,
    month_before,
    month_before_last,
    months_before,
)
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.relations import judge_relations


@step(
    reads=(
        Read("month_activity", needed=True),
        Read("month_activity", month_before),
        Read("month_profile"),
        Read("month_profile", month_before),
        Read("month_profile", month_before_last),
        Read("month_profile", label_month),
        Read("customer_line", needed=has_customers),
        Read("month_billing"),
        Read("clean_*"),
        Read("label", label_month),
        Read("relation", months_before),
    ),
    writes=("relation",),
    restated="never",
)
def check_relations(run: MonthRun) -> Made:
    """Who is seen again, whom the summary lost, who is active though closed, and how many of the labelled left.

    Raises:
        CheckFailed: a bound is broken, or an earlier month's still is.
    """
    return judge_relations(run)
