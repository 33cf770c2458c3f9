"""Step ``check_features``: cohort and feat_* judged by Great Expectations before any model sees them."""

from churn_tasks.checks.measures import cohort_suite, feature_suite
from churn_tasks.core.months import Month
from churn_tasks.runner.conditions import history_too_short
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import month_before
from churn_tasks.runner.protocol import is_restated
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

    Of a restated month those that it changed; the others have been judged. Where the population has changed, each of
    them has, because it has the rows of the population.

    Raises:
        CheckFailed: a bound is broken.
    """
    suites = []
    if is_restated(run, "cohort", [run.month]):
        before = _customers(run, run.month - 1)
        suites.append(cohort_suite(before, run.settings.quality.population))
    customers = run.lake.rows("cohort", run.month)
    for query in run.registry.queries["features"]:
        if is_restated(run, query.output.table, [run.month]):
            suites.append(feature_suite(query.output, customers))
    return judge_month(run, suites, "features")


def _customers(run: MonthRun, month: Month) -> int | None:
    """How many the population had in a month; None where it was not told."""
    return run.lake.rows("cohort", month) if run.lake.has("cohort", month) else None
