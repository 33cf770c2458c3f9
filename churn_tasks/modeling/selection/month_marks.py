"""Columns that mark the month: their values are those of a month, so what they tell is how bad that month was.

A price of the market or the holders of a tariff have one value a tariff and month. Such a column parts the leavers of a
bad month from the stayers of a good one, and a booster that has its values knows every month it has learnt from; the
next month has values of its own, which fall anywhere between the others.

How much a column marks the month is the share of what there is to know (entropy, Shannon 1948) that month and column
have in common: their mutual information, less what chance gives (bins - 1) * (months - 1) / (2 * rows), over the
smaller of the two entropies. 0: the values of all months are alike. 1: from the value one knows the month, or from the
month the value. A share of the variance between months (intraclass correlation) would not do: tariffs differ from each
other by far more than a month changes them, and still each value is of one month alone.

Worked example: two months with as many rows each, a column that is A in the first and A or B, half each, in the second.
It tells 0.22 of the month's 0.69 nats, its own entropy is 0.56: the share is 0.22 / 0.56 = 0.38.

Only rows with a value count: a source that is young, or a figure that takes a year, marks no month by that. Bins are
those of the leak probe: up to 50, about as many as a booster has. A tariff's price does matter though it rises
from month to month, and a shop has seasons that return, so the latest training month decides: what the values told
within the months before must hold there. Bins are ranked by how many more left than each month's leaving rate expects;
a rate that is that of a bad month ranks nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from churn_tasks.modeling.auc import CHANCE, auc_of_counts, error_under_chance
from churn_tasks.modeling.binning import bin_numbers, quantile_edges
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.leak_signs import MOST_BINS, texts_binned
from churn_tasks.modeling.selection.within_months import evidence_of
from churn_tasks.modeling.stand_ins import is_unknown

DECIMALS = 9  # so that the last bits of a sum part no two bins
HELD = 0.5  # of what its values told before, a column must tell at least so much


@dataclass(frozen=True)
class MonthMark:
    """What a column has to do with the months it was read in.

    Attributes:
        share: how much it marks the month, 0 to 1; 0 of one month alone.
        before: AUC within the months before the latest of its bins, ranked by what they tell there beside the month.
        latest: AUC of the same ranking in the latest month; 0.5 tells nothing.
        error: standard error of that if the column told nothing; None where nobody left or stayed.
    """

    share: float
    before: float
    latest: float
    error: float | None

    def holds(self, certainty: float) -> bool:
        """Whether the latest month bears out what the values told before it.

        Args:
            certainty: standard errors above chance from which it is more than luck.
        """
        if self.error is None:
            return False
        told = HELD * (self.before - CHANCE)
        return self.latest - CHANCE >= max(told, certainty * self.error)


def month_marks(rows: Sample, names: Iterable[str]) -> dict[str, MonthMark]:
    """Every named column with what it has to do with the months of the rows."""
    _, month = np.unique(rows.months, return_inverse=True)
    marks = {}
    for name in names:
        is_known = ~is_unknown(rows.features[name])
        values = rows.features[name].to_numpy()[is_known]
        counts = _counts(values, month[is_known], rows.churned[is_known])
        marks[name] = _mark(*counts)
    return marks


def _counts(
    values: np.ndarray, month: np.ndarray, churned: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and leavers, a line for each month that has values and a column for each bin."""
    bins = _bins(values, month)
    lines = int(month.max(initial=0)) + 1
    width = int(bins.max(initial=0)) + 1
    cells = month * width + bins
    size = lines * width
    rows = np.bincount(cells, minlength=size)
    leavers = np.bincount(cells[churned], minlength=size)
    rows = rows.reshape(lines, width)
    leavers = leavers.reshape(lines, width)
    has_values = rows.any(axis=1)
    return rows[has_values], leavers[has_values]


def _bins(values: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Ranges of numbers as the months before the latest give them; texts by value, the rare ones together."""
    if values.dtype.kind != "f":
        return texts_binned(values).bins
    earlier = values[month < month.max(initial=0)]
    return bin_numbers(values, quantile_edges(earlier, MOST_BINS))


def _mark(rows: np.ndarray, leavers: np.ndarray) -> MonthMark:
    """Of counts by month and bin."""
    if len(rows) < 2:
        return MonthMark(0.0, CHANCE, CHANCE, None)
    *before, latest = range(len(rows))
    share = shared_information(rows)
    place = _ranked(rows[before], leavers[before])
    seen = rows.sum(axis=1).tolist()
    left = leavers.sum(axis=1).tolist()
    aucs, evidence = [], []
    for at in before:
        aucs.append(_auc_in(place, rows[at], leavers[at]))
        evidence.append(evidence_of(seen[at], left[at]))
    if not sum(evidence):
        return MonthMark(share, CHANCE, CHANCE, None)
    return MonthMark(
        share=share,
        before=float(np.average(aucs, weights=evidence)),
        latest=_auc_in(place, rows[latest], leavers[latest]),
        error=error_under_chance(seen[latest], left[latest]),
    )


def _ranked(rows: np.ndarray, leavers: np.ndarray) -> np.ndarray:
    """Place of each bin, from those in which fewest left, beside what the months' leaving rates expect, to the most.

    A bin of few rows is taken for ordinary: its rate is that of its rows and of one more that is as expected. Bins that
    no month has seen share one place.
    """
    rate = leavers.sum(axis=1) / rows.sum(axis=1)
    expected = rate @ rows
    more = leavers.sum(axis=0) - expected
    told = more / (rows.sum(axis=0) + 1)
    _, place = np.unique(np.round(told, DECIMALS), return_inverse=True)
    return place


def _auc_in(place: np.ndarray, rows: np.ndarray, leavers: np.ndarray) -> float:
    """AUC of one month's counts by bin, bins of the same place being equal."""
    left = np.bincount(place, leavers)
    stayed = np.bincount(place, rows - leavers)
    return auc_of_counts(left, stayed)


def shared_information(counts: np.ndarray) -> float:
    """Mutual information of the two sides of a table over the smaller of their entropies, less what chance gives.

    >>> round(shared_information(np.array([[500_000, 0], [250_000, 250_000]])), 2)
    0.38
    """
    rows = counts.sum()
    of_month = counts.sum(axis=1)
    of_bin = counts.sum(axis=0)
    month_entropy = _entropy(of_month)
    bin_entropy = _entropy(of_bin)
    smaller = min(month_entropy, bin_entropy)
    if not smaller:
        return 0.0
    more_months = np.count_nonzero(of_month) - 1
    more_bins = np.count_nonzero(of_bin) - 1
    by_chance = more_months * more_bins / (2 * rows)
    mutual = month_entropy + bin_entropy - _entropy(counts.ravel())
    return float(max(mutual - by_chance, 0.0) / smaller)


def _entropy(counts: np.ndarray) -> float:
    """In nats."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
