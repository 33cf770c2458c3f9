"""Step ``late``: looks for rows of earlier months that have become known since those months were read (A7)."""

from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import months_before, searched_months
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.late_rows import write_late_rows


@step(
    reads=(
        Read("raw_*", months_before),
        Read("delivery", months_before),
        Read(
            "month_activity",  # else late rows of that month would be missed
            searched_months,
            needed=True,
            otherwise="looks for late rows of {months}, which is not integrated yet",
        ),
    ),
    writes=("late_rows", "refusal"),
    restated="never",
)
def late(run: MonthRun) -> Made:
    """Count late rows of the last ``restatement.months`` months, which the run has taken in just before."""
    if not run.settings.restatement.months:
        return Made(idle="restatement.months is 0: nobody looks for late rows")
    written = write_late_rows(run, searched_months(run))
    counts = {}
    for row in run.rows_of_month("late_rows").itertuples():
        counts[f"{row.table_name} {Month.of(row.late_month)}"] = row.late_rows
    return Made({"late_rows": written}, facts=counts)
