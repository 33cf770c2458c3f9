"""How far a distribution moved from the accepted months: among a column's values, and among regions.

Both compare with the median of the accepted months, and judge the distance by what the accepted months themselves show
against it.
"""

import math
import statistics
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from churn_tasks.checks.baseline import Baseline, ByMonth, Part
from churn_tasks.checks.bounds import Past
from churn_tasks.checks.profile import Figure
from churn_tasks.core.months import Month

P = TypeVar("P", bound=Hashable)  # whatever the parts of a whole are called by
Shares = Mapping[P, float]
ByRegion = Mapping[str, float]  # "" is the whole


@dataclass(frozen=True)
class Moved:
    """How far something moved, and what moved most.

    Attributes:
        past: the same distance of each accepted month.
    """

    value: float
    past: Past
    item: str = ""
    region: str = ""


def shift(
    table: str, column: str, figures: list[Figure], baseline: Baseline, rows: float
) -> Moved | None:
    """Share of rows that would have to take another value to look like the accepted months (total variation).

    0 is the same distribution, 1 one without a common value. Only the most frequent values of a month are named. One
    that another month names counts there as what it can have at most: of many cities alike, which ten are named is
    chance. The values that no month names count as one.
    """
    months = baseline.months(table)
    parts = baseline.parts(table, column, "share_of")
    named = _shares_of_values(column, figures)
    if not months or not parts or not named:
        return None
    everywhere = sorted(parts.keys() | named.keys())
    past = [_completed(_in_month(parts, month), everywhere) for month in months]
    usual = _middle(past, everywhere)
    present = _completed(named, everywhere)
    return Moved(
        value=_distance(present, usual),
        past=Past(
            [_distance(one, usual) for one in past],
            error=_error_of_distance(usual, rows),
        ),
        item=_furthest(present, usual)[1],
    )


def _shares_of_values(column: str, figures: list[Figure]) -> dict[Part, float]:
    return {
        (figure.region, figure.item): figure.value
        for figure in figures
        if figure.column == column and figure.measure == "share_of"
    }


def _in_month(parts: Mapping[P, ByMonth], month: Month) -> dict[P, float]:
    return {
        part: by_month[month] for part, by_month in parts.items() if month in by_month
    }


def _completed(named: Shares[Part], everywhere: list[Part]) -> dict[Part, float]:
    """The shares of a month, and for each value that it does not name the most that it can have.

    That is the least share that is named, and no more than an even part of what the named ones leave: named 0.4 and
    0.3, and one more elsewhere: 0.3. Where nothing is left, or nothing is named, it is nothing.
    """
    unnamed = [part for part in everywhere if part not in named]
    if not named or not unnamed:
        return {**dict.fromkeys(unnamed, 0.0), **named}
    left = max(1.0 - sum(named.values()), 0.0)
    most = min(*named.values(), left / len(unnamed))
    return {**dict.fromkeys(unnamed, most), **named}


def _middle(past: list[dict[Part, float]], everywhere: list[Part]) -> dict[Part, float]:
    return {
        part: statistics.median([shares[part] for shares in past])
        for part in everywhere
    }


def _error_of_distance(usual: Shares[Part], rows: float) -> float:
    """Standard error of the distance over so many rows: half the sum of those of the shares."""
    inner = [share for share in usual.values() if 0 < share < 1]
    variances = [share * (1 - share) / max(rows, 1) for share in inner]
    return 0.5 * sum(math.sqrt(variance) for variance in variances)


def _distance(one: Shares[Part], other: Shares[Part]) -> float:
    """Total variation of shares of the same values, to twelve digits; what they leave of the whole is one more."""
    rest = abs(sum(one.values()) - sum(other.values()))
    apart = [abs(one[part] - other[part]) for part in one]
    return round((sum(apart) + rest) / 2, 12)


def _furthest(one: Shares[Part], other: Shares[Part]) -> Part:
    """The value whose share differs most, the first of equals."""
    return max(sorted(one), key=lambda part: abs(one[part] - other[part]))


def most_moved(
    table: str,
    column: str,
    measure: str,
    figures: list[Figure],
    baseline: Baseline,
    least: int,
) -> Moved | None:
    """The region whose rows or mean changed by the largest factor against the other regions and its own past.

    Rows are taken as a share of all rows, means against the mean of all rows, so that a market-wide change is not put
    on one region. A region that delivers nothing any more has the factor 0.

    Args:
        least: regions with fewer rows than this in the accepted months do not take part.
    """
    large = _large_regions(table, baseline, least)
    present = _by_region(column, measure, figures)
    if not large or not present.get(""):
        return None
    months = baseline.months(table)
    parts = baseline.parts(table, column, measure)
    past = [_relative(_regions_in_month(parts, month)) for month in months]
    usual = _usual_of_regions(large, past)
    if not usual:
        return None
    region, factor = _extreme(_relative(present), usual)
    factors = [_extreme(relative, usual)[1] for relative in past]
    error = 1.0 / math.sqrt(large[region]) if measure == "rows" else 0.0
    return Moved(factor, Past(factors, error=error), region=region)


def _large_regions(table: str, baseline: Baseline, least: int) -> dict[str, float]:
    """Regions of at least so many rows in the middle of the accepted months, and the rows."""
    months = baseline.months(table)
    if not months:
        return {}
    rows = _medians(baseline.parts(table, "", "rows"), months)
    by_region = {region: count for (region, _), count in rows.items() if region}
    return {region: n for region, n in sorted(by_region.items()) if n >= least}


def _medians(parts: Mapping[P, ByMonth], months: list[Month]) -> dict[P, float]:
    """The middle of each part over the months; where a part is missing it counts as nothing."""
    return {
        part: statistics.median([by_month.get(month, 0.0) for month in months])
        for part, by_month in parts.items()
    }


def _by_region(column: str, measure: str, figures: list[Figure]) -> dict[str, float]:
    about = (column, measure, "")
    return {
        figure.region: figure.value
        for figure in figures
        if (figure.column, figure.measure, figure.item) == about
    }


def _regions_in_month(parts: Mapping[Part, ByMonth], month: Month) -> ByRegion:
    return {
        region: by_month[month]
        for (region, _), by_month in parts.items()
        if month in by_month
    }


def _usual_of_regions(
    regions: Iterable[str], past: list[dict[str, float]]
) -> dict[str, float]:
    """The middle of each region over the months, without those that mostly had nothing."""
    usual: dict[str, float] = {}
    for region in regions:
        middle = statistics.median([relative.get(region, 0.0) for relative in past])
        if middle > 0:
            usual[region] = middle
    return usual


def _relative(by_region: ByRegion) -> dict[str, float]:
    """Each region against the whole; nothing where the whole is nothing."""
    whole = by_region.get("", 0.0)
    if not whole:
        return {}
    return {region: value / whole for region, value in by_region.items() if region}


def _extreme(present: ByRegion, usual: ByRegion) -> tuple[str, float]:
    """The region with the largest factor either way; 0 where it has nothing, or changed its sign."""
    factors = {
        region: present.get(region, 0.0) / value for region, value in usual.items()
    }
    region = max(factors, key=lambda one: _size_of_change(factors[one]))
    return region, round(max(factors[region], 0.0), 12)


def _size_of_change(factor: float) -> float:
    """A half is as large a change as a double; nothing left is the largest."""
    if factor <= 0:
        return math.inf
    return abs(math.log(factor))
