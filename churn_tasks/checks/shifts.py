"""How far a distribution moved from the accepted months: among a column's values, and among regions.

Both compare with the median of the accepted months, and judge the distance by what the accepted months themselves show
against it.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from churn_tasks.checks.baseline import Baseline, Part
from churn_tasks.checks.bounds import Past
from churn_tasks.checks.profile import Figure
from churn_tasks.core.months import Month


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

    0 is the same distribution, 1 one without a common value. Values that are not among the most frequent count as one.
    """
    months = baseline.months(table)
    parts = baseline.parts(table, column, "share_of")
    present = {
        (f.region, f.item): f.value
        for f in figures
        if (f.column, f.measure) == (column, "share_of")
    }
    if not months or not parts or not present:
        return None
    usual = {
        part: statistics.median([found.get(m, 0.0) for m in months])
        for part, found in parts.items()
    }
    then = [
        _distance({p: found.get(m, 0.0) for p, found in parts.items()}, usual)
        for m in months
    ]
    error = 0.5 * sum(
        math.sqrt(share * (1 - share) / max(rows, 1))
        for share in usual.values()
        if 0 < share < 1
    )
    most = max(
        sorted(present.keys() | usual.keys()),
        key=lambda p: abs(present.get(p, 0.0) - usual.get(p, 0.0)),
    )
    return Moved(_distance(present, usual), Past(then, error=error), item=most[1])


def _distance(one: Mapping[Part, float], other: Mapping[Part, float]) -> float:
    parts = sorted(one.keys() | other.keys())
    rest = abs(sum(one.values()) - sum(other.values()))
    return round(
        (sum(abs(one.get(p, 0.0) - other.get(p, 0.0)) for p in parts) + rest) / 2, 12
    )


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
    months = baseline.months(table)
    large = _large_regions(table, baseline, months, least)
    if not large:
        return None
    present = {
        f.region: f.value
        for f in figures
        if (f.column, f.measure, f.item) == (column, measure, "")
    }
    then = [
        _relative(
            {
                r: f[m]
                for (r, _), f in baseline.parts(table, column, measure).items()
                if m in f
            }
        )
        for m in months
    ]
    usual = {
        region: statistics.median([month.get(region, 0.0) for month in then])
        for region in large
    }
    usual = {region: value for region, value in usual.items() if value > 0}
    if not usual or not present.get(""):
        return None
    region, value = _extreme(_relative(present), usual)
    error = 1.0 / math.sqrt(large[region]) if measure == "rows" else 0.0
    return Moved(
        value,
        Past([_extreme(month, usual)[1] for month in then], error=error),
        region=region,
    )


def _large_regions(
    table: str, baseline: Baseline, months: list[Month], least: int
) -> dict[str, float]:
    parts = baseline.parts(table, "", "rows")
    rows = {
        r: statistics.median([found.get(m, 0.0) for m in months])
        for (r, _), found in parts.items()
        if r and months
    }
    return {region: count for region, count in sorted(rows.items()) if count >= least}


def _relative(by_region: Mapping[str, float]) -> dict[str, float]:
    whole = by_region.get("", 0.0)
    return {
        region: value / whole for region, value in by_region.items() if region and whole
    }


def _extreme(
    present: Mapping[str, float], usual: Mapping[str, float]
) -> tuple[str, float]:
    """The region with the largest factor either way; 0 where it has nothing, or changed its sign."""
    factors = {
        region: present.get(region, 0.0) / value for region, value in usual.items()
    }
    region = max(
        factors,
        key=lambda r: math.inf if factors[r] <= 0 else abs(math.log(factors[r])),
    )
    return region, round(max(factors[region], 0.0), 12)
