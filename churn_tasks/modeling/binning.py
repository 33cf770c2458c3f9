"""Bins of one column that stay the same from month to month, and what is read off the counts in them.

Worked example: ``edges_of`` gives (0, 10, 30) for a column that is often 0. Its bins are up to 0, above 0 up to 10,
above 10 up to 30, above 30, and one for rows without a value: five counts. The outer bins are open, so a later month's
values beyond anything seen before are counted, never dropped.

Where a column is looked at once and put away, ``quantile_edges`` cuts it into parts with about as many rows each, and
``bin_numbers`` says in which of them each row lies.
"""

from collections.abc import Sequence

import numpy as np

MOST_VALUES = 12  # up to so many different values each has a bin of its own
PARTS = 10
UNKNOWN_BIN = 0


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
    edges = _upper_ends(others, PARTS)
    if len(others) < len(ordered):
        edges = np.concatenate([edges, _ends_around_zero(distinct[0])])
    return np.unique(edges[edges < distinct[-1]])


def _upper_ends(ordered: np.ndarray, parts: int) -> np.ndarray:
    """The last value of each part but the last, of parts with about as many rows each."""
    rows = np.ceil(np.arange(1, parts) * len(ordered) / parts).astype(int)
    return ordered[rows - 1]


def _ends_around_zero(lowest: float) -> list[float]:
    if lowest >= 0:
        return [0.0]
    just_below = float(np.nextafter(0, -1))
    return [just_below, 0.0]


def counts_in(ordered: np.ndarray, edges: np.ndarray, missing: int) -> np.ndarray:
    """Rows of each bin; the last count is that of rows without a value."""
    up_to = np.searchsorted(ordered, edges, side="right")
    ends = [0, *up_to, len(ordered)]
    return np.append(np.diff(ends), missing)


def quantile_edges(known: np.ndarray, parts: int) -> np.ndarray:
    """Upper ends (inclusive) of so many bins, but of the last; each occurs, and equal values stay together."""
    if not len(known):
        return np.array([])
    shares = np.linspace(0, 1, parts + 1)[1:-1]
    return np.unique(np.quantile(known, shares, method="lower"))


def bin_numbers(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each row: 0 where the value is unknown (NaN), then 1 for the lowest range."""
    numbers = 1 + np.searchsorted(edges, values, side="left")
    numbers[np.isnan(values)] = UNKNOWN_BIN
    return numbers


def psi(before: Sequence[int] | np.ndarray, now: Sequence[int] | np.ndarray) -> float:
    """Population stability index of two sets of counts over the same bins: 0 is no change, 0.25 is a different column.

    The sum over bins of (now - before) * ln(now / before), in shares. Half a row is added to each bin, so that a bin
    which was or became empty counts for much, not for infinity.

    >>> round(psi([50, 50], [50, 50]), 3), round(psi([500, 500], [300, 700]), 2)
    (0.0, 0.17)
    """
    old, new = _shares(before), _shares(now)
    return float(np.sum((new - old) * np.log(new / old)))


def _shares(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    given = np.asarray(counts, dtype=float) + 0.5
    return given / given.sum()


def information_value(rows: np.ndarray, leavers: np.ndarray) -> tuple[float, float]:
    """How far leavers and stayers lie apart over the bins, less what chance alone would give; never below 0.

    The same sum as :func:`psi`, of stayers against leavers. Under chance it is about (bins - 1) * (1/leavers +
    1/stayers), which a small month would take for a good column.

    Args:
        rows, leavers: counts of each bin, rows without a value among them.

    Returns:
        The value, and its standard error if the column told nothing (2 x degrees of freedom as of a chi-squared).
    """
    stayers = rows - leavers
    used = rows > 0
    freedom = int(used.sum()) - 1
    if not leavers.sum() or not stayers.sum() or freedom < 1:
        return 0.0, 0.0
    by_chance = 1 / leavers.sum() + 1 / stayers.sum()
    value = psi(stayers[used], leavers[used]) - freedom * by_chance
    error = np.sqrt(2 * freedom) * by_chance
    return float(max(value, 0.0)), float(error)
