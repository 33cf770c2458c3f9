"""Step ``features``: the cohort of the month and one ``feat_*`` partition a feature query, over the observe window."""

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged


def run(run: MonthRun) -> StepReport:
    """Run the cohort query, then every active feature query.

    Raises:
        NotReady: a month of the observe window has not been summarised.
        BadInput: a feature query made other rows than the cohort's.
    """
    if not run.settings.calendar.has_features(run.month):
        needed = run.settings.calendar.first_month + run.settings.windows.observe - 1
        return skipped(
            "features",
            run,
            f"history is too short: {needed} is the first month with a whole observe window",
        )
    if run.restated_until and not run.lake.has("cohort", run.month):
        return skipped("features", run, "the month itself has not been run yet")
    report = StepReport("features", str(run.month))
    queries = run.registry.queries["cohort"] + run.registry.queries["features"]
    read = {
        table
        for query in queries
        for table in (*query.output.reads, *query.output.optional)
    }
    observed = run.settings.calendar.observed_months(run.month)
    for table in sorted(
        table
        for table in read & run.registry.tables.keys()
        if table.startswith("month_")
    ):
        run.require(
            table,
            observed,
            made_by="texts" if table in run.registry.pipeline else "summarise",
        )
    if "customer_line" in read and "customer" in run.registry.raw:
        run.require("customer_line", [run.month], made_by="match")
    for query in queries:
        rows = run.make(query, run.month, observed)
        if rows is not None:
            report.rows[query.output.table] = rows
            _refuse_other_customers(run, query)
    if not report.rows:
        return unchanged("features", run)
    report.facts["feature_columns"] = len(run.registry.features)
    return report


def _refuse_other_customers(run: MonthRun, query: Query) -> None:
    """Every customer of the cohort once (the key is unique already) and nobody else."""
    table, month = query.output.table, run.month
    run.engine.views(table, "cohort")
    difference = run.engine.row(
        "SELECT count(*) FILTER (WHERE c.customer_id IS NULL) AS strangers,"
        " count(*) FILTER (WHERE f.customer_id IS NULL) AS missing,"
        " list(coalesce(f.customer_id, c.customer_id) ORDER BY 1)[:5] AS examples"
        f' FROM (SELECT customer_id FROM "{table}" WHERE month = $month) AS f'
        " FULL JOIN (SELECT customer_id FROM cohort WHERE month = $month) AS c ON f.customer_id = c.customer_id"
        " WHERE f.customer_id IS NULL OR c.customer_id IS NULL",
        {"month": month.start},
    )
    if difference["strangers"] or difference["missing"]:
        raise BadInput(
            evidence(
                table=table,
                month=month,
                column="customer_id",
                problem=f"{difference['missing']} of the cohort missing, {difference['strangers']} not of the cohort",
                examples=difference["examples"],
                remedy=f"{query.folder.name}/query.sql must read FROM cohort of $month and LEFT JOIN the rest.",
            )
        )
