"""raw_* -> clean_*: rows that break a rule go to quarantine, doubles are merged, and the books are balanced."""

from churn_tasks.checks.measures import row_rules
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.integrate.clean import ExactDoubles, judged_sql, quarantine_sql
from churn_tasks.steps.month_run import MonthRun, RowCount, StepReport


def run(run: MonthRun) -> StepReport:
    """Clean every raw table of the month and account for every row."""
    report = StepReport("integrate", str(run.month))
    names = list(run.registry.raw)
    run.require_all([f"raw_{name}" for name in names], [run.month], "extract")
    for name in names:
        _judge(run, name)
    rejected = " UNION ALL ".join(quarantine_sql(run.registry.raw[name], f"judged_{name}") for name in names)
    run.engine.write("quarantine", run.month, rejected)
    counts = [_clean(run, name) for name in names]
    run.write_counts("integrate", counts)
    report.rows = {f"clean_{count.table}": count.rows_out for count in counts}
    report.facts = {
        "quarantined": sum(count.quarantined for count in counts),
        "merged": sum(count.merged for count in counts),
    }
    return report


def _judge(run: MonthRun, name: str) -> None:
    table = run.registry.raw[name]
    run.engine.view(f"raw_{name}")
    month_rows = f"(SELECT * FROM raw_{name} WHERE month = DATE '{run.month.start}')"
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged_{name} AS {judged_sql(table, row_rules(table), month_rows)}"
    )


def _clean(run: MonthRun, name: str) -> RowCount:
    table = run.registry.raw[name]
    accepted = f"(SELECT * EXCLUDE (rule) FROM judged_{name} WHERE rule IS NULL)"
    rows_out = run.engine.write(f"clean_{name}", run.month, ExactDoubles().kept_sql(table, accepted))
    seen = run.engine.row(f"SELECT count(*) AS total, count(rule) AS quarantined FROM judged_{name}")
    kept = run.engine.row(f"SELECT count(*) - {rows_out} AS merged FROM {accepted}")
    count = RowCount(name, seen["total"], rows_out, seen["quarantined"], kept["merged"])
    delivered = run.lake.rows(f"raw_{name}", run.month)
    if delivered != count.rows_out + count.quarantined + count.merged or count.merged < 0:
        raise BadInput(
            evidence(table=f"raw_{name}", month=run.month, problem=f"{delivered} rows do not balance: {count}")
        )
    return count
