"""Step ``late``: looks for rows of earlier months that have become known since those months were read (A7)."""

from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import months_before, searched_months
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.late_rows import late_rows, write_late_rows


@step(
    reads=(
        Read("raw_*", months_before),
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
    """Count late rows of the last ``restatement.months`` months.

    What an earlier try of this run restated is forgotten first, so that this one restates what it finds itself.
    """
    run.lake.discard_all(run.window.known_until)
    run.lake.remove("refusal", run.month)
    if not run.settings.restatement.months:
        return Made(idle="restatement.months is 0: nobody looks for late rows")
    months = searched_months(run)
    rows = [row for month in months for row in late_rows(run, month)]
    written = write_late_rows(run, rows)
    counts = {f"{r['table_name']} {r['late_month']}": r["late_rows"] for r in rows}
    return Made({"late_rows": written}, facts=counts)
