"""What definitions of leaving come to over the months of a history (C7): counted, and set beside the present model.

Who left in the delay is neither a churner nor a false alarm, and so is who changed to another line of his own. A
customer whom the present model has not scored cannot be warned: such churners count as missed.
"""

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_tasks.modeling.metrics import ratio

if TYPE_CHECKING:
    import pandas as pd

Z = 1.959964  # two-sided 95 %


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """Interval of a share at 95 % (Wilson 1927); None of nothing.

    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    if not of:
        return None
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return middle - half, middle + half


def threshold_at(scores: np.ndarray, alarms: float) -> float:
    """The score above which at most this share of those who stayed lies; infinite where nobody stayed.

    >>> threshold_at(np.array([0.1, 0.2, 0.3, 0.4]), 0.25)
    0.3
    """
    if not len(scores):
        return float("inf")
    allowed = int(alarms * len(scores) + 1e-9)
    return (
        float(np.sort(scores)[len(scores) - allowed - 1])
        if allowed < len(scores)
        else float("-inf")
    )


@dataclass(frozen=True)
class Ranked:
    """An AUC and its standard error (Hanley and McNeil 1982); 0.5 is what chance gives."""

    auc: float
    error: float
    churners: int


def ranked(left: np.ndarray, stayed: np.ndarray) -> Ranked | None:
    """How often a leaver scores above a stayer, ties half; None where one side is empty."""
    from scipy.stats import rankdata

    n, m = len(left), len(stayed)
    if not n or not m:
        return None
    ranks = rankdata(np.concatenate([left, stayed]))[:n]
    auc = float((ranks.sum() - n * (n + 1) / 2) / (n * m))
    above, below = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = (
        auc * (1 - auc) + (n - 1) * (above - auc * auc) + (m - 1) * (below - auc * auc)
    )
    return Ranked(auc, sqrt(max(variance, 0.0) / (n * m)), n)


def mean_auc(months: "list[Ranked]") -> dict[str, Any] | None:
    """The AUC over several months, each weighed by its leavers, with its interval at 95 %."""
    churners = sum(each.churners for each in months)
    if not churners:
        return None
    auc = sum(each.auc * each.churners for each in months) / churners
    error = sqrt(sum((each.error * each.churners) ** 2 for each in months)) / churners
    return {
        "auc": auc,
        "low": max(0.0, auc - Z * error),
        "high": min(1.0, auc + Z * error),
        "churners": churners,
    }


@dataclass
class Caught:
    """Churners caught and stayers alarmed, added up over months."""

    churners: int = 0
    hits: int = 0
    stayers: int = 0
    alarms: int = 0

    def add(self, month: "MonthTruth", threshold: float) -> None:
        """Count one month at a threshold; a score must lie above it."""
        self.churners += len(month.left)
        self.stayers += len(month.stayed)
        self.hits += int((month.left > threshold).sum())
        self.alarms += int((month.stayed > threshold).sum())

    def figures(self) -> dict[str, Any]:
        interval = wilson(self.hits, self.churners)
        return {
            "churners": self.churners,
            "caught": self.hits,
            "recall": ratio(self.hits, self.churners),
            "low": interval[0] if interval else None,
            "high": interval[1] if interval else None,
            "false_alarm_rate": ratio(self.alarms, self.stayers),
        }


@dataclass(frozen=True)
class MonthTruth:
    """Scores of those who left and those who stayed in one month; ``-inf`` for who was not scored."""

    left: np.ndarray
    stayed: np.ndarray

    @classmethod
    def of(cls, label: "pd.DataFrame", scores: "pd.Series") -> "MonthTruth":
        """Bring truth and scores together.

        Args:
            label: customer_id, churned, left_in_delay, rotated.
            scores: churn score by customer.
        """
        given = (
            label["customer_id"].map(scores).fillna(float("-inf")).to_numpy(dtype=float)
        )
        churned = label["churned"].to_numpy(dtype=bool)
        gone = label["left_in_delay"].to_numpy(dtype=bool) | label["rotated"].to_numpy(
            dtype=bool
        )
        return cls(given[churned], given[~churned & ~gone])


@dataclass
class Tally:
    """One definition, added up month by month.

    Attributes:
        alarms: share of false alarms at which recall is measured.
        months: counts of each month.
        early: lead in months -> how well the score told leavers of each month so long before.
        at_once, carried: caught with the month's own threshold, and with the one of the latest month whose truth was
            in when the scored month ended.
        thresholds: of each scored month.
    """

    name: str
    alarms: float
    months: list[dict[str, Any]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    tiers: dict[str, list[int]] = field(default_factory=dict)
    early: dict[int, list[Ranked]] = field(default_factory=dict)
    at_once: Caught = field(default_factory=Caught)
    carried: Caught = field(default_factory=Caught)
    thresholds: dict[str, float] = field(default_factory=dict)

    def count(self, month: str, label: "pd.DataFrame") -> None:
        """Add the truth of one month."""
        churned = label["churned"]
        counts = {
            name: int(label[name].sum())
            for name in ("churned", "left_in_delay", "rotated")
        }
        self.months.append({"month": month, "customers": len(label), **counts})
        self.kinds.update(label.loc[churned, "kind"].tolist())
        for tier, rows in label.groupby("tier", dropna=True):
            counted = self.tiers.setdefault(str(tier), [0, 0])
            counted[0] += len(rows)
            counted[1] += int(rows["churned"].sum())

    def judge(self, month: str, known: str, truth: MonthTruth) -> None:
        """Add how well the present model did in one month.

        Args:
            known: the latest month whose truth was in when this month ended.
        """
        threshold = threshold_at(truth.stayed, self.alarms)
        self.at_once.add(truth, threshold)
        if known in self.thresholds:
            self.carried.add(truth, self.thresholds[known])
        self.thresholds[month] = threshold

    def look_ahead(self, lead: int, truth: MonthTruth) -> None:
        """Add how well the score told those who left ``lead`` months later, among everybody scored."""
        found = ranked(
            truth.left[np.isfinite(truth.left)], truth.stayed[np.isfinite(truth.stayed)]
        )
        if found:
            self.early.setdefault(lead, []).append(found)

    def figures(self) -> dict[str, Any]:
        """Everything, for tables, pictures and machines."""
        customers, churners = (
            sum(row[name] for row in self.months) for name in ("customers", "churned")
        )
        return {
            "months": self.months,
            "customers": customers,
            "churners": churners,
            "left_in_delay": sum(row["left_in_delay"] for row in self.months),
            "rotated": sum(row["rotated"] for row in self.months),
            "churn_rate": ratio(churners, customers),
            "kinds": dict(sorted(self.kinds.items())),
            "tiers": {
                name: {"customers": n, "churners": c}
                for name, (n, c) in sorted(self.tiers.items())
            },
            "early": {
                str(lead): mean_auc(months)
                for lead, months in sorted(self.early.items())
            },
            "recall": self.at_once.figures(),
            "recall_carried": self.carried.figures(),
        }


class Overlap:
    """How far definitions agree about who left: in months that both can label, among customers that both ask about.

    Who left in the delay has left as well: definitions differ in how soon they notice.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.both = {(a, b): 0 for a in names for b in names}
        self.own = {(a, b): 0 for a in names for b in names}

    def add(self, labels: "dict[str, pd.DataFrame]") -> None:
        """Add one month: the labels of the definitions that can label it."""
        asked = {name: set(label["customer_id"]) for name, label in labels.items()}
        gone = {
            name: label["churned"] | label["left_in_delay"]
            for name, label in labels.items()
        }
        left = {
            name: set(label.loc[gone[name], "customer_id"])
            for name, label in labels.items()
        }
        for a in labels:
            for b in labels:
                common = left[a] & asked[b]
                self.own[a, b] += len(common)
                self.both[a, b] += len(common & left[b])

    def shares(self) -> dict[str, dict[str, float | None]]:
        """Of those who left by the first name, the share who left by the second."""
        return {
            a: {b: ratio(self.both[a, b], self.own[a, b]) for b in self.names}
            for a in self.names
        }
