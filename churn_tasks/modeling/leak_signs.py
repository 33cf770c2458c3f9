"""What gives a column away that has seen the label: figures of one column taken alone.

A column may hold the truth without ranking it: months of use say nothing at 25 (all stay) but everything below (all
leave), and a customer who has bought must have visited. So beside the AUC four more are counted, each over bins:

* ``split_auc``: bins ranked by the leaving rate of one half of the customers, judged on the other half. It sees a
  column that is high in the middle, and a text; its own label never ranks a row.
* ``sure_leavers``: share of all leavers that lie in bins where nearly everybody leaves (85 % or more, and the odds of
  leaving are 10 times those of everybody); bins found on one half, counted on the other.
* ``sure_stayers``: share of all stayers that lie in bins where next to nobody leaves (odds a tenth).
* ``jump``: how far the AUC of the latest month lies from the middle of the months before: a leak that began with a
  change of the source is thin in all months together. ``latest_auc`` is that month's own.

How far clean columns and known leaks lie apart is in ``docs/leaks.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from churn_tasks.modeling.auc import CHANCE, auc_of_all, auc_of_counts, better
from churn_tasks.modeling.binning import UNKNOWN_BIN, bin_numbers, quantile_edges

MOST_BINS = 50
MOST_NAMED = 5  # bins in a message
RAREST_TEXT = 0.001  # share of rows; rarer texts share one bin
SURE_RATE = (
    0.85  # a status that is set before people leave is taken back for some of them
)
SURE_ODDS = 10.0  # times the odds of everybody
FEWEST_SURE = 3  # leavers of a bin in the half that finds it
FEWEST_OF_MONTH = 30  # leavers, and stayers, for the AUC of a month
FEWEST_BEFORE = 2  # months before the latest


@dataclass(frozen=True)
class Signs:
    """Figures of one column; shares in [0, 1].

    Attributes:
        auc: chance that a leaver's value lies above a stayer's or below it, whichever is more; unknown is lowest.
            None for texts.
        where_leavers, where_stayers: the bins of sure leavers and of sure stayers in words; empty without any.
    """

    auc: float | None
    split_auc: float
    sure_leavers: float
    sure_stayers: float
    jump: float
    latest_auc: float
    where_leavers: str
    where_stayers: str

    @property
    def best_auc(self) -> float:
        """The higher of both: 0.5 tells nothing, 1 tells all."""
        return max(self.auc or CHANCE, self.split_auc)


@dataclass(frozen=True)
class Binned:
    """A column as bin numbers; bin 0 is for rows without a value.

    Attributes:
        names: of each bin, in order; ``edges`` says that bins are ranges of numbers, ``(edge, next edge]``.
    """

    bins: np.ndarray
    names: tuple[str, ...]
    edges: np.ndarray | None = None


def signs_of(
    values: np.ndarray, churned: np.ndarray, half: np.ndarray, months: np.ndarray
) -> Signs:
    """The figures of one column.

    Args:
        values: floats with NaN where unknown, or texts.
        churned: the label.
        half: True for one half of the customers, who are on the same side in all months.
        months: month of each row, ordered.
    """
    is_number = values.dtype.kind == "f"
    column = numbers_binned(values) if is_number else texts_binned(values)
    rows, leavers = _counts(column, churned, half)
    stayers = rows - leavers
    sure, safe = _sure(leavers, stayers), _sure(stayers, leavers)
    auc, jump, latest = None, 0.0, CHANCE
    if is_number:
        auc = better(auc_of_all(values, churned))
        jump, latest = _jump(column, churned, months)
    return Signs(
        auc=auc,
        split_auc=_split_auc(leavers, stayers),
        sure_leavers=_share_in(sure, leavers),
        sure_stayers=_share_in(safe, stayers),
        jump=jump,
        latest_auc=latest,
        where_leavers=_words(column, np.logical_and(*sure)),
        where_stayers=_words(column, np.logical_and(*safe)),
    )


def numbers_binned(values: np.ndarray) -> Binned:
    """Up to 50 ranges with about as many rows each; equal values are never parted."""
    edges = quantile_edges(values[~np.isnan(values)], MOST_BINS)
    upper_ends = [f"{edge:g}" for edge in edges]
    names = ("unknown", *upper_ends, "")
    return Binned(bin_numbers(values, edges), names, edges)


def texts_binned(values: np.ndarray) -> Binned:
    """A bin for each text that is not rare; the rest share bin 0."""
    names, place, counts = np.unique(
        values.astype(str), return_inverse=True, return_counts=True
    )
    often = counts >= max(RAREST_TEXT * len(values), 2)
    numbers = np.where(often, np.cumsum(often), UNKNOWN_BIN)
    return Binned(numbers[place], ("rare", *names[often].tolist()))


def _counts(
    column: Binned, churned: np.ndarray, half: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and leavers, a line for each half and a column for each bin."""
    size = len(column.names)
    return _table(column.bins, half, churned, (2, size))


def _table(
    bins: np.ndarray, line: np.ndarray, churned: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and leavers by line and bin."""
    lines, size = shape
    cells = bins + size * line
    rows = np.bincount(cells, minlength=lines * size)
    leavers = np.bincount(cells[churned], minlength=lines * size)
    return rows.reshape(shape), leavers.reshape(shape)


def _split_auc(leavers: np.ndarray, stayers: np.ndarray) -> float:
    """Mean over both halves of the AUC that the other half's leaving rates give."""
    rows = leavers + stayers
    base = leavers.sum() / max(rows.sum(), 1)
    rate = (leavers + base) / (rows + 1)
    ascending = np.argsort(rate, axis=1, kind="stable")
    aucs = []
    for judged, ranking in ((0, ascending[1]), (1, ascending[0])):
        aucs.append(auc_of_counts(leavers[judged][ranking], stayers[judged][ranking]))
    return float(np.mean(aucs))


def _sure(those: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each half the bins in which nearly all are of one kind, far more so than among everybody."""
    odds = (those + 0.5) / (others + 0.5)
    everybody = max(those.sum(), 0.5) / max(others.sum(), 0.5)
    pure = those >= SURE_RATE * (those + others)
    return pure & (odds >= SURE_ODDS * everybody) & (those >= FEWEST_SURE)


def _share_in(sure: np.ndarray, those: np.ndarray) -> float:
    """Share of one kind that lies in bins which the other half found."""
    in_first = those[0][sure[1]].sum()
    in_second = those[1][sure[0]].sum()
    return float((in_first + in_second) / max(those.sum(), 1))


def _jump(
    column: Binned, churned: np.ndarray, months: np.ndarray
) -> tuple[float, float]:
    """How far the latest month's AUC is from the middle of the earlier ones, and that AUC in its better direction.

    Nothing (0, 0.5) where too few months have enough leavers and stayers to tell.
    """
    _, month = np.unique(months, return_inverse=True)
    count = int(month.max(initial=0)) + 1
    rows, leavers = _table(column.bins, month, churned, (count, len(column.names)))
    stayers = rows - leavers
    fewer = np.minimum(leavers.sum(axis=1), stayers.sum(axis=1))
    can_tell = fewer >= FEWEST_OF_MONTH
    if can_tell.sum() <= FEWEST_BEFORE or not can_tell[-1]:
        return 0.0, CHANCE
    *before, latest = (
        auc_of_counts(leavers[at], stayers[at]) for at in np.flatnonzero(can_tell)
    )
    return abs(latest - float(np.median(before))), better(latest)


def _words(column: Binned, chosen: np.ndarray) -> str:
    """The chosen bins as ranges (``up to 24``) or texts, five at most."""
    places = np.flatnonzero(chosen).tolist()
    if column.edges is None:
        names = [column.names[place] for place in places]
        return ", ".join(names[:MOST_NAMED])
    ranges = []
    if UNKNOWN_BIN in places:
        places.remove(UNKNOWN_BIN)
        ranges.append("unknown")
    ranges.extend(_range(column.names, run) for run in _runs(places))
    return ", ".join(ranges[:MOST_NAMED])


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring places as (first, last)."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _range(names: Sequence[str], run: tuple[int, int]) -> str:
    first, last = run
    low, high = "", names[last]
    if first > 1:
        low = names[first - 1]
    if low and high:
        return f"above {low} up to {high}"
    if low:
        return f"above {low}"
    return f"up to {high}" if high else "any"
