"""Whom a restatement touches: the customers whose clean rows it changed, table by table."""

from churn_tasks.adapters.versions import replaces
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.sql_parts import (
    Condition,
    Names,
    Relation,
    Value,
    subquery,
    union,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import is_restated
from churn_tasks.runner.touched import became_known
from churn_tasks.work.known_since import known_since

NOBODY = "SELECT NULL AS table_name, NULL AS customer_id, $until AS restated_until WHERE false"


def write_touched_customers(run: MonthRun) -> int:
    """Write ``touched_customer`` of a restated month.

    Tables without a customer (the market, campaigns) have no rows here; whether they changed, the lake tells. A
    restatement that touches nobody leaves none.
    """
    touched = [NOBODY]
    for name, table in run.registry.raw.items():
        if "customer_id" in table.column_names:
            touched += _touched(run, name, table)
    until = {"until": run.restated_until}
    every = union(f"({customers})" for customers in touched)
    rows = run.engine.write("touched_customer", run.month, every, until)
    if not rows:
        run.lake.remove("touched_customer", run.month)
    return rows


def _touched(run: MonthRun, name: str, table: RawTable) -> list[str]:
    """The customers of one table: those whose rows changed, and those of whose rows more is looked at now."""
    clean = f"clean_{name}"
    if not is_restated(run, clean, [run.month]):
        return []
    now = Relation(run.engine.rows_of(clean, run.month))
    of_table = Value(name)
    since = known_since(run, run.month, name)
    known = became_known(table, since, run.window.known_until)
    newly_known = composed(
        "restatement",
        "newly_known_customers",
        table_name=of_table,
        clean=now,
        newly_known=Condition(known),
    )
    if not run.lake.has_version(clean, run.month, run.window.known_until):
        return [newly_known]
    if run.lake.part(clean, run.month):
        return [_late_customers_sql(run, name, table), newly_known]
    changed = composed(
        "restatement",
        "changed_customers",
        table_name=of_table,
        differing=_differing(run, clean),
    )
    return [changed, newly_known]


def _differing(run: MonthRun, clean: str) -> Relation:
    """The customers of whom a clean table says something else than in the version before."""
    customers = composed(
        "restatement",
        "differing_customers",
        columns=Names(tuple(run.registry.tables[clean].column_names)),
        now=Relation(run.engine.rows_of(clean, run.month)),
        before=Relation(run.engine.rows_of(clean, run.month, run.lake.before())),
    )
    return subquery(customers)


def _late_customers_sql(run: MonthRun, name: str, table: RawTable) -> str:
    """The customers of rows that came late, and of those that these have replaced."""
    clean = f"clean_{name}"
    parts = run.lake.part(clean, run.month)
    replacing = [path for path in parts if replaces(path)]
    before = run.engine.rows_of(clean, run.month, run.lake.before())
    return composed(
        "restatement",
        "late_customers",
        table_name=Value(name),
        late=Relation(run.engine.rows_of_files(clean, parts)),
        replacing=Relation(run.engine.rows_of_files(clean, replacing)),
        before=Relation(before),
        key=Names(table.key),
    )
