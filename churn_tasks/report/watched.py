"""What the page shows of watching: the findings of the month, and one line for each month."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churn_tasks.core.months import Month

Row = Mapping[str, Any]
SHADOW = "shadow"  # subject of what is told of a challenger
MEASURES = {  # as the page calls them: Chinese, English
    "psi": ("稳定性指数 PSI", "stability index (PSI)"),
    "moved_share": ("明显偏移的特征占比", "share of inputs that moved"),
    "new_value_share": ("未见过的取值占比", "share with a value never learnt"),
    "respelled_share": ("写法变化占比", "share spelt otherwise than learnt"),
    "calibration_gap": ("平均评分与流失率之差", "mean score less the share that left"),
    "average_precision": ("平均精度", "average precision"),
    "list_overlap": ("清单重合度", "share of the list that both have"),
    "list_precision": ("清单准确度", "share of the list that left"),
}


@dataclass(frozen=True)
class WatchedMonth:
    """The main figures of one month; None where they were not judged."""

    month: Month
    score_psi: Row | None
    moved_share: Row | None
    calibration_gap: Row | None
    average_precision: Row | None
    alarms: int


def watched_months(rows: Sequence[Row]) -> list[WatchedMonth]:
    """One line a month, the earliest first.

    Args:
        rows: of ``model_watch``, of any months.
    """
    by_month: dict[Month, dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in rows:
        by_month[Month.of(row["month"])][row["subject"], row["measure"]] = row
    lines = []
    for month, found in sorted(by_month.items()):
        alarms = [row for row in found.values() if row["status"] == "alarm"]
        lines.append(
            WatchedMonth(
                month=month,
                score_psi=found.get(("churn_score", "psi")),
                moved_share=found.get(("inputs", "moved_share")),
                calibration_gap=found.get(("churn_score", "calibration_gap")),
                average_precision=found.get(("churn_score", "average_precision")),
                alarms=len(alarms),
            )
        )
    return lines


@dataclass(frozen=True)
class ShadowMonth:
    """What the challenger of a month came to beside the champion; None where it was not told.

    Attributes:
        month: in whose run it was told: the overlap of that month's lists, the others of the month whose truth came in.
    """

    month: Month
    overlap: Row | None
    average_precision: Row | None
    precision: Row | None


def shadow_months(rows: Sequence[Row]) -> list[ShadowMonth]:
    """One line for each month that tells of a challenger, the earliest first.

    Args:
        rows: of ``model_watch``, of any months.
    """
    by_month: dict[Month, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        if row["subject"] == SHADOW:
            by_month[Month.of(row["month"])][row["measure"]] = row
    lines = []
    for month, found in sorted(by_month.items()):
        lines.append(
            ShadowMonth(
                month=month,
                overlap=found.get("list_overlap"),
                average_precision=found.get("average_precision"),
                precision=found.get("list_precision"),
            )
        )
    return lines


def findings_of(rows: Sequence[Row], month: Month) -> list[Row]:
    """What stands out in one month: alarms first, the largest first."""
    found = []
    for row in rows:
        if Month.of(row["month"]) == month and row["status"] in ("alarm", "notice"):
            found.append(row)
    found.sort(key=lambda row: (row["status"], -row["value"], row["subject"]))
    return found
