"""Step ``publish``: the month's list goes to the warehouse, is audited there, and the month points to it."""

from churn_tasks.adapters.warehouse import COLUMNS, ListOutcome, run_id_of
from churn_tasks.report.outcome import list_outcomes
from churn_tasks.steps.month_run import MonthRun, StepReport, skipped


def run(run: MonthRun) -> StepReport:
    """Append the list under its run id, audit it, flip the month; then add the figures whose truth came in.

    Raises:
        CheckFailed: the stored rows broke a rule; the month keeps its earlier list.
        Fenced: a later attempt at this month has begun.
    """
    if not run.lake.has("out_warning_list", run.month):
        return skipped("publish", run, "there is no list: no model is in force yet")
    report = StepReport("publish", str(run.month))
    lease = run.warehouse.take_lease(run.month)
    run_id = run_id_of(run.month, run.lake.sha256("out_warning_list", run.month))
    published = run.warehouse.publish(lease, run_id, _list_rows(run))
    report.rows["warning_list"] = published.rows
    report.facts = {"run_id": run_id, "version": published.version, "is_new": published.is_new}
    report.rows["validation"] = run.warehouse.record_validation(run.month, _validation_rows(run))
    report.rows["result"] = _record_outcomes(run)
    return report


def _list_rows(run: MonthRun) -> list[tuple[object, ...]]:
    """The list exactly as it lies in the lake, in order of rank."""
    run.engine.view("out_warning_list")
    columns = ", ".join(COLUMNS)
    return run.engine.connection.execute(
        f"SELECT {columns} FROM out_warning_list WHERE month = $month ORDER BY rank", {"month": run.month.start}
    ).fetchall()


def _validation_rows(run: MonthRun) -> list[dict[str, object]]:
    """What this run found about each candidate; nothing while no month can be tested."""
    if not run.lake.has("out_validation", run.month):
        return []
    run.engine.view("out_validation")
    sql = "SELECT * EXCLUDE (month) FROM out_validation WHERE month = $month ORDER BY candidate, tested_month"
    return run.engine.records(sql, {"month": run.month.start})


def _record_outcomes(run: MonthRun) -> int:
    """Add what earlier published lists came to, now that their truth is in; returns new rows."""
    return sum(
        run.warehouse.record_outcome(
            row.month,
            ListOutcome(
                row.customers,
                row.churners,
                row.left_in_delay,
                row.warned,
                row.warned_churners,
                row.warned_left_in_delay,
            ),
        )
        for row in list_outcomes(run.engine, run.settings.calendar, run.month)
    )
