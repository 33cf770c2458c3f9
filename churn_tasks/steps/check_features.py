"""Step ``check_features``: cohort and feat_* judged by Great Expectations before any model sees them."""

from churn_tasks.checks.measures import cohort_suite, feature_suite
from churn_tasks.runner.conditions import history_too_short
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import month_before
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.measured import judge_month


@step(
    reads=(
        Read("cohort", needed=True),
        Read("feat_*"),
        Read("cohort", month_before, renews=False),  # its size, to compare with
    ),
    idle=history_too_short,
    after="cohort",
)
def check_features(run: MonthRun) -> Made:
    """Hold the population and every feature table of the month against their bounds.

    Raises:
        CheckFailed: a bound is broken.
    """
    before = None
    if run.lake.has("cohort", run.month - 1):
        before = run.lake.rows("cohort", run.month - 1)
    customers = run.lake.rows("cohort", run.month)
    tables = [query.output for query in run.registry.queries["features"]]
    suites = [feature_suite(table, customers) for table in tables]
    return judge_month(run, [cohort_suite(before), *suites], "features")
