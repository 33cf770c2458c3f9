"""Tables for a terminal: the head of a warning list, and what lists and models were worth. Masked views only."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from rich.table import Table

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings

# of bi_validation, in the order shown
MEASURES = (
    "customers",
    "churners",
    "warned",
    "warned_churners",
    "precision",
    "coverage",
    "auc",
    "average_precision",
)


def list_screen(settings: Settings, month: Month, top: int) -> Table:
    """The first ``top`` rows of the list published for a month, most urgent first."""
    with closing(Warehouse(settings)) as warehouse:
        rows = warehouse.published(month, top)
    if not rows:
        return titled("", f"No warning list is published for {month}")
    made_by = f"{rows[0]['model_name']} version {rows[0]['model_version']}, run {rows[0]['run_id']}"
    if rows[0].get("is_restated"):
        made_by += f"; restated with what was known before {rows[0]['known_until']}"
    table = titled(
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


def _result_table(rows: Sequence[dict[str, Any]]) -> Table:
    if not rows:
        return titled("", "The truth of no published list is in yet 尚无清单到期检验")
    table = titled(
        "Published lists against the truth 清单效果：准确度 precision、覆盖率 coverage",
        "month", "customers", "churners", "rate %", "warned", "who left", "precision %", "coverage %", "left in delay",
    )  # fmt: skip
    counts = (
        "customers",
        "churners",
        "churn_rate_pct",
        "warned",
        "warned_churners",
        "precision_pct",
        "coverage_pct",
    )
    for row in rows:
        cells = [_shown(row[name]) for name in (*counts, "left_in_delay")]
        table.add_row(f"{row['month']:%Y-%m}", *cells)
    return table


def _validation_table(rows: Sequence[dict[str, Any]]) -> Table:
    """One line for each run and candidate; ``bi_validation`` has one row for each measure."""
    by_candidate: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        key = (
            f"{row['month']:%Y-%m}",
            f"{row['tested_month']:%Y-%m}",
            row["candidate"],
        )
        by_candidate.setdefault(key, {})[row["measure"]] = row["value"]
    table = titled(
        "Candidates on later months 模型验证",
        "run",
        "tested on",
        "candidate",
        *MEASURES,
    )
    for key, measures in sorted(by_candidate.items()):
        table.add_row(*key, *(_shown(measures.get(name)) for name in MEASURES))
    return table


def titled(title: str, *columns: str) -> Table:
    """A plain table with its title above; columns are as wide as their longest cell."""
    table = Table(
        title=title, title_justify="left", box=None, padding=(0, 1), header_style="bold"
    )
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _shown(value: Any) -> str:
    """A count in full, a rate with three digits behind the point, a dash for what is not known."""
    if value is None:
        return "-"
    number = float(value)
    return (
        f"{number:,.0f}"
        if number == int(number) and abs(number) > 1
        else f"{number:.3f}"
    )
