"""Rows of the training window made ready for a search: what the present model says of each, and who is kept apart.

The present model is the boosted candidate on every column offered, fitted on four fifths of the customers and applied
to the rest, so that no row is judged by a model that has seen its customer. Three customers in ten are kept apart: the
search never sees them, and a formula is found only when it adds something for them too.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from churn_tasks.modeling.calibration import platt
from churn_tasks.modeling.families.lightgbm import Parameters, fit
from churn_tasks.modeling.fitted import LearntRows
from churn_tasks.modeling.folds import customer_folds, groups_of
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.search.residual import Residual

APART_PER_MILLE = 300
SEARCHED_ROWS = 12_000


@dataclass(frozen=True)
class Prepared:
    """Rows of all customers, and a mask of those kept apart.

    Attributes:
        columns: numeric features by name, float64, NaN where unknown.
        margin: calibrated log-odds of the present model, which has not seen the row's customer.
    """

    rows: Sample
    columns: Mapping[str, np.ndarray]
    margin: np.ndarray
    apart: np.ndarray

    @cached_property
    def searched(self) -> np.ndarray:
        """Positions of the rows that the search looks at: all leavers not kept apart, and stayers evenly spread."""
        leavers, stayers = self._seen(left=True), self._seen(left=False)
        return np.sort(np.concatenate([leavers, stayers[:: self._one_in]]))

    @property
    def _one_in(self) -> int:
        """One stayer in so many is taken."""
        leavers = len(self._seen(left=True))
        stayers = len(self._seen(left=False))
        room = max(SEARCHED_ROWS - leavers, SEARCHED_ROWS // 2)
        return max(1, -(-stayers // room))

    def _seen(self, *, left: bool) -> np.ndarray:
        return np.flatnonzero(~self.apart & (self.rows.churned == left))

    def residual(self) -> Residual:
        """What the present model leaves unexplained of the searched rows.

        Where one stayer in k stands for all, everybody's log-odds are higher by log k, and nothing else changes
        (Prentice and Pyke 1979, Logistic disease incidence models and case-control studies).
        """
        chosen = self.searched
        margin = self.margin[chosen] + np.log(self._one_in)
        groups = groups_of(self.rows.customers[chosen])
        return Residual(margin, self.rows.churned[chosen], groups)

    def of(self, names: Iterable[str], rows: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of some of the rows, given as a mask or positions."""
        return {name: self.columns[name][rows] for name in names}


def prepare(rows: Sample, features: FeatureSet, seed: int, threads: int) -> Prepared:
    """Fit the present model and put customers apart.

    Args:
        rows: of the training window, both classes present.
    """
    folds = customer_folds(rows.customers)
    learnt = LearntRows.of(rows, features, folds, seed, threads)
    fitted = fit(learnt, Parameters())
    margin = np.empty(len(rows))
    margin[np.concatenate([judged for _, judged in folds])] = fitted.margins
    slope, intercept = platt(margin, rows.churned)
    columns = {
        name: rows.features[name].to_numpy(dtype=float) for name in features.numeric
    }
    apart = kept_apart(rows.customers)
    return Prepared(rows, columns, slope * margin + intercept, apart)


def kept_apart(customers: np.ndarray) -> np.ndarray:
    """Mask of the customers whom the search never sees; the same in all months and whatever the seed."""
    digests = [
        hashlib.blake2b(f"apart {customer}".encode(), digest_size=4).digest()
        for customer in customers
    ]
    drawn = np.array([int.from_bytes(digest, "big") for digest in digests])
    return drawn % 1000 < APART_PER_MILLE
