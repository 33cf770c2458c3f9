"""Tables for a terminal: the head of a warning list, and what lists and models were worth. Masked views only."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from rich.table import Table

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.cli.tables import table
from churn_tasks.core.currency import NO_MONEY
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings

CUSTOMER, WHERE = ("#", "customer"), ("region", "group")
# of bi_validation, in the order shown
MEASURES = (
    "customers", "churners", "warned", "warned_churners", "precision", "coverage", "auc", "average_precision",
)  # fmt: skip
# of bi_result, with their heads
RESULTS = {
    "customers": "customers",
    "churners": "churners",
    "churn_rate_pct": "rate %",
    "warned": "warned",
    "warned_churners": "who left",
    "precision_pct": "precision %",
    "coverage_pct": "coverage %",
    "left_in_delay": "left in delay",
}


def list_screen(settings: Settings, month: Month, top: int) -> Table:
    """The first ``top`` rows of the list published for a month, most urgent first."""
    with closing(Warehouse(settings)) as warehouse:
        rows = warehouse.published(month, top)
    if not rows:
        return table("", f"No warning list is published for {month}")
    money = settings.currency
    heads = [*CUSTOMER, f"ARPU {money}", *WHERE, "score", "priority", "level"]
    if money == NO_MONEY:
        heads = [*CUSTOMER, *WHERE, "score", "level"]
    listed = table(
        f"Warning list {month} 预警清单 ({_made_by(rows[0])})",
        *heads,
        folded=["first reason, and what to do"],
    )
    for row in rows:
        shown = _cells(row, f"ARPU {money}")
        cells = [shown[head] for head in heads]
        listed.add_row(*cells, _reason_and_strategy(row))
    return listed


def _cells(row: Mapping[str, Any], arpu: str) -> dict[str, str]:
    """What can be shown of a listed customer, by the head of its column."""
    return {
        "#": str(row["rank"]),
        "customer": row["phone_masked"] or row["customer_id"],
        arpu: f"{row['arpu_cny']:.2f}",
        "region": row["region_code"] or "-",
        "group": row["customer_group"] or "-",
        "score": f"{row['churn_score']:.3f}",
        "priority": f"{row['action_priority']:.2f}",
        "level": row["level"],
    }


def _made_by(row: Mapping[str, Any]) -> str:
    """The lineage that every row of a list has."""
    told = f"{row['model_name']} version {row['model_version']}, run {row['run_id']}"
    if row.get("is_restated"):
        told += f"; restated with what was known before {row['known_until']}"
    return told


def _reason_and_strategy(row: Mapping[str, Any]) -> str:
    """The first reason without its figures, and below it what to do."""
    reason, _, _ = (row["reason_1_en"] or "").partition(" (")
    return f"{reason}\n> {row['strategy_en'] or ''}"


def validation_screens(settings: Settings) -> list[Table]:
    """The result table of the lists whose truth is in (F2), and every candidate on the month it was judged on."""
    with closing(Warehouse(settings)) as warehouse:
        results = warehouse.read("SELECT * FROM bi_result ORDER BY month")
        measures = warehouse.read(
            "SELECT * FROM bi_validation ORDER BY month, candidate"
        )
    return [_result_table(results), _validation_table(measures)]


def _result_table(rows: Sequence[dict[str, Any]]) -> Table:
    if not rows:
        return table("", "The truth of no published list is in yet 尚无清单到期检验")
    results = table(
        "Published lists against the truth 清单效果：准确度 precision、覆盖率 coverage",
        "month",
        *RESULTS.values(),
    )
    for row in rows:
        cells = [_shown(row[name]) for name in RESULTS]
        results.add_row(f"{row['month']:%Y-%m}", *cells)
    return results


def _validation_table(rows: Sequence[dict[str, Any]]) -> Table:
    """One line for each run and candidate; ``bi_validation`` has one row for each measure."""
    by_candidate: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        run, tested_on = f"{row['month']:%Y-%m}", f"{row['tested_month']:%Y-%m}"
        measures = by_candidate.setdefault((run, tested_on, row["candidate"]), {})
        measures[row["measure"]] = row["value"]
    heads = ("run", "tested on", "candidate", *MEASURES)
    candidates = table("Candidates on later months 模型验证", *heads)
    for key, measures in sorted(by_candidate.items()):
        cells = [_shown(measures.get(name)) for name in MEASURES]
        candidates.add_row(*key, *cells)
    return candidates


def _shown(value: Any) -> str:
    """A count in full, a rate with three digits behind the point, a dash for what is not known."""
    if value is None:
        return "-"
    number = float(value)
    if number.is_integer() and abs(number) > 1:
        return f"{number:,.0f}"
    return f"{number:.3f}"
