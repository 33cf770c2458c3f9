"""cohort and feat_* judged by Great Expectations before any model sees them."""

from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.gate import judge, stop_on_failures
from churn_tasks.checks.measures import cohort_suite, feature_suite
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged


def run(run: MonthRun) -> StepReport:
    """Hold the population and every feature table of the month against their bounds."""
    if not run.settings.calendar.has_features(run.month):
        return skipped(
            "check_features", run, "history is shorter than the observe window"
        )
    queries = run.registry.queries["features"]
    if not run.has_news(
        ["cohort", *(query.output.table for query in queries)], [run.month]
    ):
        return unchanged("check_features", run)
    report = StepReport("check_features", str(run.month))
    run.require("cohort", [run.month], "features")
    before = (
        run.lake.rows("cohort", run.month - 1)
        if run.lake.has("cohort", run.month - 1)
        else None
    )
    customers = run.lake.rows("cohort", run.month)
    suites = [
        cohort_suite(before),
        *(feature_suite(query.output, customers) for query in queries),
    ]
    site = Site(run.settings.data_docs_dir, run.edition, "features")
    verdict = judge(suites, run.measured(suites), site)
    report.facts = {"evaluated": verdict.evaluated, "failed": len(verdict.failures)}
    stop_on_failures(verdict, site)
    return report
