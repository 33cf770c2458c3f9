"""What definitions of leaving come to over the months of a history (C7): counted, and set beside the present model.

Who left before the predict window is neither a churner nor a false alarm, and so is who changed to another line of
his own. A customer whom the present model has not scored cannot be warned: such churners count as missed.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_tasks.modeling.auc import auc_of, error_of
from churn_tasks.modeling.metrics import ratio

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95
COUNTED = ("churned", "left_early", "rotated")


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """Interval of a share at 95 % (Wilson 1927); None of nothing.

    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    from scipy.stats import binomtest

    if not of:
        return None
    interval = binomtest(hits, of).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def threshold_at(scores: np.ndarray, alarms: float) -> float:
    """The score above which at most this share of those who stayed lies; infinite where nobody stayed.

    >>> threshold_at(np.array([0.1, 0.2, 0.3, 0.4]), 0.25)
    0.3
    """
    if not len(scores):
        return float("inf")
    allowed = int(alarms * len(scores) + 1e-9)
    if allowed >= len(scores):
        return float("-inf")
    highest_first = np.sort(scores)[::-1]
    return float(highest_first[allowed])


@dataclass(frozen=True)
class MonthAuc:
    """The AUC of one month and its standard error; 0.5 is what chance gives."""

    auc: float
    error: float
    churners: int


def month_auc(left: np.ndarray, stayed: np.ndarray) -> MonthAuc | None:
    """How often a leaver scores above a stayer, ties half; None where one side is empty."""
    ordered = np.sort(np.concatenate([left, stayed]))
    auc = auc_of(ordered, left)
    if auc is None:
        return None
    return MonthAuc(auc, error_of(auc, len(left), len(stayed)), len(left))


def mean_auc(months: "list[MonthAuc]") -> dict[str, Any] | None:
    """The AUC over several months, each weighed by its leavers, with its interval at 95 %."""
    from scipy.stats import norm

    churners = sum(each.churners for each in months)
    if not churners:
        return None
    auc = sum(each.auc * each.churners for each in months) / churners
    variance = sum((each.error * each.churners) ** 2 for each in months)
    low, high = auc, auc
    if variance:
        low, high = norm.interval(CONFIDENCE, auc, sqrt(variance) / churners)
    return {
        "auc": auc,
        "low": max(0.0, float(low)),
        "high": min(1.0, float(high)),
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
        low, high = wilson(self.hits, self.churners) or (None, None)
        return {
            "churners": self.churners,
            "caught": self.hits,
            "recall": ratio(self.hits, self.churners),
            "low": low,
            "high": high,
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
            label: customer_id, churned, left_early, rotated.
            scores: churn score by customer.
        """
        scored = label["customer_id"].map(scores).fillna(float("-inf"))
        given = scored.to_numpy(dtype=float)
        churned, in_delay, rotated = (
            label[name].to_numpy(dtype=bool) for name in COUNTED
        )
        return cls(given[churned], given[~(churned | in_delay | rotated)])

    def scored(self) -> tuple[np.ndarray, np.ndarray]:
        """Both without who was not scored."""
        left, stayed = np.isfinite(self.left), np.isfinite(self.stayed)
        return self.left[left], self.stayed[stayed]


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
    early: dict[int, list[MonthAuc]] = field(default_factory=dict)
    at_once: Caught = field(default_factory=Caught)
    carried: Caught = field(default_factory=Caught)
    thresholds: dict[str, float] = field(default_factory=dict)

    def count(self, month: str, label: "pd.DataFrame") -> None:
        """Add the truth of one month."""
        churned = label["churned"]
        counts = {name: int(label[name].sum()) for name in COUNTED}
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
        left, stayed = truth.scored()
        month = month_auc(left, stayed)
        if month:
            self.early.setdefault(lead, []).append(month)

    def figures(self) -> dict[str, Any]:
        """Everything, for tables, pictures and machines."""
        totals = {name: self._total(name) for name in ("customers", *COUNTED)}
        tiers = {}
        for name, (customers, churners) in sorted(self.tiers.items()):
            tiers[name] = {"customers": customers, "churners": churners}
        early = {}
        for lead, months in sorted(self.early.items()):
            early[str(lead)] = mean_auc(months)
        return {
            "months": self.months,
            "customers": totals["customers"],
            "churners": totals["churned"],
            "left_early": totals["left_early"],
            "rotated": totals["rotated"],
            "churn_rate": ratio(totals["churned"], totals["customers"]),
            "kinds": dict(sorted(self.kinds.items())),
            "tiers": tiers,
            "early": early,
            "recall": self.at_once.figures(),
            "recall_carried": self.carried.figures(),
        }

    def _total(self, name: str) -> int:
        return sum(month[name] for month in self.months)


class Overlap:
    """How far definitions agree about who left: in months that both can label, among customers that both ask about.

    Who left before the predict window has left as well: definitions differ in how soon they notice.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.both: Counter[tuple[str, str]] = Counter()
        self.own: Counter[tuple[str, str]] = Counter()

    def add(self, labels: "dict[str, pd.DataFrame]") -> None:
        """Add one month: the labels of the definitions that can label it."""
        asked, left = {}, {}
        for name, label in labels.items():
            gone = label["churned"] | label["left_early"]
            asked[name] = set(label["customer_id"])
            left[name] = set(label.loc[gone, "customer_id"])
        for one, other in product(labels, repeat=2):
            common = left[one] & asked[other]
            self.own[one, other] += len(common)
            self.both[one, other] += len(common & left[other])

    def shares(self) -> dict[str, dict[str, float | None]]:
        """Of those who left by the first name, the share who left by the second."""
        shares: dict[str, dict[str, float | None]] = {name: {} for name in self.names}
        for one, other in product(self.names, repeat=2):
            shares[one][other] = ratio(self.both[one, other], self.own[one, other])
        return shares
