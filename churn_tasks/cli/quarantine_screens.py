"""What people see of the rows that were set aside. Names, addresses and clear numbers never show."""

import json
from contextlib import closing

from rich.table import Table

from churn_tasks.by_hand.quarantine import quarantined
from churn_tasks.cli.screens import titled
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import require

HIDDEN = "***"


def quarantine_counts(settings: Settings, month: Month | None) -> Table:
    """How many rows were set aside, by table and rule, with what the rule says; all months when none is named."""
    with closing(_opened(settings, month)) as run:
        meanings = {
            (name, rule.name): rule
            for name, table in run.registry.raw.items()
            for rule in table.row_rules
        }
        condition = "($month IS NULL OR month = $month) GROUP BY ALL ORDER BY ALL"
        found = quarantined(
            run,
            "month, table_name, rule, sum(row_count)::BIGINT AS rows, count(*) AS different",
            condition,
            {"month": month and month.start},
        )
    title = f"Set aside in {month or 'all months'} 隔离记录"
    table = titled(title, "month", "table", "rule", "rows", "different rows")
    table.add_column("why 原因", overflow="fold")
    for row in found:
        meaning = meanings.get((row["table_name"], row["rule"]))
        why = (
            f"{meaning.en} {meaning.zh}"
            if meaning
            else "the rule is no longer in the contract"
        )
        counts = (f"{row['rows']:,}", f"{row['different']:,}")
        table.add_row(
            str(Month.of(row["month"])), row["table_name"], row["rule"], *counts, why
        )
    return table


def quarantined_rows(
    settings: Settings, month: Month, name: str, rule: str | None, top: int
) -> Table:
    """The first rows set aside from one table: id, reason, what was delivered where the rule looks, and the row."""
    with closing(_opened(settings, month)) as run:
        wanted = {"month": month.start, "name": name, "rule": rule, "top": top}
        condition = (
            "month = $month AND table_name = $name AND ($rule IS NULL OR rule = $rule)"
            " ORDER BY rule, row_id LIMIT $top"
        )
        columns = (
            "row_id, rule, other_rules, column_name, value_text, row_count, row_json"
        )
        found = quarantined(run, columns, condition, wanted)
        contract = run.registry.raw.get(name)
    table = titled(
        f"{name} {month}: rows set aside 隔离记录",
        "row",
        "rule",
        "column",
        "value",
        "times",
    )
    table.add_column("row as delivered (names and addresses hidden)", overflow="fold")
    for row in found:
        reason = row["rule"] + "".join(
            f"\n+ {other}" for other in (row["other_rules"] or "").split(", ") if other
        )
        evidence = (row["column_name"] or "-", row["value_text"] or "-")
        table.add_row(
            row["row_id"],
            reason,
            *evidence,
            str(row["row_count"]),
            without_names(row["row_json"], contract),
        )
    return table


def released_rows(settings: Settings, month: Month) -> Table:
    """Releases of a month: who accepted which rows and why, and whether the month was judged with them."""
    with closing(MonthRun(settings, month)) as run:
        decided = (
            run.warehouse.releases(month) if settings.environment.warehouse_url else []
        )
        run.engine.view("quarantine_release")
        frozen = run.engine.records(
            "SELECT table_name, row_id FROM quarantine_release WHERE month = $month",
            {"month": month.start},
        )
    applied = {(row["table_name"], row["row_id"]) for row in frozen}
    table = titled(
        f"Released rows of {month} 人工放行记录",
        "table",
        "row",
        "rule",
        "by",
        "applied",
    )
    table.add_column("why 理由", overflow="fold")
    for row in decided:
        state = (
            "yes" if (row.table_name, row.row_id) in applied else "replay applies it"
        )
        table.add_row(
            row.table_name, row.row_id, row.rule, row.decided_by, state, row.why
        )
    for name, row_id in sorted(
        applied - {(row.table_name, row.row_id) for row in decided}
    ):
        table.add_row(name, row_id, "-", "-", "taken back; replay applies it", "")
    return table


def without_names(row_json: str, contract: RawTable | None) -> str:
    """A delivered row whose clear names and addresses are hidden, with every column that no contract explains."""
    shown = (
        {column.name for column in contract.columns if column.pii != "direct"}
        if contract
        else set()
    )
    row = json.loads(row_json)
    safe = {
        name: value if name in shown or value is None else HIDDEN
        for name, value in row.items()
    }
    return masked(json.dumps(safe, ensure_ascii=False))


def _opened(settings: Settings, month: Month | None) -> MonthRun:
    run = MonthRun(settings, month or settings.first_month)
    if month:
        require(run, ["quarantine"], [month])
    return run
