"""Step ``summarise``: one month of clean tables, summed up to a row a customer in the ``month_*`` tables."""

from churn_tasks.core.errors import BadInput
from churn_tasks.runner.month_run import MonthRun, StepReport


def run(run: MonthRun) -> StepReport:
    """Run every active query of the family ``month`` for this month alone.

    Raises:
        NotReady: a clean table of the month is not there yet.
        BadInput: no query makes ``month_activity``, without which nobody is a customer.
    """
    report = StepReport("summarise", str(run.month))
    queries = run.registry.queries["month"]
    if "month_activity" not in {query.output.table for query in queries}:
        raise BadInput(
            f"profile {run.settings.profile}: no query under sql/month makes month_activity from its sources"
        )
    read = {
        table
        for query in queries
        for table in (*query.output.reads, *query.output.optional)
    }
    for table in sorted(
        table
        for table in read & run.registry.tables.keys()
        if table.startswith("clean_")
    ):
        run.require(table, [run.month], made_by="integrate")
    made = {
        query.output.table: run.make(query, run.month, [run.month]) for query in queries
    }
    report.rows = {table: rows for table, rows in made.items() if rows is not None}
    return report
