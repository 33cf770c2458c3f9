"""Step ``publish``: the month's list goes to the warehouse, is audited there, and the month points to it."""

from contextlib import closing

from churn_tasks.adapters.warehouse import COLUMNS, Knowledge, ListOutcome, run_id_of
from churn_tasks.report.outcome import ListResult, list_outcomes
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged


def run(run: MonthRun) -> StepReport:
    """Append the list under its run id, audit it, flip the month; then add the figures whose truth came in.

    A restated list is a further version of its month, and no more: its month was judged when it was run.

    Raises:
        CheckFailed: the stored rows broke a rule; the month keeps its earlier list.
        Fenced: a later attempt at this month has begun.
    """
    if not run.lake.has("out_warning_list", run.month):
        return skipped("publish", run, "there is no list: no model is in force yet")
    if run.restated_until:
        current = run.warehouse.published(run.month, limit=1)
        if not current:
            return skipped(
                "publish", run, "the month has not published its own list yet"
            )
        is_stale = (
            current[0]["known_until"] == run.restated_until
        )  # an earlier try's, which may have been mended
        if not is_stale and not run.has_news(["out_warning_list"], [run.month]):
            return unchanged("publish", run)
    report = StepReport("publish", str(run.month))
    lease = run.warehouse.take_lease(run.month)
    run_id = run_id_of(run.month, run.lake.sha256("out_warning_list", run.month))
    published = run.warehouse.publish(lease, run_id, _list_rows(run), _knowledge(run))
    report.rows["warning_list"] = published.rows
    report.facts = {
        "run_id": run_id,
        "version": published.version,
        "is_new": published.is_new,
    }
    if run.restated_until:
        return report
    report.rows["validation"] = run.warehouse.record_validation(
        run.month, _validation_rows(run)
    )
    report.rows["result"] = _record_outcomes(run)
    return report


def _knowledge(run: MonthRun) -> Knowledge:
    return Knowledge(run.window.known_until, is_restated=run.restated_until is not None)


def _list_rows(run: MonthRun) -> list[tuple[object, ...]]:
    """The list exactly as it lies in the lake, in order of rank."""
    run.engine.view("out_warning_list")
    columns = ", ".join(COLUMNS)
    return run.engine.connection.execute(
        f"SELECT {columns} FROM out_warning_list WHERE month = $month ORDER BY rank",
        {"month": run.month.start},
    ).fetchall()


def _validation_rows(run: MonthRun) -> list[dict[str, object]]:
    """What this run found about each candidate; nothing while no month can be tested."""
    if not run.lake.has("out_validation", run.month):
        return []
    run.engine.view("out_validation")
    sql = "SELECT * EXCLUDE (month) FROM out_validation WHERE month = $month ORDER BY candidate, tested_month"
    return run.engine.records(sql, {"month": run.month.start})


def _record_outcomes(run: MonthRun) -> int:
    """Add what the lists that were called came to, by the truth as this run knows it; returns new rows."""
    with closing(run.as_known()) as known:
        results = list_outcomes(known.engine, run.settings.calendar, run.month)
    return sum(
        run.warehouse.record_outcome(row.month, _outcome(row), run.window.known_until)
        for row in results
    )


def _outcome(row: ListResult) -> ListOutcome:
    return ListOutcome(
        row.customers,
        row.churners,
        row.left_in_delay,
        row.warned,
        row.warned_churners,
        row.warned_left_in_delay,
    )
