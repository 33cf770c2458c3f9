"""What a model learnt from, as it is kept with the model: of each column the bins, the rows in them, and the values.

Bins are open at both ends and one is for rows without a value (``modeling/binning.py``): nothing that a later month
holds falls between them. A model holds all of it as one JSON text, so that its file needs no type of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_tasks.modeling.binning import psi
from churn_tasks.modeling.distribution import Bins
from churn_tasks.modeling.frames import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

SCORE = "churn_score"  # under this name the scores stand beside the columns
MOST_ROWS = 20_000  # looked at
MOST_VALUES = 500  # texts with more values than this are not told apart


@dataclass(frozen=True)
class LearntColumn:
    """One column, or the scores, over the training rows.

    Attributes:
        counts: rows in each bin; the last count is that of rows without a value.
        usual: the furthest that a training month lies from all of them (:func:`moved`).
        values: the texts that occur; None of numbers, and of texts too many to tell one that is new.
    """

    bins: Bins
    counts: np.ndarray
    usual: float = 0.0
    values: tuple[str, ...] | None = None


Learnt = Mapping[str, LearntColumn]


def learnt_columns(
    frame: "pd.DataFrame", months: np.ndarray
) -> dict[str, LearntColumn]:
    """Each column of the training rows; of many rows every n-th is looked at.

    Args:
        months: the month of each row.
    """
    step = -(-len(frame) // MOST_ROWS)
    some, of_month = frame.iloc[::step], months[::step]
    return {name: _learnt(plain_values(some[name]), of_month) for name in some}


def learnt_scores(
    scores: np.ndarray, churned: np.ndarray, stayers_kept: float
) -> LearntColumn:
    """Scores that were given to training rows by models which had not seen them.

    Args:
        stayers_kept: share of the stayers that are among the rows; each counts for those who were left out.
    """
    bins = Bins.of(scores)
    leavers, stayers = bins.counts(scores[churned]), bins.counts(scores[~churned])
    return LearntColumn(bins, leavers + stayers / stayers_kept)


def as_json(learnt: Learnt) -> str:
    """All of it as one text, for the model's file."""
    columns: dict[str, Any] = {}
    for name, column in learnt.items():
        edges = column.bins.edges
        columns[name] = {
            "edges": None if edges is None else edges.tolist(),
            "texts": column.bins.texts,
            "counts": column.counts.tolist(),
            "usual": column.usual,
            "values": column.values,
        }
    return json.dumps(columns)


def from_json(text: str) -> dict[str, LearntColumn]:
    """What :func:`as_json` wrote; nothing of a model that was saved without."""
    learnt = {}
    for name, kept in json.loads(text or "{}").items():
        edges, values = kept["edges"], kept["values"]
        bins = Bins(
            None if edges is None else np.array(edges, dtype=float),
            tuple(kept["texts"]),
        )
        counts = np.array(kept["counts"], dtype=float)
        known = None if values is None else tuple(values)
        learnt[name] = LearntColumn(bins, counts, kept["usual"], known)
    return learnt


def plain_values(column: "pd.Series") -> np.ndarray:
    """A column as bins take it: floats with NaN, or texts with None, where there is no value."""
    if column.dtype.kind == "f":
        return column.to_numpy()
    values = column.to_numpy(dtype=object).copy()
    values[column.isna().to_numpy() | (values == UNKNOWN)] = None
    return values


def moved(before: np.ndarray, now: np.ndarray) -> float:
    """Population stability index of two counts over the same bins, less what chance alone gives; never below 0.

    By chance it is about (bins - 1) * (1/rows before + 1/rows now): between months of 500 customers 0.04 over eleven
    bins. 0.1 is usually called worth a look, 0.25 a shift (Siddiqi 2006, Credit Risk Scorecards).
    """
    if not before.sum() or not now.sum():
        return 0.0
    used = (before + now) > 0
    by_chance = (used.sum() - 1) * (1 / before.sum() + 1 / now.sum())
    return float(max(psi(before[used], now[used]) - by_chance, 0.0))


def _learnt(values: np.ndarray, months: np.ndarray) -> LearntColumn:
    bins = Bins.of(values)
    counts = bins.counts(values)
    usual = 0.0
    for month in np.unique(months):
        of_month = bins.counts(values[months == month])
        usual = max(usual, moved(counts, of_month))
    return LearntColumn(bins, counts, usual, _texts(values))


def _texts(values: np.ndarray) -> tuple[str, ...] | None:
    if values.dtype.kind == "f":
        return None
    texts = sorted({str(value) for value in values if value is not None})
    return tuple(texts) if len(texts) <= MOST_VALUES else None
