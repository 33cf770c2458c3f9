"""How good a ranking was, counted after the truth is in (F2, F3).

The list is the customers with the highest scores, as many as can be called; its size comes from the settings and
never from the month that judges. Everybody of the cohort counts: who left during the delay is not a churner of the
predict window, takes a place on the list all the same, and is counted apart.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """Figures of one ranking in one month. Shares lie in [0, 1]; None where there is nothing to divide by.

    Attributes:
        customers, churners, churn_rate: the cohort, those who churned, and their share: the base rate.
        left_in_delay: customers of the cohort who left before the predict window began.
        rotated: customers who left for another line of their own; no churners.
        warned: customers on the list.
        warned_churners: those of them who churned.
        warned_left_in_delay: those of them who left before the predict window began; neither churners nor kept.
        warned_rotated: those of them who left for another line of their own; they count against the precision.
        precision: warned_churners / warned (准确度).
        coverage: warned_churners / churners, recall (覆盖率).
        precision_in_time: the precision among the warned who had not left in the delay.
        break_even_precision: precision = coverage of a list as long as there are churners.
        lift: precision / churn_rate; 1 is what a random list gives.
        false_alarm_rate: warned who did not churn / customers who did not churn.
        f1: harmonic mean of precision and coverage.
        accuracy: share of customers on the right side of the list's end; compare accuracy_of_no_list.
        accuracy_of_no_list: 1 - churn_rate, what warning nobody gives.
        auc: probability that a churner scores above another customer, ties half; 0.5 is chance.
        average_precision: mean precision over the churners met going down the ranking; the base rate is chance.
        brier: mean squared distance of the score from the truth; 0 is perfect.
        log_loss: mean negative log likelihood of the truth.
        calibration_error: mean over ten groups of equal size of |mean score - churn rate|.
        mean_score: mean score; the churn rate when calibrated in the large.
    """

    customers: int
    churners: int
    churn_rate: float
    left_in_delay: int
    rotated: int
    warned: int
    warned_churners: int
    warned_left_in_delay: int
    warned_rotated: int
    precision: float | None
    coverage: float | None
    precision_in_time: float | None
    break_even_precision: float | None
    lift: float | None
    false_alarm_rate: float | None
    f1: float | None
    accuracy: float
    accuracy_of_no_list: float
    auc: float | None
    average_precision: float | None
    brier: float
    log_loss: float
    calibration_error: float
    mean_score: float


def on_list(scores: np.ndarray, size: int) -> np.ndarray:
    """Mask of the ``size`` highest scores; among equals the earlier row, so rows must be in a fixed order."""
    mask = np.zeros(len(scores), dtype=bool)
    highest_first = np.argsort(-np.asarray(scores, dtype=float), kind="stable")
    mask[highest_first[:size]] = True
    return mask


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``, None when there is no whole."""
    return float(part / whole) if whole else None


def judge(
    scores: np.ndarray,
    churned: np.ndarray,
    left_in_delay: np.ndarray,
    size: int,
    rotated: np.ndarray | None = None,
) -> Outcome:
    """Count what a list of ``size`` customers came to, and how good the whole ranking was.

    Args:
        scores: probability of leaving of each customer of the cohort, in order of the customer.
        churned: True for who stayed through the delay and left in the predict window.
        left_in_delay: True for who left in the delay; never True together with ``churned``.
        size: length of the list.
        rotated: True for who left for another line of the same person; nobody when it is not given.
    """
    if rotated is None:
        rotated = np.zeros(len(churned), dtype=bool)
    warned = on_list(scores, size)
    hits, alarms = int((warned & churned).sum()), int(warned.sum())
    late = int((warned & left_in_delay).sum())
    churners, customers = int(churned.sum()), len(churned)
    as_long = int((on_list(scores, churners) & churned).sum())
    return Outcome(
        customers=customers,
        churners=churners,
        churn_rate=churners / customers,
        left_in_delay=int(left_in_delay.sum()),
        rotated=int(rotated.sum()),
        warned=alarms,
        warned_churners=hits,
        warned_left_in_delay=late,
        warned_rotated=int((warned & rotated).sum()),
        precision=ratio(hits, alarms),
        coverage=ratio(hits, churners),
        precision_in_time=ratio(hits, alarms - late),
        break_even_precision=ratio(as_long, churners),
        lift=ratio(hits * customers, alarms * churners),
        false_alarm_rate=ratio(alarms - hits, customers - churners),
        f1=ratio(2 * hits, alarms + churners),
        accuracy=(customers - (alarms - hits) - (churners - hits)) / customers,
        accuracy_of_no_list=1 - churners / customers,
        **ranking(scores, churned),
        **calibration(scores, churned),
    )


def ranking(scores: np.ndarray, churned: np.ndarray) -> dict[str, Any]:
    """AUC and average precision; None when everybody or nobody churned."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    if churned.all() or not churned.any():
        return {"auc": None, "average_precision": None}
    return {
        "auc": float(roc_auc_score(churned, scores)),
        "average_precision": float(average_precision_score(churned, scores)),
    }


def calibration(scores: np.ndarray, churned: np.ndarray) -> dict[str, float]:
    """How far scores are from being probabilities."""
    certain = np.clip(scores, 1e-12, 1 - 1e-12)
    groups = calibration_table(scores, churned)
    gaps = 0.0
    for group in groups:
        gap = abs(group["mean_score"] - group["churn_rate"])
        gaps += gap * group["customers"]
    likelihood = np.where(churned, np.log(certain), np.log(1 - certain))
    return {
        "brier": float(np.mean((scores - churned) ** 2)),
        "log_loss": float(-np.mean(likelihood)),
        "calibration_error": float(gaps / len(scores)),
        "mean_score": float(np.mean(scores)),
    }


def calibration_table(
    scores: np.ndarray, churned: np.ndarray, groups: int = 10
) -> list[dict[str, float]]:
    """Customers in ``groups`` of equal size from the lowest scores to the highest: mean score beside churn rate."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    return [
        {
            "customers": len(part),
            "mean_score": float(scores[part].mean()),
            "churn_rate": float(churned[part].mean()),
        }
        for part in parts
    ]
