"""out_warning_list judged by Great Expectations before it may be published."""

from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.gate import judge, stop_on_failures
from churn_tasks.checks.measures import list_suite
from churn_tasks.steps.month_run import MonthRun, StepReport, skipped
from churn_tasks.warning.capacity import list_size


def run(run: MonthRun) -> StepReport:
    """Hold the list of the month against its bounds."""
    if not run.lake.has("out_warning_list", run.month):
        return skipped("check_list", run, "there is no list: no model has been promoted yet")
    report = StepReport("check_list", str(run.month))
    expected = list_size(run.settings.warning_list, run.lake.rows("cohort", run.month))
    suites = [list_suite(run.registry.tables["out_warning_list"], expected)]
    site = Site(run.settings.data_docs_dir, str(run.month), "list")
    verdict = judge(suites, run.measured(suites), site)
    report.facts = {"evaluated": verdict.evaluated, "failed": len(verdict.failures)}
    stop_on_failures(verdict, site)
    return report
