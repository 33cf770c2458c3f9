"""Tables for a terminal: the head of a warning list, and what lists and models were worth. Masked views only."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from rich.table import Table

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.checks.measures import row_rules
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.steps.month_run import MonthRun

# of bi_validation, in the order shown
MEASURES = ("customers", "churners", "warned", "warned_churners", "precision", "coverage", "auc", "average_precision")


def list_screen(settings: Settings, month: Month, top: int) -> Table:
    """The first ``top`` rows of the list published for a month, most urgent first."""
    with closing(Warehouse(settings)) as warehouse:
        rows = warehouse.published(month, top)
    if not rows:
        return _table("", f"No warning list is published for {month}")
    made_by = f"{rows[0]['model_name']} version {rows[0]['model_version']}, run {rows[0]['run_id']}"
    table = _table(
        f"Warning list {month} 预警清单 ({made_by})",
        "#", "phone", f"ARPU {settings.currency}", "region", "group", "score", "priority", "level",
    )  # fmt: skip
    table.add_column("first reason, and what to do", ratio=1)
    for row in rows:
        table.add_row(
            str(row["rank"]), row["phone_masked"] or "-", f"{row['arpu_cny']:.2f}", row["region_code"] or "-",
            row["customer_group"] or "-", f"{row['churn_score']:.3f}", f"{row['action_priority']:.2f}", row["level"],
            f"{(row['reason_1_en'] or '').partition(' (')[0]}\n> {row['strategy_en'] or ''}",
        )  # fmt: skip
    return table


def validation_screens(settings: Settings) -> list[Table]:
    """The result table of the lists whose truth is in (F2), and every candidate on the month it was judged on."""
    with closing(Warehouse(settings)) as warehouse:
        results = warehouse.read("SELECT * FROM bi_result ORDER BY month")
        judged = warehouse.read("SELECT * FROM bi_validation ORDER BY month, candidate")
    return [_result_table(results), _validation_table(judged)]


def quarantine_counts(settings: Settings, month: Month) -> Table:
    """How many rows of a month were set aside, by table and rule, with what the rule says."""
    with closing(MonthRun(settings, month)) as run:
        run.require("quarantine", [month], made_by="integrate")
        meanings = {(name, rule.name): rule for name, table in run.registry.raw.items() for rule in row_rules(table)}
        found = _quarantined(run, "table_name, rule, sum(row_count)::BIGINT AS rows", "GROUP BY ALL ORDER BY ALL")
    table = _table(f"Set aside in {month} 隔离记录", "table", "rule", "rows")
    table.add_column("why 原因", overflow="fold")
    for row in found:
        meaning = meanings.get((row["table_name"], row["rule"]))
        why = f"{meaning.en} {meaning.zh}" if meaning else "the rule is no longer in the contract"
        table.add_row(row["table_name"], row["rule"], f"{row['rows']:,}", why)
    return table


def quarantined_rows(settings: Settings, month: Month, name: str, rule: str | None, top: int) -> Table:
    """The first rows set aside from one table, as they were delivered."""
    with closing(MonthRun(settings, month)) as run:
        run.require("quarantine", [month], made_by="integrate")
        wanted = {"name": name, "rule": rule, "top": top}
        condition = "AND table_name = $name AND ($rule IS NULL OR rule = $rule) ORDER BY rule, row_json LIMIT $top"
        found = _quarantined(run, "rule, row_count, row_json", condition, wanted)
    table = _table(f"{name} {month}: rows set aside 隔离记录", "rule", "times")
    table.add_column("row as delivered", overflow="fold")
    for row in found:
        table.add_row(row["rule"], str(row["row_count"]), row["row_json"])
    return table


def _quarantined(
    run: MonthRun, columns: str, rest: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    run.engine.view("quarantine")
    sql = f"SELECT {columns} FROM quarantine WHERE month = $month {rest}"
    return run.engine.records(sql, {"month": run.month.start, **(parameters or {})})


def _result_table(rows: Sequence[dict[str, Any]]) -> Table:
    if not rows:
        return _table("", "The truth of no published list is in yet 尚无清单到期检验")
    table = _table(
        "Published lists against the truth 清单效果：准确度 precision、覆盖率 coverage",
        "month", "customers", "churners", "rate %", "warned", "who left", "precision %", "coverage %", "left in delay",
    )  # fmt: skip
    counts = ("customers", "churners", "churn_rate_pct", "warned", "warned_churners", "precision_pct", "coverage_pct")
    for row in rows:
        cells = [_shown(row[name]) for name in (*counts, "left_in_delay")]
        table.add_row(f"{row['month']:%Y-%m}", *cells)
    return table


def _validation_table(rows: Sequence[dict[str, Any]]) -> Table:
    """One line for each run and candidate; ``bi_validation`` has one row for each measure."""
    by_candidate: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        key = (f"{row['month']:%Y-%m}", f"{row['tested_month']:%Y-%m}", row["candidate"])
        by_candidate.setdefault(key, {})[row["measure"]] = row["value"]
    table = _table("Candidates on later months 模型验证", "run", "tested on", "candidate", *MEASURES)
    for key, measures in sorted(by_candidate.items()):
        table.add_row(*key, *(_shown(measures.get(name)) for name in MEASURES))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1), header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _shown(value: Any) -> str:
    """A count in full, a rate with three digits behind the point, a dash for what is not known."""
    if value is None:
        return "-"
    number = float(value)
    return f"{number:,.0f}" if number == int(number) and abs(number) > 1 else f"{number:.3f}"
