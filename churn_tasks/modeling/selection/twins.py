"""Columns that say the same: of each cluster of close ranks the one that tells most stays."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = 4  # so that the last bits of a product never decide


def rank_correlations(frame: "pd.DataFrame", names: Sequence[str]) -> np.ndarray:
    """Spearman's correlation of every two columns of numbers, rounded to four decimals.

    An unknown value takes the middle rank, so that columns which are merely unknown together do not look alike.
    A column without any variation correlates with nothing.
    """
    from scipy.stats import rankdata
    from threadpoolctl import threadpool_limits

    ranks = np.zeros((len(frame), len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        values = frame[name].to_numpy()
        known = ~np.isnan(values)
        if known.any():
            ranks[known, place] = _unit_length(rankdata(values[known]))
    with threadpool_limits(1, user_api="blas"):
        return np.round(ranks.T @ ranks, DECIMALS)


def _unit_length(ranks: np.ndarray) -> np.ndarray:
    """Ranks about their middle, scaled so that the product of two columns is their correlation."""
    centred = ranks - (len(ranks) + 1) / 2
    length = np.sqrt(np.square(centred).sum())
    return centred / length if length else np.zeros(len(ranks))


def closest_kept(
    names: Sequence[str], close: np.ndarray, limit: float, pinned: frozenset[str]
) -> dict[str, tuple[str, float]]:
    """Each column that falls out, with the kept one that it is closest to and their correlation.

    Args:
        names: from the one that tells most to the one that tells least.
        close: correlations in the same order.
        limit: absolute correlation from which two say the same.
        pinned: these stay, whatever they are close to.
    """
    near = np.abs(close)
    kept = [place for place, name in enumerate(names) if name in pinned]
    out: dict[str, tuple[str, float]] = {}
    for place, name in enumerate(names):
        if name in pinned:
            continue
        nearest = max(kept, key=lambda other: near[place, other], default=place)
        if nearest != place and near[place, nearest] >= limit:
            out[name] = (names[nearest], float(close[place, nearest]))
        else:
            kept.append(place)
    return out
