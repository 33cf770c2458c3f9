"""How good a ranking was, counted after the truth is in (F2, F3).

The list is the customers with the highest scores, as many as can be called; its size comes from the settings and
never from the month that judges. Who left before the predict window began, and who left for another line of his own,
is neither hit nor false alarm: such customers take their places on the list and are counted apart, and every rate,
every figure of the ranking and every figure of calibration is computed without them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from churn_tasks.core.windows import Window

IN_TIME = ("warned_in_time", "precision_in_time", "coverage_in_time")
DAYS = (
    "days_to_leaving_lower",
    "days_to_leaving_median",
    "days_to_leaving_upper",
)
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Truth:
    """What became of the customers of one month, one entry a customer.

    Attributes:
        churned: True for who left in the predict window, and not for another line of his own.
        left_early: True for who left before the predict window began; never True together with ``churned``.
        rotated: True for who left in the predict window for another line of the same person.
        left_date: day of leaving (datetime64[D]) of whoever left as far as is known, NaT for all others.
    """

    churned: np.ndarray
    left_early: np.ndarray
    rotated: np.ndarray
    left_date: np.ndarray

    @property
    def at_risk(self) -> np.ndarray:
        """True for who could still be a hit or a false alarm when the predict window began."""
        return ~(self.left_early | self.rotated)

    @property
    def day(self) -> np.ndarray:
        """Day of leaving of who left for good: NaT for who changed lines."""
        return np.where(self.rotated, np.datetime64("NaT"), self.left_date).astype(
            "datetime64[D]"
        )

    def between(self, start: Any, end: Any) -> np.ndarray:
        """True for who left for good on a day of [start, end)."""
        day = self.day
        return (day >= np.datetime64(start)) & (day < np.datetime64(end))


@dataclass(frozen=True)
class ListTerms:
    """What a list is held against.

    Attributes:
        window: dates of the month; the list is out on ``known_until``.
        size: places on the list.
        lead_days: days after the list is out from which on a leaving could have been prevented.
        is_dated: whether the definition knows days of leaving; one that only knows months cannot tell who left before
            the list was out, and has no figures in time.
    """

    window: Window
    size: int
    lead_days: int = 3
    is_dated: bool = True


@dataclass(frozen=True)
class Outcome:
    """Figures of one ranking in one month. Shares lie in [0, 1]; None where there is nothing to divide by.

    Attributes:
        customers: the cohort.
        at_risk: those who had not left when the predict window began and did not change lines.
        churners: those who left in the predict window.
        churn_rate: churners / at_risk, the base rate.
        left_before_list: customers who left before the list was out; by months alone, before as_of.
        left_in_delay: customers who left after that and before the predict window began.
        left_later: customers who left after the predict window, as far as the label shows.
        rotated: customers who left for another line of their own in the predict window; no churners.
        leavers: customers who left from as_of to the end of the predict window, changed lines aside.
        warned: customers on the list; the next five are those of them who are counted under the same name above.
        warned_in_time: warned who left ``lead_days`` days after the list was out or later, within the predict window.
        precision: warned_churners / warned who were at risk (准确度).
        coverage: warned_churners / churners, recall (覆盖率).
        precision_in_time: warned_in_time / warned, changed lines aside; None where days are not known.
        coverage_in_time: warned_in_time / leavers; below 1 for a perfect list where some leave before it is out.
        days_to_leaving_lower, days_to_leaving_median, days_to_leaving_upper: quartiles of the days from the list to
            the leaving, over the warned who left from that day on and within the predict window; linear between
            neighbours. 0 is the day of the list.
        break_even_precision: precision = coverage of a list as long as there are churners.
        lift: precision / churn_rate; 1 is what a random list gives.
        false_alarm_rate: warned at risk who did not churn / customers at risk who did not churn.
        f1: harmonic mean of precision and coverage.
        accuracy: share of customers at risk on the right side of the list's end; compare accuracy_of_no_list.
        accuracy_of_no_list: 1 - churn_rate, what warning nobody gives.
        auc: probability that a churner scores above another customer at risk, ties half; 0.5 is chance.
        average_precision: mean precision over the churners met going down the ranking; the base rate is chance.
        brier: mean squared distance of the score from the truth; 0 is perfect.
        log_loss: mean negative log likelihood of the truth.
        calibration_error: mean over ten groups of equal size of |mean score - churn rate|.
        mean_score: mean score of who was at risk; the churn rate when calibrated in the large.
    """

    customers: int
    at_risk: int
    churners: int
    churn_rate: float
    left_before_list: int
    left_in_delay: int
    left_later: int
    rotated: int
    leavers: int
    warned: int
    warned_churners: int
    warned_left_before_list: int
    warned_left_in_delay: int
    warned_left_later: int
    warned_rotated: int
    warned_in_time: int | None
    precision: float | None
    coverage: float | None
    precision_in_time: float | None
    coverage_in_time: float | None
    days_to_leaving_lower: float | None
    days_to_leaving_median: float | None
    days_to_leaving_upper: float | None
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

    @property
    def warned_at_risk(self) -> int:
        """Hits and false alarms: the warned without who left early or changed lines."""
        early = self.warned_left_before_list + self.warned_left_in_delay
        return self.warned - early - self.warned_rotated


def on_list(scores: np.ndarray, size: int) -> np.ndarray:
    """Mask of the ``size`` highest scores; among equals the earlier row, so rows must be in a fixed order."""
    mask = np.zeros(len(scores), dtype=bool)
    highest_first = np.argsort(-np.asarray(scores, dtype=float), kind="stable")
    mask[highest_first[:size]] = True
    return mask


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``, None when there is no whole."""
    return float(part / whole) if whole else None


def judge(scores: np.ndarray, truth: Truth, terms: ListTerms) -> Outcome:
    """Count what a list came to, and how good the whole ranking was.

    Args:
        scores: probability of leaving of each customer of the cohort, in order of the customer.
        truth: what became of them; somebody must have been at risk.

    Raises:
        ValueError: nobody was at risk when the predict window began.
    """
    at_risk = truth.at_risk
    if not at_risk.any():
        raise ValueError("nobody of the cohort was at risk: there is nothing to judge")
    warned = on_list(scores, terms.size)
    return Outcome(
        customers=len(scores),
        warned=int(warned.sum()),
        **_counts(truth, warned, terms),
        **_timing(truth, warned, terms),
        **_rates(scores[at_risk], truth.churned[at_risk], warned[at_risk]),
        **ranking(scores[at_risk], truth.churned[at_risk]),
        **calibration(scores[at_risk], truth.churned[at_risk]),
    )


def _counts(truth: Truth, warned: np.ndarray, terms: ListTerms) -> dict[str, int]:
    """The cohort and the warned by what became of them."""
    dates = terms.window
    first_day = dates.known_until if terms.is_dated else dates.as_of
    in_delay = truth.left_early & truth.between(first_day, dates.predict_start)
    left_later = truth.day >= np.datetime64(dates.predict_end)
    counts = {
        "at_risk": int(truth.at_risk.sum()),
        "leavers": int(truth.between(dates.as_of, dates.predict_end).sum()),
    }
    for name, customers in {
        "churners": truth.churned,
        "left_before_list": truth.left_early & ~in_delay,
        "left_in_delay": in_delay,
        "left_later": left_later,
        "rotated": truth.rotated,
    }.items():
        counts[name] = int(customers.sum())
        counts[f"warned_{name}"] = int((customers & warned).sum())
    return counts


def _timing(truth: Truth, warned: np.ndarray, terms: ListTerms) -> dict[str, Any]:
    """How early the list was; nothing where the definition does not know days."""
    if not terms.is_dated:
        return dict.fromkeys((*IN_TIME, *DAYS))
    return {**_in_time(truth, warned, terms), **_days(truth, warned, terms)}


def _in_time(truth: Truth, warned: np.ndarray, terms: ListTerms) -> dict[str, Any]:
    """Whom a call could still have kept, of the warned and of all who left."""
    dates = terms.window
    first_day = dates.in_time_from(terms.lead_days)
    hits = int((warned & truth.between(first_day, dates.predict_end)).sum())
    kept_lines = int((warned & ~truth.rotated).sum())
    leavers = int(truth.between(dates.as_of, dates.predict_end).sum())
    rates = (ratio(hits, kept_lines), ratio(hits, leavers))
    return dict(zip(IN_TIME, (hits, *rates), strict=True))


def _days(truth: Truth, warned: np.ndarray, terms: ListTerms) -> dict[str, Any]:
    """Quartiles of the days from the list to the leaving, over the warned."""
    dates = terms.window
    left = warned & truth.between(dates.known_until, dates.predict_end)
    if not left.any():
        return dict.fromkeys(DAYS)
    days = truth.day[left] - np.datetime64(dates.known_until)
    quartiles = np.quantile(days.astype(int), QUARTILES)
    return dict(zip(DAYS, quartiles.tolist(), strict=True))


def _rates(
    scores: np.ndarray, churned: np.ndarray, warned: np.ndarray
) -> dict[str, Any]:
    """Rates of the list among the customers at risk."""
    customers, churners = len(churned), int(churned.sum())
    hits, alarms = int((warned & churned).sum()), int(warned.sum())
    false_alarms, missed = alarms - hits, churners - hits
    as_long = int((on_list(scores, churners) & churned).sum())
    return {
        "churn_rate": churners / customers,
        "precision": ratio(hits, alarms),
        "coverage": ratio(hits, churners),
        "break_even_precision": ratio(as_long, churners),
        "lift": ratio(hits * customers, alarms * churners),
        "false_alarm_rate": ratio(false_alarms, customers - churners),
        "f1": ratio(2 * hits, alarms + churners),
        "accuracy": (customers - false_alarms - missed) / customers,
        "accuracy_of_no_list": 1 - churners / customers,
    }


def ranking(scores: np.ndarray, churned: np.ndarray) -> dict[str, Any]:
    """AUC and average precision; None when everybody or nobody churned."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    if churned.all() or not churned.any():
        return {"auc": None, "average_precision": None}
    return {
        "auc": float(roc_auc_score(churned, scores)),
        "average_precision": float(average_precision_score(churned, scores)),
    }


def calibration(scores: np.ndarray, churned: np.ndarray) -> dict[str, Any]:
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
