"""Tables for a terminal: the head of a warning list, and what lists and models were worth. Masked views only."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from rich.table import Table

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.cli.tables import NOT_KNOWN, count, percent, table
from churn_tasks.core.currency import NO_MONEY
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings

CUSTOMER, WHERE = ("#", "customer"), ("region", "group")
NOT_CALLED = ("hold_out", "panel")
Row = Mapping[str, Any]
# of bi_validation, in the order shown
COUNTED = {
    "customers": "customers",
    "churners": "churners",
    "warned": "warned",
    "warned_churners": "who left",
}
SHARES = {
    "precision": "precision",
    "coverage": "coverage",
    "precision_in_time": "in time",
}
RANKED = {"auc": "AUC", "average_precision": "AP"}
# of bi_result, with their heads
RESULTS = {
    "customers": "customers",
    "churners": "churners",
    "churn_rate_pct": "rate",
    "warned": "warned",
    "warned_churners": "who left",
    "precision_pct": "precision",
    "coverage_pct": "coverage",
}
# of bi_result, by when the warned left
PARTS = {
    "warned": "warned",
    "warned_left_before_list": "before list",
    "warned_left_in_delay": "in delay",
    "warned_churners": "in window",
    "warned_left_later": "later",
    "warned_rotated": "changed lines",
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
        "level": _level(row),
    }


def _level(row: Mapping[str, Any]) -> str:
    """The level of the warning; of who is held out, that nobody is to call."""
    if row.get("arm") in NOT_CALLED:
        return f"{row['level']}, held out 留出"
    return str(row["level"])


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


def validation_screens(settings: Settings, *, is_brief: bool = False) -> list[Table]:
    """The result table of the lists whose truth is in (F2), how early they were, and every candidate of every run.

    Args:
        is_brief: how early they were is told in the line below the result table alone.
    """
    with closing(Warehouse(settings)) as warehouse:
        results = warehouse.read("SELECT * FROM bi_result ORDER BY month")
        measures = warehouse.read(
            "SELECT * FROM bi_validation ORDER BY month, candidate"
        )
    screens = [_result_table(results)]
    if results and not is_brief:
        screens.append(_early_table(results, settings.warning_list.lead_days))
    return [*screens, _validation_table(measures)]


def _result_table(rows: Sequence[Row]) -> Table:
    if not rows:
        return table("", "The truth of no published list is in yet 尚无清单到期检验")
    results = table(
        "Published lists against the truth 清单效果",
        "month",
        *RESULTS.values(),
        caption=_when_they_left(rows),
    )
    for row in rows:
        cells = []
        for name in RESULTS:
            is_share = name.endswith("_pct")
            cells.append(_percent(row[name]) if is_share else _count(row[name]))
        results.add_row(f"{row['month']:%Y-%m}", *cells)
    return results


def _when_they_left(rows: Sequence[Row]) -> str:
    """All lists in a line: of the warned who left, when."""
    parts = list(PARTS)[1:-1]
    if any(row[part] is None for row in rows for part in parts):
        return "Some lists were judged before days of leaving were counted 部分清单未按离网日统计"
    told = []
    left = 0
    for part in parts:
        customers = sum(row[part] for row in rows)
        left += customers
        told.append(f"{customers:,} {PARTS[part]}")
    return f"Of {left:,} warned who left 预警后离网: {', '.join(told)}{_days_told(rows[-1])}"


def _days_told(row: Row) -> str:
    """How early the latest list was."""
    if row["days_to_leaving_median"] is None:
        return ""
    return f"; {row['month']:%Y-%m}: {_days(row)} days after it 出单后天数"


def _early_table(rows: Sequence[Row], lead_days: int) -> Table:
    """When the warned left, and how much of each list was in time."""
    early = table(
        "When the warned left, precision and coverage in time 预警客户何时离网与及时效果",
        "month",
        *PARTS.values(),
        "days",
        "precision",
        "coverage",
        caption=(
            f"In time 及时: {lead_days} days after the list or later, within the predict window. "
            "Days from the list: median (quartiles) 出单后天数：中位数（四分位数）"
        ),
    )
    for row in rows:
        cells = [_count(row[part]) for part in PARTS]
        cells.append(_days(row))
        cells.append(_percent(row["precision_in_time_pct"]))
        cells.append(_percent(row["coverage_in_time_pct"]))
        early.add_row(f"{row['month']:%Y-%m}", *cells)
    return early


def _days(row: Row) -> str:
    """Median and quartiles of the days from the list to the leaving."""
    if row["days_to_leaving_median"] is None:
        return NOT_KNOWN
    lower, upper = row["days_to_leaving_lower"], row["days_to_leaving_upper"]
    return f"{row['days_to_leaving_median']:.0f} ({lower:.0f}-{upper:.0f})"


def _validation_table(rows: Sequence[Row]) -> Table:
    """One line for each run and candidate; ``bi_validation`` has one row for each measure."""
    by_candidate: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        run, tested_on = f"{row['month']:%Y-%m}", f"{row['tested_month']:%Y-%m}"
        measures = by_candidate.setdefault((run, tested_on, row["candidate"]), {})
        measures[row["measure"]] = row["value"]
    measured = {**COUNTED, **SHARES, **RANKED}
    candidates = table(
        "Candidates on later months 模型验证",
        "run",
        "tested",
        "candidate",
        *measured.values(),
    )
    for key, measures in sorted(by_candidate.items()):
        counts = [_count(measures.get(name)) for name in COUNTED]
        shares = [_share(measures.get(name)) for name in SHARES]
        ranked = [_ranked(measures.get(name)) for name in RANKED]
        candidates.add_row(*key, *counts, *shares, *ranked)
    return candidates


def _count(value: Any) -> str:
    """A count in full."""
    return count(None if value is None else int(value))


def _share(value: Any) -> str:
    """A share of 1 in percent."""
    return percent(None if value is None else float(value))


def _percent(value: Any) -> str:
    """Percent, as the views hold them."""
    return _share(None if value is None else float(value) / 100)


def _ranked(value: Any) -> str:
    """A figure of the ranking, with three digits behind the point."""
    return NOT_KNOWN if value is None else f"{float(value):.3f}"
