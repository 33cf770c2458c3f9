"""What each column tells about leaving, taken alone: how often it is known and varies, information value and AUC."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.modeling.binning import (
    auc_error,
    auc_of,
    counts_in,
    edges_of,
    information_value,
)
from churn_tasks.modeling.frames import FeatureSet, Sample

RAREST_VALUE = 0.01  # texts of fewer rows share one bin, as the models' encoder has it


@dataclass(frozen=True)
class Strength:
    """One column over the training rows.

    Attributes:
        missing_share: rows without a value.
        varied_share: rows that differ from the commonest value, no value counting as one.
        iv: information value, less what chance gives.
        auc: chance that a leaver's value lies above a stayer's; None for texts, and where nothing is known.
        iv_error, auc_error: standard errors of the two if the column told nothing.
    """

    missing_share: float
    varied_share: float
    iv: float
    auc: float | None
    iv_error: float = 0.0
    auc_error: float = 0.0

    @property
    def better_auc(self) -> float:
        """The AUC in whichever direction is better; 0.5 tells nothing."""
        return 0.5 if self.auc is None else max(self.auc, 1 - self.auc)

    def tells(self, min_iv: float, min_auc: float, certainty: float) -> bool:
        """Whether one of the two figures lies above its floor, and so many standard errors above chance."""
        return (
            self.iv >= max(min_iv, certainty * self.iv_error)
            or self.better_auc >= max(min_auc, 0.5 + certainty * self.auc_error)
        )  # fmt: skip


def strengths(rows: Sample, features: FeatureSet) -> dict[str, Strength]:
    """Every column of the set, in its order."""
    found = {
        name: of_numbers(rows.features[name].to_numpy(), rows.churned)
        for name in features.numeric
    }
    found |= {
        name: _of_texts(rows.features[name].to_numpy(), rows.churned)
        for name in features.text
    }
    return {name: found[name] for name in features.names}


def of_numbers(values: np.ndarray, churned: np.ndarray) -> Strength:
    """A column of numbers, NaN where unknown."""
    known = ~np.isnan(values)
    ordered, leaving = np.sort(values[known]), np.sort(values[known & churned])
    edges, missing = edges_of(ordered), ~known
    counts = counts_in(ordered, edges, int(missing.sum()))
    leavers = counts_in(leaving, edges, int((missing & churned).sum()))
    iv, iv_error = information_value(counts, leavers)
    return Strength(
        missing_share=float(missing.mean()),
        varied_share=1
        - max(_most_repeated(ordered), int(missing.sum())) / max(len(values), 1),
        iv=iv,
        auc=auc_of(ordered, leaving),
        iv_error=iv_error,
        auc_error=auc_error(len(ordered), len(leaving)) or 0.0,
    )


def _of_texts(values: np.ndarray, churned: np.ndarray) -> Strength:
    names, place = np.unique(values.astype(str), return_inverse=True)
    counts = np.bincount(place, minlength=len(names))
    leavers = np.bincount(place[churned], minlength=len(names))
    often = counts >= RAREST_VALUE * len(values)
    binned = [np.append(each[often], each[~often].sum()) for each in (counts, leavers)]
    missing = counts[names == "unknown"].sum() / max(len(values), 1)
    varied = 1 - counts.max(initial=0) / max(len(values), 1)
    iv, iv_error = information_value(*binned)
    return Strength(float(missing), float(varied), iv, None, iv_error)


def _most_repeated(ordered: np.ndarray) -> int:
    """Rows with the commonest value of an ascending column."""
    if not len(ordered):
        return 0
    starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
    return int(np.diff(np.append(starts, len(ordered))).max())
