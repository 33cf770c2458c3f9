"""What stands in for a value that is unknown for a customer and was known for all that the model learnt from.

What an unknown value means, a model learns from training rows that lack it. Without such rows nothing was learnt:
LightGBM reads a blank as 0, a regression as the middle value, and one blank row among thousands teaches its own fate.
Such a customer is scored without the column: the mean of the probabilities that the model gives with each of twenty
values that stand for the training rows in equal parts, all other columns as they are (Friedman 2001, partial
dependence). A level of a text that training never saw is unknown in this sense. Where several columns are unknown, each
has an order of its own, so that no two go up together (McKay, Beckman and Conover 1979, Latin hypercube).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.modeling.frames import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

VALUES = 20  # of each column
SEED = 0  # of the orders in which they are taken
NUMBERS = "fiub"  # kinds of numpy
StandIns = Mapping[str, np.ndarray]
Levels = Mapping[str, Collection[str]]  # by feature


def fewest_rows(rows: int) -> int:
    """Rows of a kind from which a model can learn something about it: one in 200, at least 10, 200 at most."""
    return int(np.clip(rows // 200, 10, 200))


def stand_ins(frame: "pd.DataFrame") -> dict[str, np.ndarray]:
    """Of each column that is known for all training rows, or unknown for too few to learn from, twenty values.

    Of texts always, because a level may come that training never saw.

    Args:
        frame: the features of the training rows, numbers with NaN and texts with ``unknown`` where there is no value.

    Returns:
        By column, in the order in which they are to be taken. A column without any known value has none.
    """
    chance = np.random.default_rng(SEED)
    fewest = fewest_rows(len(frame))
    found = {}
    for name in frame.columns:
        column = frame[name]
        unknown = is_unknown(column)
        known = column[~unknown].to_numpy()
        may_lack = unknown.sum() < fewest or column.dtype.kind not in NUMBERS
        if may_lack and len(known):
            found[name] = chance.permutation(_spread(known))
    return found


def unknown_shares(frame: "pd.DataFrame") -> dict[str, float]:
    """Of each column the share of rows without a value; 0 of no rows."""
    rows = max(len(frame), 1)
    return {name: float(is_unknown(frame[name]).sum() / rows) for name in frame}


def is_unknown(column: "pd.Series") -> np.ndarray:
    """Mask of the rows without a value, a number or a text."""
    empty = column.isna().to_numpy(dtype=bool)
    if column.dtype.kind in NUMBERS:
        return empty
    return empty | (column == UNKNOWN).to_numpy(dtype=bool)


def _spread(known: np.ndarray) -> np.ndarray:
    """The middle value of each of twenty equal parts, from the lowest to the highest."""
    ordered = np.sort(known)
    middles = (np.arange(VALUES) + 0.5) / VALUES
    return ordered[(middles * len(ordered)).astype(int)]


def known_levels(frame: "pd.DataFrame", text: Iterable[str]) -> dict[str, list[str]]:
    """The levels of each text column, in order; no value is one where enough rows lack one to learn what it means.

    Args:
        frame: the features of the training rows.
    """
    fewest = fewest_rows(len(frame))
    known = {}
    for name in text:
        rows = frame[name].value_counts()
        if rows.get(UNKNOWN, fewest) < fewest:
            rows = rows.drop(UNKNOWN)
        known[name] = sorted(rows.index)
    return known


def not_learnt(
    values: StandIns, frame: "pd.DataFrame", levels: Levels = MappingProxyType({})
) -> np.ndarray:
    """Mask, rows x columns of the frame: unknown where the model has seen known values alone, or a level it never saw.

    Args:
        levels: of texts those that it has seen (:func:`known_levels`).
    """
    mask = np.zeros(frame.shape, dtype=bool)
    for position, name in enumerate(frame.columns):
        if name not in values:
            continue
        if name in levels:
            mask[:, position] = ~frame[name].isin(levels[name])
        else:
            mask[:, position] = is_unknown(frame[name])
    return mask


def stood_in(
    values: StandIns, frame: "pd.DataFrame", mask: np.ndarray
) -> Iterator["pd.DataFrame"]:
    """The same rows twenty times, each time with another value where the mask (:func:`not_learnt`) is true."""
    positions = np.flatnonzero(mask.any(axis=0))
    for place in range(VALUES):
        filled = frame.copy()
        for position in positions:
            name = frame.columns[position]
            filled.loc[mask[:, position], name] = values[name][place]
        yield filled
