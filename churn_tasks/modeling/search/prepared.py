"""Rows of the training window made ready for a search: what the present model says of each, and who is kept apart.

The present model is the boosted candidate on every column offered, fitted on four fifths of the customers and applied
to the rest, so that no row is judged by a model that has seen its customer. Three customers in ten are kept apart: the
search never sees them, and a formula is found only when it adds something for them too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from churn_tasks.modeling.boosted import fit
from churn_tasks.modeling.calibration import platt
from churn_tasks.modeling.folds import GROUPS, customer_folds
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.search.residual import Residual

APART_PER_MILLE = 300
SEARCHED_ROWS = 12_000
ENOUGH_CHURNERS = 60  # of a month, for it to be judged by itself or to fit the next one


@dataclass(frozen=True)
class Prepared:
    """Rows of all customers, and a mask of those kept apart.

    Attributes:
        columns: numeric features by name, float64, NaN where unknown.
        margin: calibrated log-odds of the present model, which has not seen the row's customer.
        part: the fold of each row, and whether folds are months, each judged after the months before it.
    """

    rows: Sample
    columns: Mapping[str, np.ndarray]
    margin: np.ndarray
    part: np.ndarray
    forward: bool
    apart: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """Mask of the rows that the search may see."""
        return ~self.apart

    @cached_property
    def searched(self) -> np.ndarray:
        """Positions of the rows that formulas are judged on: all leavers seen, and stayers evenly spread."""
        leavers, stayers = (
            np.flatnonzero(self.seen & (self.rows.churned == left))
            for left in (True, False)
        )
        return np.sort(np.concatenate([leavers, stayers[:: self._step]]))

    @property
    def _step(self) -> int:
        """One stayer in so many is taken."""
        leavers = int((self.seen & self.rows.churned).sum())
        stayers = int(self.seen.sum()) - leavers
        return max(1, -(-stayers // max(SEARCHED_ROWS - leavers, SEARCHED_ROWS // 2)))

    def residual(self) -> Residual:
        """What the present model leaves unexplained of the searched rows.

        Where one stayer in k stands for all, everybody's log-odds are higher by log k, and nothing else changes
        (Prentice and Pyke 1979, Logistic disease incidence models and case-control studies).
        """
        rows = self.searched
        margin = self.margin[rows] + np.log(self._step)
        return Residual(margin, self.rows.churned[rows], self.part[rows], self.forward)

    def of(
        self, names: tuple[str, ...] | list[str], rows: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Columns of some of the rows, given as a mask or positions."""
        return {name: self.columns[name][rows] for name in names}


def prepare(rows: Sample, features: FeatureSet, seed: int, threads: int) -> Prepared:
    """Fit the present model and deal the rows out.

    Args:
        rows: of the training window, both classes present.
    """
    margin = present_model(rows, features, seed, threads)
    part, forward = parts(rows)
    columns = {
        name: rows.features[name].to_numpy(dtype=float) for name in features.numeric
    }
    return Prepared(rows, columns, margin, part, forward, kept_apart(rows.customers))


def present_model(
    rows: Sample, features: FeatureSet, seed: int, threads: int
) -> np.ndarray:
    """Calibrated log-odds of each row by a model of other customers."""
    folds = customer_folds(rows.customers)
    fitted = fit(rows.features, list(features.text), rows.churned, folds, seed, threads)
    margin = np.empty(len(rows))
    margin[np.concatenate([judged for _, judged in folds])] = fitted.margins
    slope, intercept = platt(margin, rows.churned)
    return slope * margin + intercept


def parts(rows: Sample) -> tuple[np.ndarray, bool]:
    """Months, those with few leavers taken together; groups of customers where that leaves one."""
    months = np.unique(rows.months)
    number, leavers = np.zeros(len(rows), dtype=int), 0
    part = 0
    for month in months:
        if leavers >= ENOUGH_CHURNERS:
            part, leavers = part + 1, 0
        number[rows.months == month] = part
        leavers += int(rows.churned[rows.months == month].sum())
    if leavers < ENOUGH_CHURNERS and part:
        number[number == part] = part - 1
        part -= 1
    if part:
        return number, True
    groups = np.array([_digest(customer, "part") for customer in rows.customers])
    return groups % GROUPS, False


def kept_apart(customers: np.ndarray) -> np.ndarray:
    """Mask of the customers whom the search never sees; the same in all months and whatever the seed."""
    return np.array(
        [_digest(customer, "apart") % 1000 < APART_PER_MILLE for customer in customers]
    )


def _digest(customer: object, purpose: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(f"{purpose} {customer}".encode(), digest_size=4).digest(), "big"
    )
