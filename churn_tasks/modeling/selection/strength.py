"""What each column tells about leaving, taken alone: how often it is known and varies, information value and AUC.

The last two hold leavers against the stayers of their own month (``within_months.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from churn_tasks.modeling.auc import CHANCE, auc_of, better, error_under_chance
from churn_tasks.modeling.binning import counts_in, edges_of, information_value
from churn_tasks.modeling.frames import UNKNOWN, FeatureSet, Sample
from churn_tasks.modeling.selection.within_months import (
    MonthPart,
    averaged_counts,
    evidence_of,
    month_parts,
)

RAREST_VALUE = (
    0.01  # texts of fewer rows share one bin: too few for a rate of their own
)


@dataclass(frozen=True)
class Strength:
    """One column over the training rows.

    Attributes:
        missing_share: rows without a value.
        varied_share: rows that differ from the commonest value, no value counting as one.
        iv: information value of shares averaged over the months, less what chance gives.
        auc: chance that a leaver's value lies above a stayer's of the same month, averaged over the months; None for
            texts, and where nothing is known.
        levels: values of a text, no value not counted; 0 for numbers.
        iv_error, auc_error: standard errors of the two if the column told nothing.
    """

    missing_share: float
    varied_share: float
    iv: float
    auc: float | None
    iv_error: float = 0.0
    auc_error: float = 0.0
    levels: int = 0

    @property
    def better_auc(self) -> float:
        """The AUC in whichever direction is better; 0.5 tells nothing."""
        return CHANCE if self.auc is None else better(self.auc)

    @property
    def weakness(self) -> tuple[float, float]:
        """Orders columns by information value, then AUC, the strongest first."""
        return -round(self.iv, 9), -round(self.better_auc, 9)

    def tells(self, min_iv: float, min_auc: float, certainty: float) -> bool:
        """Whether one of the two figures lies above its floor, and so many standard errors above chance."""
        iv_floor = max(min_iv, certainty * self.iv_error)
        auc_floor = max(min_auc, CHANCE + certainty * self.auc_error)
        return self.iv >= iv_floor or self.better_auc >= auc_floor


def strengths(rows: Sample, features: FeatureSet) -> dict[str, Strength]:
    """Every column of the set, in its order."""
    parts = month_parts(rows.months, rows.churned)
    known = {}
    for name in features.names:
        judged = of_numbers if name in features.numeric else _of_texts
        known[name] = judged(rows.features[name].to_numpy(), parts)
    return known


def of_numbers(values: np.ndarray, parts: Sequence[MonthPart]) -> Strength:
    """A column of numbers, NaN where unknown.

    Args:
        parts: the months whose leavers and stayers are compared.
    """
    unknown = np.isnan(values)
    ordered = np.sort(values[~unknown])
    edges = edges_of(ordered)
    counts = []
    aucs = _Averaged()
    for part in parts:
        given = values[part.rows]
        is_known = ~unknown[part.rows]
        those = np.sort(given[is_known])
        leaving = np.sort(given[is_known & part.left])
        leavers_missing = part.leavers - len(leaving)
        rows = counts_in(those, edges, len(given) - len(those))
        counts.append((rows, counts_in(leaving, edges, leavers_missing)))
        aucs.add(those, leaving)
    iv, iv_error = information_value(*averaged_counts(parts, counts))
    missing = int(unknown.sum())
    commonest = max(_most_repeated(ordered), missing)
    return Strength(
        missing_share=float(unknown.mean()),
        varied_share=1 - commonest / max(len(values), 1),
        iv=iv,
        auc=aucs.auc,
        iv_error=iv_error,
        auc_error=aucs.error,
    )


class _Averaged:
    """The AUC averaged over months, each weighed by the evidence of its known values."""

    def __init__(self) -> None:
        self._weight = 0.0
        self._sum = 0.0
        self._variance = 0.0

    def add(self, ordered: np.ndarray, leaving: np.ndarray) -> None:
        auc = auc_of(ordered, leaving)
        error = error_under_chance(len(ordered), len(leaving))
        if auc is None or error is None:
            return
        weight = evidence_of(len(ordered), len(leaving))
        self._weight += weight
        self._sum += weight * auc
        self._variance += (weight * error) ** 2

    @property
    def auc(self) -> float | None:
        """None where no month has known values of leavers and of stayers."""
        if not self._weight:
            return None
        return self._sum / self._weight

    @property
    def error(self) -> float:
        """Standard error if the column told nothing; 0 without an AUC."""
        if not self._weight:
            return 0.0
        return sqrt(self._variance) / self._weight


def _of_texts(values: np.ndarray, parts: Sequence[MonthPart]) -> Strength:
    """A column of texts; rare ones share one bin."""
    names, place = np.unique(values.astype(str), return_inverse=True)
    rows = np.bincount(place, minlength=len(names))
    is_rare = rows < RAREST_VALUE * len(values)
    counts = []
    for part in parts:
        those = place[part.rows]
        everybody = np.bincount(those, minlength=len(names))
        leavers = np.bincount(those[part.left], minlength=len(names))
        counts.append((_pooled(everybody, is_rare), _pooled(leavers, is_rare)))
    iv, iv_error = information_value(*averaged_counts(parts, counts))
    total = max(len(values), 1)
    return Strength(
        missing_share=float(rows[names == UNKNOWN].sum() / total),
        varied_share=float(1 - rows.max(initial=0) / total),
        iv=iv,
        auc=None,
        iv_error=iv_error,
        levels=int((names != UNKNOWN).sum()),
    )


def _pooled(counts: np.ndarray, is_rare: np.ndarray) -> np.ndarray:
    return np.append(counts[~is_rare], counts[is_rare].sum())


def _most_repeated(ordered: np.ndarray) -> int:
    """Rows with the commonest value of an ascending column."""
    if not len(ordered):
        return 0
    starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
    return int(np.diff(np.append(starts, len(ordered))).max())
