"""The AUC in its three forms: of values, of counts in ascending order, and how far chance moves it.

The AUC is the chance that a leaver's value lies above a stayer's, ties half: 0.5 tells nothing, below it low values go
with leaving. It is Mann-Whitney's U over the number of pairs, so ranks give it without looking at any pair.
scikit-learn judges whole rankings (``metrics.py``); this is for hundreds of columns, each sorted once already.
"""

from math import sqrt

import numpy as np

CHANCE = 0.5


def auc_of(ordered: np.ndarray, leaving: np.ndarray) -> float | None:
    """The AUC of values.

    Args:
        ordered: known values of everybody, ascending.
        leaving: known values of those who left, in any order.

    Returns:
        None when nobody left or nobody stayed.
    """
    leavers = len(leaving)
    stayers = len(ordered) - leavers
    if not leavers or not stayers:
        return None
    below = np.searchsorted(ordered, leaving, side="left").sum()
    up_to = np.searchsorted(ordered, leaving, side="right").sum()
    # a value's mean rank is (below + up_to + 1) / 2
    twice_ranks = int(below) + int(up_to) + leavers
    pairs = leavers * stayers
    return (twice_ranks - leavers * (leavers + 1)) / 2 / pairs


def auc_of_all(values: np.ndarray, churned: np.ndarray) -> float:
    """The AUC of a column with gaps: unknown is lowest. 0.5 when nobody left or nobody stayed."""
    lowest_first = np.where(np.isnan(values), -np.inf, values)
    auc = auc_of(np.sort(lowest_first), lowest_first[churned])
    return CHANCE if auc is None else auc


def auc_of_counts(leavers: np.ndarray, stayers: np.ndarray) -> float:
    """The AUC of counts in ascending order of the score; 0.5 when one kind is missing."""
    pairs = leavers.sum() * stayers.sum()
    if not pairs:
        return CHANCE
    below = np.cumsum(stayers) - stayers
    return float(((below + stayers / 2) * leavers).sum() / pairs)


def better(auc: float) -> float:
    """The AUC in whichever direction is better."""
    return max(auc, 1 - auc)


def error_under_chance(known: int, leaving: int) -> float | None:
    """Standard error if the column told nothing, for so many known values, some of leavers."""
    stayers = known - leaving
    if not leaving or not stayers:
        return None
    return float(np.sqrt((known + 1) / (12 * leaving * stayers)))


def error_of(auc: float, leavers: int, stayers: int) -> float:
    """Standard error of an AUC that was found (Hanley and McNeil 1982)."""
    square = auc * auc
    two_leavers = auc / (2 - auc) - square
    two_stayers = 2 * square / (1 + auc) - square
    variance = (
        auc * (1 - auc) + (leavers - 1) * two_leavers + (stayers - 1) * two_stayers
    )
    return sqrt(max(variance, 0.0) / (leavers * stayers))
