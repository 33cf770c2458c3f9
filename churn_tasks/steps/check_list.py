"""out_warning_list judged by Great Expectations before it may be published."""

from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.gate import judge, stop_on_failures
from churn_tasks.checks.measures import list_suite
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged
from churn_tasks.warning.grain import lines_of_persons, places


def run(run: MonthRun) -> StepReport:
    """Hold the list of the month against its bounds."""
    if not run.lake.has("out_warning_list", run.month):
        return skipped(
            "check_list", run, "there is no list: no model has been promoted yet"
        )
    if not run.has_news(["out_warning_list"], [run.month]):
        return unchanged("check_list", run)
    report = StepReport("check_list", str(run.month))
    expected = places(
        lines_of_persons(run.engine, run.window.parameters()), run.settings.warning_list
    )
    suites = [list_suite(run.registry.tables["out_warning_list"], expected)]
    site = Site(run.settings.data_docs_dir, run.edition, "list")
    verdict = judge(suites, run.measured(suites), site)
    report.facts = {"evaluated": verdict.evaluated, "failed": len(verdict.failures)}
    stop_on_failures(verdict, site)
    return report
