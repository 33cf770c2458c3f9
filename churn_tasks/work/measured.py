"""Measures of a month's tables taken in the lake and judged against their bounds, with a page of Data Docs."""

from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.exceptions import with_stated
from churn_tasks.checks.gate import judge, stop_on_failures
from churn_tasks.checks.measures import Suite, measures_sql
from churn_tasks.core.sql_text import identifier
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Made
from churn_tasks.work.acceptances import acceptances_of


def judge_month(run: MonthRun, suites: list[Suite], stage: str) -> Made:
    """Hold tables of the month against their bounds.

    Args:
        stage: folder of the page under the month's Data Docs.

    Raises:
        CheckFailed: a bound is broken; the page shows which.
    """
    site = Site(run.settings.data_docs_dir, run.edition, stage)
    stated = [with_stated(suite, run.settings.quality) for suite in suites]
    verdict = judge(stated, measured(run, stated), site, acceptances_of(run))
    stop_on_failures(verdict, site)
    return Made(facts=verdict.facts())


def measured(run: MonthRun, suites: list[Suite]) -> dict[str, float]:
    """Every measure of the suites over this month's partitions: ``<table>.<measure>`` to its value."""
    values: dict[str, float] = {}
    for suite in suites:
        run.engine.view(suite.table)
        month = f"month = DATE '{run.month.start}'"
        relation = f"(SELECT * FROM {identifier(suite.table)} WHERE {month})"
        values.update(run.engine.row(measures_sql(suite, relation)))
    return values
