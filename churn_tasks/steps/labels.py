"""Step ``labels``: the truth about the month whose predict window ends with this one."""

from churn_tasks.core.months import months_between
from churn_tasks.steps.month_run import MonthRun, StepReport, skipped, unchanged


def run(run: MonthRun) -> StepReport:
    """Label the cohort of ``calendar.label_month``: 2024-01 in the run of 2024-03 (delay 1, predict 1).

    Raises:
        NotReady: that month has no cohort yet, or a month up to the end of its predict window is not summarised.
    """
    month = run.settings.calendar.label_month(run.month)
    if not run.settings.calendar.has_features(month):
        return skipped("labels", run, f"no label is mature yet: {month} lies before the first month with a cohort")
    if run.restated_until and not run.lake.has("label", month):
        return skipped("labels", run, "the month itself has not been run yet")
    report = StepReport("labels", str(run.month), facts={"label_month": str(month)})
    run.require("cohort", [month], made_by="features")
    run.require("month_activity", list(months_between(month + 1, run.month + 1)), made_by="summarise")
    if "customer" in run.registry.raw:  # who has changed numbers instead of leaving
        run.require("customer_line", [run.month], made_by="match")
    for query in run.registry.queries["labels"]:
        rows = run.make(query, month, months_between(month, run.month + 1))
        if rows is not None:
            report.rows[query.output.table] = rows
    return report if report.rows else unchanged("labels", run)
