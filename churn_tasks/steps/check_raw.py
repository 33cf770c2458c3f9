"""raw_* judged by Great Expectations: a bad month stops here, before anything is built on it."""

from dataclasses import replace

from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.gate import Failure, judge, stop_on_failures
from churn_tasks.checks.measures import Suite, measured_rules, raw_suite
from churn_tasks.steps.month_run import MonthRun, StepReport


def run(run: MonthRun) -> StepReport:
    """Measure every raw table where it lies and stop the month when a bound is broken."""
    report = StepReport("check_raw", str(run.month))
    run.require_all([f"raw_{name}" for name in run.registry.raw], [run.month], "extract")
    suites = [_suite(run, name) for name in run.registry.raw]
    figures = run.measured(suites)
    site = Site(run.settings.data_docs_dir, str(run.month), "raw")
    verdict = judge(suites, figures, site)
    verdict = replace(verdict, failures=tuple(_with_rows(run, failure) for failure in verdict.failures))
    report.facts = {"evaluated": verdict.evaluated, "failed": len(verdict.failures)}
    stop_on_failures(verdict, site)
    return report


def _suite(run: MonthRun, name: str) -> Suite:
    """The month before counts as a yardstick only once it has passed the checks and become clean."""
    before = run.month - 1
    volume = run.lake.rows(f"raw_{name}", before) if run.lake.has(f"clean_{name}", before) else None
    return raw_suite(f"raw_{name}", run.registry.raw[name], volume)


def _with_rows(run: MonthRun, failure: Failure) -> Failure:
    """The failure of a row rule with the number of rows that break it and the keys of the first five."""
    table = run.registry.raw[failure.table.removeprefix("raw_")]
    rule = measured_rules(table).get(failure.measure)
    if rule is None:
        return failure
    key = (*table.key, *table.column_names)[0]
    broken = f"FROM {failure.table} WHERE month = DATE '{run.month.start}' AND ({rule.reject_when})"
    count = run.engine.row(f"SELECT count(*) AS rows {broken}")["rows"]
    examples = run.engine.records(f'SELECT DISTINCT "{key}" AS example {broken} ORDER BY 1 LIMIT 5')
    return replace(failure, rows=count, examples=tuple(f"{key} {row['example']}" for row in examples))
