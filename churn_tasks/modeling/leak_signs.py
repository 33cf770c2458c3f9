"""What gives a column away that has seen the label: figures of one column taken alone.

A column may hold the truth without ranking it: months of use say nothing at 25 (all stay) but everything below (all
leave), and a customer who has bought must have visited. So beside the AUC four more are counted, each over bins:

* ``split_auc``: bins ranked by the leaving rate of one half of the customers, judged on the other half. It sees a
  column that is high in the middle, and a text; its own label never ranks a row.
* ``sure_leavers``: share of all leavers that lie in bins where next to everybody leaves (95 % or more, and the odds of
  leaving are 20 times those of everybody); bins found on one half, counted on the other.
* ``sure_stayers``: share of all stayers that lie in bins where next to nobody leaves (odds a twentieth).
* ``jump``: how far the AUC of the latest month lies from the middle of the months before: a leak that began with a
  change of the source is thin in all months together. ``latest_auc`` is that month's own.

How far clean columns and known leaks lie apart is in ``docs/leaks.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNKNOWN_BIN = 0
MOST_BINS = 50
RAREST_TEXT = 0.01  # share of rows; rarer texts share one bin, as they do in the models
SURE_RATE = 0.95
SURE_ODDS = 20.0  # times the odds of everybody
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
        return max(self.auc or 0.5, self.split_auc)


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
    column = (
        numbers_binned(values) if values.dtype.kind == "f" else texts_binned(values)
    )
    rows, leavers = _counts(column, churned, half)
    stayers = rows - leavers
    sure, safe = _sure(leavers, stayers), _sure(stayers, leavers)
    jump, latest = (
        _jump(column, churned, months) if column.edges is not None else (0.0, 0.5)
    )
    return Signs(
        auc=_auc(values, churned) if column.edges is not None else None,
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
    known = ~np.isnan(values)
    places = np.linspace(0, 1, MOST_BINS + 1)[1:-1]
    edges = (
        np.unique(np.quantile(values[known], places, method="lower"))
        if known.any()
        else np.array([])
    )
    bins = np.full(len(values), UNKNOWN_BIN)
    bins[known] = 1 + np.searchsorted(edges, values[known], side="left")
    ends = [*(f"{edge:g}" for edge in edges), ""]
    return Binned(bins, ("unknown", *ends), edges)


def texts_binned(values: np.ndarray) -> Binned:
    """A bin for each text that is not rare; the rest share bin 0."""
    names, place, counts = np.unique(
        values.astype(str), return_inverse=True, return_counts=True
    )
    often = counts >= max(RAREST_TEXT * len(values), 2)
    numbers = np.where(often, np.cumsum(often), UNKNOWN_BIN)
    return Binned(numbers[place], ("rare", *(str(name) for name in names[often])))


def _counts(
    column: Binned, churned: np.ndarray, half: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and leavers, a line for each half and a column for each bin."""
    size = len(column.names)
    cells = column.bins + size * half
    both = [
        np.bincount(cells[chosen], minlength=2 * size).reshape(2, size)
        for chosen in (slice(None), churned)
    ]
    return both[0], both[1]


def _split_auc(leavers: np.ndarray, stayers: np.ndarray) -> float:
    """Mean over both halves of the AUC that the other half's leaving rates give."""
    base = leavers.sum() / max((leavers + stayers).sum(), 1)
    rate = (leavers + base) / (leavers + stayers + 1)
    order = np.argsort(rate, axis=1, kind="stable")
    found = [
        _grouped_auc(
            leavers[judged][order[1 - judged]], stayers[judged][order[1 - judged]]
        )
        for judged in (0, 1)
    ]
    return float(np.mean(found))


def _grouped_auc(high: np.ndarray, low: np.ndarray) -> float:
    """AUC of counts in ascending order of the score, ties half; 0.5 when one kind is missing."""
    pairs = high.sum() * low.sum()
    below = np.cumsum(low) - low
    return float(((below + low / 2) * high).sum() / pairs) if pairs else 0.5


def _sure(those: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each half the bins in which nearly all are of one kind, far more so than among everybody."""
    odds = (those + 0.5) / (others + 0.5)
    everybody = max(those.sum(), 0.5) / max(others.sum(), 0.5)
    pure = those >= SURE_RATE * (those + others)
    return pure & (odds >= SURE_ODDS * everybody) & (those >= FEWEST_SURE)


def _share_in(sure: np.ndarray, those: np.ndarray) -> float:
    """Share of one kind that lies in bins which the other half found."""
    return float(
        (those[0][sure[1]].sum() + those[1][sure[0]].sum()) / max(those.sum(), 1)
    )


def _auc(values: np.ndarray, churned: np.ndarray) -> float:
    """Mann-Whitney's U over the number of pairs, ties half, in the better direction."""
    lowest_first = np.where(np.isnan(values), -np.inf, values)
    ordered, leaving = np.sort(lowest_first), lowest_first[churned]
    ranks = (
        np.searchsorted(ordered, leaving, side="left")
        + np.searchsorted(ordered, leaving, side="right")
        + 1
    )
    pairs = len(leaving) * (len(values) - len(leaving))
    auc = (
        (ranks.sum() / 2 - len(leaving) * (len(leaving) + 1) / 2) / pairs
        if pairs
        else 0.5
    )
    return float(max(auc, 1 - auc))


def _jump(
    column: Binned, churned: np.ndarray, months: np.ndarray
) -> tuple[float, float]:
    """How far the latest month's AUC is from the middle of the earlier ones, and that AUC in its better direction.

    Nothing (0, 0.5) where too few months have enough leavers and stayers to tell.
    """
    _, place = np.unique(months, return_inverse=True)
    size, count = len(column.names), int(place.max(initial=0)) + 1
    cells = column.bins + size * place
    rows = np.bincount(cells, minlength=size * count).reshape(count, size)
    leavers = np.bincount(cells[churned], minlength=size * count).reshape(count, size)
    tell = (
        np.minimum(leavers.sum(axis=1), (rows - leavers).sum(axis=1)) >= FEWEST_OF_MONTH
    )
    found = [
        _grouped_auc(high, low)
        for high, low in zip(leavers[tell], (rows - leavers)[tell], strict=True)
    ]
    if len(found) <= FEWEST_BEFORE or not tell[-1]:
        return 0.0, 0.5
    return abs(found[-1] - float(np.median(found[:-1]))), max(found[-1], 1 - found[-1])


def _words(column: Binned, chosen: np.ndarray) -> str:
    """The chosen bins as ranges (``up to 24``) or texts."""
    places = np.flatnonzero(chosen)
    if column.edges is None:
        return ", ".join(column.names[place] for place in places[:5])
    said = ["unknown"] if UNKNOWN_BIN in places else []
    said += [
        _range(column.names, run)
        for run in _runs([int(place) for place in places if place != UNKNOWN_BIN])
    ]
    return ", ".join(said[:5])


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
    low, high = names[run[0] - 1] if run[0] > 1 else "", names[run[1]]
    if low and high:
        return f"above {low} up to {high}"
    return f"above {low}" if low else f"up to {high}" if high else "any"
