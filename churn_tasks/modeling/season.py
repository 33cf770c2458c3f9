"""Scores for the share of leavers that a month is likely to have: what a season does to probabilities (F4).

A model learns who leaves; how many leave in the month that it scores, it takes from months that lie half a year back.
Each method here moves all log-odds of a month by one number, so the ranking stays as it is:

- ``window``: as the model calibrated itself inside its training window;
- ``latest``: as the scores of the latest month whose truth is in would have had to be moved to be right on average;
- ``prior_shift``: to the share under which the month's own scores are likeliest (``prior_shift.py``);
- ``month_of_year``: to the share that left in the same month a year before.

``auto`` takes the one that came closest over the earlier months whose truth is in. What could not be tried yet (the
same month a year before, in the first year of truth) is taken where the best of the others has missed by more than
``TOO_FAR`` on average: their failure is shown, its failure is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from churn_tasks.core.months import Month
from churn_tasks.modeling.prior_shift import likeliest_share, shift_of_share

WINDOW, LATEST, PRIOR_SHIFT = "window", "latest", "prior_shift"
MONTH_OF_YEAR, AUTO = "month_of_year", "auto"
METHODS = (WINDOW, LATEST, PRIOR_SHIFT, MONTH_OF_YEAR)
TOO_FAR = 0.03  # mean distance of mean score and share of leavers
NEAREST = 1e-9  # to 0 or 1: nearer, a score has no log-odds
MOST_MOVED = 30.0  # log-odds
MOST_LOOKED_AT = 2_000  # scores by which the likeliest share is found


def moved(scores: np.ndarray, by: float) -> np.ndarray:
    """The scores with ``by`` added to each log-odds; as they are where that is nothing."""
    if by == 0:
        return scores
    sure = np.clip(scores, NEAREST, 1 - NEAREST)
    return 1 / (1 + (1 - sure) / sure * np.exp(-by))


def move_to(scores: np.ndarray, share: float) -> float:
    """By how much log-odds must be moved so that the mean score is ``share``, in (0, 1)."""
    from scipy.optimize import brentq

    def distance(by: float) -> float:
        return float(moved(scores, by).mean()) - share

    return float(brentq(distance, -MOST_MOVED, MOST_MOVED))


@dataclass(frozen=True)
class SeasonScores:
    """Scores with how they were calibrated.

    Attributes:
        method: the one that was taken.
        shift: what it added to every log-odds.
        learnt: share of leavers in the latest month that the model learnt from; None where nothing was asked.
    """

    scores: np.ndarray
    method: str = WINDOW
    shift: float = 0.0
    learnt: float | None = None


@dataclass(frozen=True)
class SeasonMonth:
    """One month as it was scored.

    Attributes:
        scores: of everybody, as the model gave them.
        learnt: share of leavers in the latest month that the model learnt from.
    """

    month: Month
    scores: np.ndarray
    learnt: float


@dataclass(frozen=True)
class KnownMonth:
    """An earlier month whose truth is in.

    Attributes:
        scores: of those at risk, as the model of the time gave them.
        share: of them who left.
    """

    month: Month
    scores: np.ndarray
    share: float


def shifts(
    now: SeasonMonth, known: KnownMonth | None, shares: Mapping[Month, float]
) -> dict[str, float]:
    """By how much each method that has what it needs moves the month's log-odds.

    Args:
        known: the latest month whose truth is in and that was scored.
        shares: of those at risk who left, of every month whose truth is in.
    """
    found = {WINDOW: 0.0}
    if known is not None and 0 < known.share < 1:
        found[LATEST] = move_to(known.scores, known.share)
    if 0 < now.learnt < 1:
        step = max(len(now.scores) // MOST_LOOKED_AT, 1)
        evenly = np.sort(now.scores)[::step]
        share = likeliest_share(evenly, now.learnt)
        found[PRIOR_SHIFT] = shift_of_share(now.learnt, share)
    year_before = shares.get(now.month - 12)
    if year_before is not None and 0 < year_before < 1:
        found[MONTH_OF_YEAR] = move_to(now.scores, year_before)
    return found


def by_method(
    now: SeasonMonth, known: KnownMonth | None, shares: Mapping[Month, float]
) -> dict[str, np.ndarray]:
    """The month's scores moved by each of :func:`shifts`."""
    found = shifts(now, known, shares)
    return {name: moved(now.scores, by) for name, by in found.items()}


def chosen(gaps: Mapping[str, Sequence[float]], there: Sequence[str]) -> str:
    """The method that ``auto`` takes; among equals the first of ``METHODS``.

    Args:
        gaps: by method, distance of mean score and share of leavers in each earlier month whose truth is in.
        there: the methods that the month can use.
    """
    tried = {}
    for name in METHODS:
        if name in there and gaps.get(name):
            tried[name] = float(np.mean(gaps[name]))
    if not tried:
        return WINDOW
    best = min(tried, key=lambda name: tried[name])
    is_untried = MONTH_OF_YEAR in there and MONTH_OF_YEAR not in tried
    if is_untried and tried[best] > TOO_FAR:
        return MONTH_OF_YEAR
    return best
