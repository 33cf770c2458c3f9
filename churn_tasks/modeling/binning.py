"""Bins of one column that stay the same from month to month, and what is read off the counts in them.

Worked example: ``edges_of`` gives (0, 10, 30) for a column that is often 0. Its bins are up to 0, above 0 up to 10,
above 10 up to 30, above 30, and one for rows without a value: five counts. The outer bins are open, so a later month's
values beyond anything seen before are counted, never dropped.
"""

from collections.abc import Sequence

import numpy as np

MOST_VALUES = 12  # up to so many different values each has a bin of its own
PARTS = 10


def edges_of(ordered: np.ndarray) -> np.ndarray:
    """Upper ends (inclusive) of all bins but the last, for known values in ascending order.

    Each value is a bin while they are few; else tenths of the values other than 0, and 0 apart from them.
    """
    if not len(ordered):
        return np.array([])
    distinct = np.unique(ordered)
    if len(distinct) <= MOST_VALUES:
        return distinct[:-1]
    others = ordered[ordered != 0]
    places = np.ceil(np.arange(1, PARTS) * len(others) / PARTS).astype(int) - 1
    edges = list(others[places])
    if len(others) < len(ordered):
        edges += [0.0] if distinct[0] >= 0 else [np.nextafter(0, -1), 0.0]
    return np.unique([edge for edge in edges if edge < distinct[-1]])


def counts_in(ordered: np.ndarray, edges: np.ndarray, missing: int) -> np.ndarray:
    """Rows of each bin; the last count is that of rows without a value."""
    below = np.searchsorted(ordered, edges, side="right")
    return np.array([*np.diff([0, *below, len(ordered)]), missing])


def psi(before: Sequence[int] | np.ndarray, now: Sequence[int] | np.ndarray) -> float:
    """Population stability index of two sets of counts over the same bins: 0 is no change, 0.25 is a different column.

    The sum over bins of (now - before) * ln(now / before), in shares. Half a row is added to each bin, so that a bin
    which was or became empty counts for much, not for infinity.

    >>> round(psi([50, 50], [50, 50]), 3), round(psi([500, 500], [300, 700]), 2)
    (0.0, 0.17)
    """
    old, new = _shares(before), _shares(now)
    return float(np.sum((new - old) * np.log(new / old)))


def information_value(rows: np.ndarray, leavers: np.ndarray) -> tuple[float, float]:
    """How far leavers and stayers lie apart over the bins, less what chance alone would give; never below 0.

    The same sum as :func:`psi`, of stayers against leavers. Under chance it is about (bins - 1) * (1/leavers +
    1/stayers), which a small month would take for a good column.

    Args:
        rows, leavers: counts of each bin, rows without a value among them.

    Returns:
        The value, and its standard error if the column told nothing (2 x degrees of freedom as of a chi-squared).
    """
    rows, leavers = np.asarray(rows), np.asarray(leavers)
    stayers, used = rows - leavers, int((rows > 0).sum())
    if not leavers.sum() or not stayers.sum() or used < 2:
        return 0.0, 0.0
    there, each = rows > 0, 1 / leavers.sum() + 1 / stayers.sum()
    value = psi(stayers[there], leavers[there]) - (used - 1) * each
    return float(max(value, 0.0)), float(np.sqrt(2 * (used - 1)) * each)


def auc_of(ordered: np.ndarray, leaving: np.ndarray) -> float | None:
    """Chance that a leaver's value lies above a stayer's, ties half: below 0.5 low values go with leaving.

    Args:
        ordered: known values of everybody, ascending.
        leaving: known values of those who left.

    Returns:
        None when nobody left or nobody stayed.
    """
    leavers, stayers = len(leaving), len(ordered) - len(leaving)
    if not leavers or not stayers:
        return None
    below = np.searchsorted(ordered, leaving, side="left").sum()
    up_to = np.searchsorted(ordered, leaving, side="right").sum()
    twice_ranks = (
        int(below) + int(up_to) + leavers
    )  # a value's mean rank is (below + up_to + 1) / 2
    return (twice_ranks - leavers * (leavers + 1)) / 2 / (leavers * stayers)


def auc_error(known: int, leaving: int) -> float | None:
    """Standard error of :func:`auc_of` if the column told nothing, for so many known values, some of leavers."""
    stayers = known - leaving
    return (
        float(np.sqrt((known + 1) / (12 * leaving * stayers)))
        if leaving and stayers
        else None
    )


def _shares(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    given = np.asarray(counts, dtype=float) + 0.5
    return given / given.sum()
