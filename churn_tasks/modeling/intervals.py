"""Intervals of a list's and a ranking's figures: what the customers who happened to be there decide (``bootstrap.py``).

The list stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from churn_tasks.modeling.bootstrap import drawn_counts

DRAWS = 400
DRAWN_AT_ONCE = 40  # customers x draws are held in memory
SURE = (0.025, 0.975)
FIGURES = ("auc", "average_precision", "precision", "coverage", "lift")


@dataclass(frozen=True)
class RankedMonth:
    """The customers at risk of one month, ranked by one model.

    Attributes:
        customers: who they are.
        scores: higher is likelier to leave.
        churned, warned: who left, and who stood on the list.
    """

    customers: np.ndarray
    scores: np.ndarray
    churned: np.ndarray
    warned: np.ndarray


@dataclass(frozen=True)
class Interval:
    """Where a figure lies with a probability of 95 %; None where it cannot be told."""

    low: float | None
    high: float | None


def intervals(months: Sequence[RankedMonth], seed: int = 0) -> dict[str, Interval]:
    """An interval of each of ``FIGURES``, mean over the months, all months weighing the same.

    Args:
        months: at least one; in each somebody left and somebody stayed, or nothing is told.
        seed: the same seed gives the same intervals.
    """
    if not all(_both(month) for month in months):
        return dict.fromkeys(FIGURES, Interval(None, None))
    people = np.unique(np.concatenate([month.customers for month in months]))
    places = [np.searchsorted(people, month.customers) for month in months]
    chance = np.random.default_rng(seed)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in FIGURES}
    for counts in drawn_counts(len(people), DRAWS, DRAWN_AT_ONCE, chance):
        for name, values in _means(months, places, counts).items():
            drawn[name].append(values)
    found = {}
    for name, parts in drawn.items():
        low, high = np.nanquantile(np.concatenate(parts), SURE)
        found[name] = Interval(float(low), float(high))
    return found


def _both(month: RankedMonth) -> bool:
    """Whether somebody left, somebody stayed, and somebody was warned."""
    left, stayed = month.churned.any(), not month.churned.all()
    return bool(left and stayed and month.warned.any())


def _means(
    months: Sequence[RankedMonth], places: Sequence[np.ndarray], counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Each figure, mean over the months, one a draw."""
    totals = {name: np.zeros(counts.shape[1]) for name in FIGURES}
    for month, rows in zip(months, places, strict=True):
        for name, values in weighted(month, counts[rows]).items():
            totals[name] += values / len(months)
    return totals


def weighted(month: RankedMonth, weights: np.ndarray) -> Mapping[str, np.ndarray]:
    """The figures of one month in which each customer counts as often as drawn; equal scores are counted together.

    With weights of 1 they are scikit-learn's ``roc_auc_score`` and ``average_precision_score``.

    Args:
        weights: shape (customers, draws).
    """
    order = np.argsort(-month.scores, kind="stable")
    falling = month.scores[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    of_churners = weights * month.churned[:, None]
    everybody = np.cumsum(weights[order], axis=0, dtype=float)[ends]
    hits = np.cumsum(of_churners[order], axis=0, dtype=float)[ends]
    others = everybody - hits
    churners, stayers = hits[-1], others[-1]
    met = np.diff(hits, axis=0, prepend=0)
    alarms = np.diff(others, axis=0, prepend=0)
    below = stayers - others + alarms / 2
    listed = weights[month.warned].sum(axis=0, dtype=float)
    listed_hits = of_churners[month.warned].sum(axis=0, dtype=float)
    rate = churners / everybody[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision_down = np.where(everybody > 0, hits / everybody, 0.0)
        precision = listed_hits / listed
        return {
            "auc": (met * below).sum(axis=0) / (churners * stayers),
            "average_precision": (met * precision_down).sum(axis=0) / churners,
            "precision": precision,
            "coverage": listed_hits / churners,
            "lift": precision / rate,
        }
