"""What the present model leaves unexplained, and how much of it a column explains on rows held out.

A column is cut into twelve bins of equal size and one for NULL. On the rows to fit, each bin gets the step in log-odds
that brings the leavers the model expects in it to those that were there, drawn towards none as if two more leavers had
been expected and found. On the rows held out the gain is the log likelihood that the steps win, in nats. Nothing is won
by what the model knows already, and a column of noise loses about half a nat a bin.

This is one leaf-wise step of boosting (Friedman 2001, Greedy function approximation), in odds instead of Newton's step,
which overshoots where leavers are rare: from 6 % to 35 % it takes 5 in log-odds where 2 are right.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

BINS = 12
EXPECTED_BEFORE = 2.0  # leavers that each bin is thought to have had, as expected, before anything is seen
EDGE_ROWS = 4_096  # rows that the edges of bins are taken from
FEWEST_VALUES = 100


def probability(margin: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-margin))


def log_likelihood(margin: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """Of each row, in nats; 0 is certain and right."""
    return np.where(churned, margin, 0.0) - np.logaddexp(0.0, margin)


@dataclass(frozen=True)
class Bins:
    """Edges that cut a column; NULL has the last bin."""

    edges: np.ndarray

    @property
    def count(self) -> int:
        return len(self.edges) + 2

    def of(self, column: np.ndarray) -> np.ndarray:
        found = np.searchsorted(self.edges, column, side="right")
        found[np.isnan(column)] = len(self.edges) + 1
        return found


def cut(column: np.ndarray) -> Bins | None:
    """Bins of about equal size, from at most 4,096 evenly spread rows; None where nearly all is NULL or one value."""
    some = column[:: max(1, len(column) // EDGE_ROWS)]
    known = some[np.isfinite(some)]
    if len(known) < FEWEST_VALUES or np.isinf(column).any():
        return None
    edges = np.unique(
        np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="higher")
    )
    return Bins(edges) if edges[-1] > known.min() else None


@dataclass(frozen=True)
class Residual:
    """Rows to search on, with the log-odds of a model that did not see them.

    Attributes:
        margin: calibrated log-odds of each row.
        churned: its label.
        part: the fold it is held out in, 0, 1, 2, ...; months in order, or groups of customers.
        forward: steps for part j are fitted on parts before it (months); otherwise on all other parts (groups).
    """

    margin: np.ndarray
    churned: np.ndarray
    part: np.ndarray
    forward: bool

    @cached_property
    def expected(self) -> np.ndarray:
        """The probability of leaving that the model gives each row."""
        return probability(self.margin)

    @cached_property
    def parts(self) -> int:
        return int(self.part.max()) + 1

    def gains(self, column: np.ndarray) -> np.ndarray | None:
        """Nats won on each part that is judged; None where the column cannot be cut."""
        bins = cut(column)
        if bins is None:
            return None
        cell = self.part * bins.count + bins.of(column)
        sums = self._sums(cell, self.parts * bins.count).reshape(
            3, self.parts, bins.count
        )
        others = (
            np.cumsum(sums, axis=1) - sums
            if self.forward
            else sums.sum(axis=1, keepdims=True) - sums
        )
        step = self._step(others)
        if self.forward:
            step[0] = 0.0
        moved = np.log1p(self.expected * np.expm1(step).ravel()[cell])
        won = (step * sums[1]).sum(axis=1) - np.bincount(self.part, moved, self.parts)
        return won[1:] if self.forward else won

    def steps(self, column: np.ndarray) -> tuple[Bins, np.ndarray] | None:
        """Bins, and the step of each, fitted on all rows: what is then applied to customers not among them."""
        bins = cut(column)
        return (
            None
            if bins is None
            else (bins, self._step(self._sums(bins.of(column), bins.count)))
        )

    def moved(self, step: np.ndarray) -> "Residual":
        """The same rows after the model has taken the step of each row."""
        return Residual(self.margin + step, self.churned, self.part, self.forward)

    def _sums(self, cell: np.ndarray, cells: int) -> np.ndarray:
        """Rows, leavers and expected leavers of each cell."""
        weights = (None, self.churned, self.expected)
        return np.array(
            [np.bincount(cell, weight, cells) for weight in weights], dtype=float
        )

    def _step(self, sums: np.ndarray) -> np.ndarray:
        """Log-odds of the leavers found less those of the leavers expected, of each cell."""
        rate = float(self.expected.mean())
        rows = sums[0] + EXPECTED_BEFORE / rate
        found, expected = ((each + EXPECTED_BEFORE) / rows for each in sums[1:])
        return np.log(found / (1.0 - found)) - np.log(expected / (1.0 - expected))
