"""Leavers held against the stayers of their own month, and the months averaged.

Where the leaving rate has a season, a column that only tells which month it is parts the leavers of a bad month from
the stayers of a good one, and looks like the best of all; in the next month it tells nothing. Within a month it tells
nothing from the first.

A month weighs by its evidence, ``leavers * stayers / (leavers + stayers)``: the inverse of the variance that chance
gives a difference between the two (as Mantel and Haenszel 1959 weigh strata). A month in which nobody left, or nobody
stayed, compares nothing and weighs nothing.

Worked example: 100 leavers and 900 stayers in a good month weigh 90, 400 and 600 in a bad one 240. Of the leavers 10 %
and 20 % lie in a bin: its share of leavers is (90 * 0.1 + 240 * 0.2) / 330 = 17 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MonthPart:
    """The rows of one month in which some left and some stayed.

    Attributes:
        rows: their positions.
        left: of each of them whether it is a leaver.
    """

    rows: np.ndarray
    left: np.ndarray

    @property
    def leavers(self) -> int:
        return int(self.left.sum())

    @property
    def evidence(self) -> float:
        """What the month weighs."""
        return evidence_of(len(self.left), self.leavers)


def evidence_of(rows: int, leavers: int) -> float:
    """``leavers * stayers / (leavers + stayers)``; 0 of nobody.

    >>> evidence_of(1000, 100), evidence_of(1000, 400)
    (90.0, 240.0)
    """
    return leavers * (rows - leavers) / max(rows, 1)


def month_parts(months: np.ndarray, churned: np.ndarray) -> list[MonthPart]:
    """The rows of each month that compares something, earliest first.

    Args:
        months: month of each row, any ordered type.
        churned: the label of each row.
    """
    parts = []
    for month in np.unique(months):
        rows = np.flatnonzero(months == month)
        part = MonthPart(rows, churned[rows])
        if part.evidence:
            parts.append(part)
    return parts


def month_odds(months: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """Of each row the log-odds of leaving in its month; half a row is added to either side."""
    odds = np.zeros(len(months))
    for month in np.unique(months):
        rows = months == month
        leavers = churned[rows].sum()
        stayers = rows.sum() - leavers
        odds[rows] = np.log((leavers + 0.5) / (stayers + 0.5))
    return odds


def averaged_counts(
    parts: Sequence[MonthPart], counts: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and leavers of each bin as if every month had had the same leaving rate.

    The bins' shares of leavers, and of stayers, are averaged over the months by evidence; they are given as counts that
    hold as much evidence as the months together, so that what chance gives is taken off as from counts of one month. Of
    one month they are its own counts.

    Args:
        counts: of each part the rows and the leavers of every bin.
    """
    if not parts:
        return np.zeros(1), np.zeros(1)
    evidence = np.array([part.evidence for part in parts])
    leavers = np.array([left for _, left in counts], dtype=float)
    stayers = np.array([rows for rows, _ in counts], dtype=float) - leavers
    pooled = evidence_of(int(leavers.sum() + stayers.sum()), int(leavers.sum()))
    kept = evidence.sum() / pooled
    of_leavers = kept * leavers.sum() * _averaged_shares(leavers, evidence)
    of_stayers = kept * stayers.sum() * _averaged_shares(stayers, evidence)
    return of_leavers + of_stayers, of_leavers


def _averaged_shares(counts: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Share of each bin, months x bins, averaged over the months."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    return evidence @ shares / evidence.sum()
