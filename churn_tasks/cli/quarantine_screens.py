"""What people see of the rows that were set aside. Names, addresses and clear numbers never show."""

import json
from contextlib import closing
from datetime import date

from rich.table import Table

from churn_tasks.by_hand.quarantine import judged_last, quarantined, rules_of
from churn_tasks.cli.tables import table
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.row_rules import DAMAGE
from churn_tasks.runner.month_run import MonthRun

HIDDEN = "***"


def quarantine_counts(settings: Settings, month: Month | None) -> Table:
    """How many rows were set aside, by table and rule, with what the rule says; all months when none is named."""
    with closing(_of_months(settings, month)) as run:
        rows = quarantined(
            run,
            "month, table_name, rule, sum(row_count)::BIGINT AS rows, count(*) AS different",
            "($month IS NULL OR month = $month) GROUP BY ALL ORDER BY ALL",
            {"month": month and month.start},
        )
        contracts = run.registry.raw
    counts = table(
        f"Set aside in {month or 'all months'} 隔离记录",
        "month", "table", "rule", "rows", "different rows",
        folded=["why 原因"],
    )  # fmt: skip
    for row in rows:
        counts.add_row(
            str(Month.of(row["month"])),
            row["table_name"],
            row["rule"],
            f"{row['rows']:,}",
            f"{row['different']:,}",
            _meaning(contracts.get(row["table_name"]), row["rule"]),
        )
    return counts


def _meaning(contract: RawTable | None, rule_name: str) -> str:
    """What a rule says, in both languages."""
    if rule_name in DAMAGE:
        return " ".join(DAMAGE[rule_name])
    for rule in contract.every_rule if contract else ():
        if rule.name == rule_name:
            return f"{rule.en} {rule.zh}"
    return "the rule is no longer in the contract"


def quarantined_rows(
    settings: Settings, month: Month, name: str, rule: str | None, top: int
) -> Table:
    """The first rows set aside from one table: id, reason, what was delivered where the rule looks, and the row."""
    with closing(judged_last(settings, month)) as run:
        wanted = {"month": month.start, "name": name, "rule": rule, "top": top}
        condition = (
            "month = $month AND table_name = $name AND ($rule IS NULL OR rule = $rule)"
            " ORDER BY rule, row_id LIMIT $top"
        )
        columns = (
            "row_id, rule, other_rules, column_name, value_text, row_count, row_json"
        )
        rows = quarantined(run, columns, condition, wanted)
        contract = run.registry.raw.get(name)
    aside = table(
        f"{name} {month}: rows set aside 隔离记录",
        "row", "rule", "column", "value", "times",
        folded=["row as delivered (names and addresses hidden)"],
    )  # fmt: skip
    for row in rows:
        aside.add_row(
            row["row_id"],
            "\n+ ".join(rules_of(row)),
            row["column_name"] or "-",
            row["value_text"] or "-",
            str(row["row_count"]),
            without_names(row["row_json"], contract),
        )
    return aside


def released_rows(settings: Settings, month: Month) -> Table:
    """Releases of a month: who accepted which rows and why, and whether the month was judged with them."""
    with closing(judged_last(settings, month)) as run:
        in_force = []
        if settings.environment.warehouse_url:
            in_force = run.warehouse.releases(month)
        run.engine.view("quarantine_release")
        frozen = run.engine.records(
            "SELECT table_name, row_id FROM quarantine_release WHERE month = $month",
            {"month": month.start},
        )
    applied = {(row["table_name"], row["row_id"]) for row in frozen}
    screen = table(
        f"Released rows of {month} 人工放行记录",
        "table", "row", "rule", "by", "applied",
        folded=["why 理由"],
    )  # fmt: skip
    for release in in_force:
        is_applied = release.place in applied
        screen.add_row(
            *release.place,
            release.rule,
            release.decided_by,
            "yes" if is_applied else "replay applies it",
            release.why,
        )
    taken_back = applied - {release.place for release in in_force}
    for place in sorted(taken_back):
        screen.add_row(*place, "-", "-", "taken back; replay applies it", "")
    return screen


def without_names(row_json: str, contract: RawTable | None) -> str:
    """A delivered row whose clear names and addresses are hidden, with every column that no contract explains."""
    row = json.loads(row_json)
    shown = set()
    for column in contract.columns if contract else ():
        if column.pii != "direct":
            shown.add(column.name)
    for name, value in row.items():
        if name not in shown and value is not None:
            row[name] = HIDDEN
    return masked(json.dumps(row, ensure_ascii=False))


def _of_months(settings: Settings, month: Month | None) -> MonthRun:
    """One month as it was judged last, or every month."""
    if month:
        return judged_last(settings, month)
    return MonthRun(settings, settings.first_month, date.max)
