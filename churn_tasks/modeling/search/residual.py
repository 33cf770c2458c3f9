"""What the present model leaves unexplained, and how much of it a column explains for customers held out.

A column is cut into twelve bins of equal size and one for NULL. On the rows to fit, each bin gets the step in log-odds
that brings the leavers the model expects in it to those that were there, drawn towards none as if two more leavers had
been expected and found. On the rows held out the gain is the log likelihood that the steps win, in nats. Nothing is won
by what the model knows already, and a column of noise loses about half a nat a bin.

This is one leaf-wise step of boosting (Friedman 2001, Greedy function approximation), in odds instead of Newton's step,
which overshoots where leavers are rare: from 6 % to 35 % it takes 5 in log-odds where 2 are right.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from churn_tasks.modeling.binning import bin_numbers, quantile_edges

BINS = 12
EXPECTED_BEFORE = 2.0  # leavers that each bin is thought to have had, as expected, before anything is seen
EDGE_ROWS = 4_096  # rows that the edges of bins are taken from
FEWEST_VALUES = 100


def log_likelihood(margin: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """Of each row, in nats; 0 is certain and right."""
    return np.where(churned, margin, 0.0) - np.logaddexp(0.0, margin)


def edges_for(column: np.ndarray) -> np.ndarray | None:
    """Edges of the bins, from at most 4,096 evenly spread rows; None where nearly all is NULL or one value."""
    some = column[:: max(1, len(column) // EDGE_ROWS)]
    known = some[np.isfinite(some)]
    if len(known) < FEWEST_VALUES or np.isinf(column).any():
        return None
    edges = quantile_edges(known, BINS)
    return edges if edges[0] < known.max() else None


@dataclass(frozen=True)
class Steps:
    """What a column adds to the log-odds of a row, by the bin that the row lies in."""

    edges: np.ndarray
    by_bin: np.ndarray

    def of(self, column: np.ndarray) -> np.ndarray:
        return self.by_bin[bin_numbers(column, self.edges)]


@dataclass(frozen=True)
class Residual:
    """Rows to search on, with the log-odds of a model that did not see them.

    Attributes:
        margin: calibrated log-odds of each row.
        churned: its label.
        group: the group of customers it is in, 0, 1, 2, ...; each is held out once.
    """

    margin: np.ndarray
    churned: np.ndarray
    group: np.ndarray

    @cached_property
    def expected(self) -> np.ndarray:
        """The probability of leaving that the model gives each row."""
        return expit(self.margin)

    @property
    def loss(self) -> float:
        """Log loss of the model, in nats."""
        return -float(log_likelihood(self.margin, self.churned).sum())

    def gains(self, column: np.ndarray) -> np.ndarray | None:
        """Nats won on each group by steps fitted on the others; None where the column cannot be cut."""
        edges = edges_for(column)
        if edges is None:
            return None
        groups = int(self.group.max()) + 1
        bins = len(edges) + 2
        cell = self.group * bins + bin_numbers(column, edges)
        sums = self._sums(cell, groups * bins).reshape(3, groups, bins)
        everybody = sums.sum(axis=1, keepdims=True)
        step = self._step(everybody - sums)
        leavers = sums[1]
        won = (step * leavers).sum(axis=1)
        lost = np.log1p(self.expected * np.expm1(step).ravel()[cell])
        return won - np.bincount(self.group, lost, groups)

    def steps(self, column: np.ndarray) -> Steps:
        """Steps fitted on all rows, for customers who are not among them, of a column that can be cut."""
        edges = edges_for(column)
        assert edges is not None, "a column that gains can be cut"
        sums = self._sums(bin_numbers(column, edges), len(edges) + 2)
        return Steps(edges, self._step(sums))

    def moved(self, step: np.ndarray) -> "Residual":
        """The same rows after the model has taken the step of each row."""
        return replace(self, margin=self.margin + step)

    def _sums(self, cell: np.ndarray, cells: int) -> np.ndarray:
        """Rows, leavers and expected leavers of each cell."""
        rows = np.bincount(cell, minlength=cells)
        leavers = np.bincount(cell, self.churned, cells)
        expected = np.bincount(cell, self.expected, cells)
        return np.array([rows, leavers, expected], dtype=float)

    def _step(self, sums: np.ndarray) -> np.ndarray:
        """Log-odds of the leavers found less those of the leavers expected, of each cell."""
        rows, leavers, expected = sums
        of = rows + EXPECTED_BEFORE / float(self.expected.mean())
        true_odds = logit((leavers + EXPECTED_BEFORE) / of)
        model_odds = logit((expected + EXPECTED_BEFORE) / of)
        return true_odds - model_odds
