"""Step ``labels``: the truth about the month whose predict window ends with this one."""

from churn_tasks.core.months import Month, months_between
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged


def run(run: MonthRun) -> StepReport:
    """Label the cohort of ``calendar.label_month``: 2024-01 in the run of 2024-03 (delay 1, predict 1).

    Raises:
        NotReady: that month has no cohort yet, or a month up to the end of its predict window is not summarised.
    """
    month = run.settings.calendar.label_month(run.month)
    if not run.settings.calendar.has_features(month):
        return skipped(
            "labels",
            run,
            f"no label is mature yet: {month} lies before the first month with a cohort",
        )
    if run.restated_until and not run.lake.has("label", month):
        return skipped("labels", run, "the month itself has not been run yet")
    report = StepReport("labels", str(run.month), facts={"label_month": str(month)})
    run.require("cohort", [month], made_by="features")
    if "customer" in run.registry.raw:  # who has changed numbers instead of leaving
        run.require("customer_line", [run.month], made_by="match")
    for query in run.registry.queries["labels"]:
        months = _months_read(run, query, month)
        for table in _summaries(run, query):
            run.require(
                table, [each for each in months if each != month], made_by="summarise"
            )
        rows = run.make(query, month, months)
        if rows is not None:
            report.rows[query.output.table] = rows
    return report if report.rows else unchanged("labels", run)


def _months_read(run: MonthRun, query: Query, month: Month) -> list[Month]:
    """The labelled month and those up to the end of its predict window; where the query asks for the customers' own
    past, the months of the observe window before it."""
    observed = run.settings.calendar.observed_months(month)
    first = observed[0] if "observe_start" in query.output.params else month
    return list(months_between(first, run.month + 1))


def _summaries(run: MonthRun, query: Query) -> list[str]:
    """The month tables that the label is made of."""
    read = (*query.output.reads, *query.output.optional)
    return sorted(
        table
        for table in read
        if table.startswith("month_") and table in run.registry.tables
    )
