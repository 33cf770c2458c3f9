"""Step ``features``: the cohort of the month and one ``feat_*`` partition a feature query, over the observe window."""

from churn_tasks.runner.conditions import has_customers, history_too_short
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_months
from churn_tasks.runner.protocol import make_queries
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.cohort import refuse_other_customers


@step(
    reads=(
        Read("month_*", observed_months, needed=True),
        Read("customer_line", needed=has_customers),
        Read("cohort"),
        Read("feat_*"),
    ),
    queries=("cohort", "features"),
    idle=history_too_short,
    after="cohort",
)
def features(run: MonthRun) -> Made:
    """Run the cohort query, then every active feature query.

    Raises:
        BadInput: a feature query made other rows than the cohort's.
    """
    rows = make_queries(features, run, refuse_other_customers)
    columns = len(run.registry.features)
    return Made(rows, facts={"feature_columns": columns})
