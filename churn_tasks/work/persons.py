"""The persons of a month: their numbers, their lines, and one integrated record of each."""

import pyarrow as pa

from churn_tasks.integrate.matching import lines, persons, survivorship
from churn_tasks.integrate.matching.clusters import Groups
from churn_tasks.integrate.matching.plan import load_plan
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Made
from churn_tasks.work.line_pairs import make_table

COMPARES_NAMES = "compares names"


def compares_names(run: MonthRun) -> bool:
    """Whether the profile delivers what the matching plan cannot do without; asked of every table, answered once."""
    if COMPARES_NAMES not in run.shared:
        run.shared[COMPARES_NAMES] = _delivers_names(run)
    return bool(run.shared[COMPARES_NAMES])


def _delivers_names(run: MonthRun) -> bool:
    contract = run.registry.raw.get("customer")
    if contract is None:
        return False
    plan = load_plan(run.settings)
    there = contract.column_names
    return all(plan.columns[name].is_delivered(there) for name in plan.required)


def name_persons(run: MonthRun, groups: Groups) -> None:
    """Make ``match_persons``: the lines that are not simply a person of their own."""
    before = {"before": (run.month - 1).start}
    rows = run.engine.connection.execute(lines.persons_before_sql(), before).fetchall()
    earlier = dict(rows)
    together = {
        groups.of(line): groups.members(line) for line in {*groups.lines, *earlier}
    }
    given = persons.person_ids(together.values(), earlier)
    named = pa.table(
        {
            "customer_id": pa.array(given.keys(), pa.string()),
            "person_id": pa.array(given.values(), pa.string()),
        }
    )
    with run.engine.registered("named_rows", named):
        make_table(run, "match_persons", "SELECT * FROM named_rows")


def write_persons(run: MonthRun) -> dict[str, int]:
    """``customer_line`` first; ``customer`` and ``customer_source`` from it and the records of the month."""
    rotation = {"rotation_days": run.settings.definition.rotation_days}
    lines_of_month = lines.customer_line_sql()
    rows = {
        "customer_line": run.engine.write(
            "customer_line", run.month, lines_of_month, rotation
        )
    }
    run.engine.view("customer_line")
    columns = run.registry.raw["customer"].column_names
    rules = survivorship.load_rules(run.settings, columns)
    make_table(run, "survivor_lines", survivorship.records_of_persons_sql())
    make_table(run, "survivor_counts", survivorship.line_counts_sql())
    chosen = survivorship.chosen_sql(rules, "survivor_lines")
    make_table(run, "survivor_values", chosen)
    spec = run.registry.tables["customer"]
    customers = survivorship.customer_sql(
        spec, rules, "survivor_values", "survivor_counts"
    )
    rows["customer"] = run.engine.write("customer", run.month, customers)
    sources = survivorship.source_sql("survivor_values", "customer")
    rows["customer_source"] = run.engine.write("customer_source", run.month, sources)
    return rows


def every_line_a_person(run: MonthRun) -> Made:
    """Without names nothing can be compared: each customer number of any clean table is a person of its own."""
    tables = [
        f"clean_{name}"
        for name, table in run.registry.raw.items()
        if "customer_id" in table.column_names
    ]
    note = "no names to compare: every line is a person of its own"
    if not tables:
        return Made(note=note)
    run.engine.views(*tables)
    month = {"month": run.month.start}
    written = run.engine.write(
        "customer_line", run.month, lines.lines_alone_sql(tables), month
    )
    return Made({"customer_line": written}, note=note)
