"""Bounds learnt from accepted months: how far a figure may lie from their middle before it warns, and before it stops.

By effect size, never by p-value: with a million rows every difference is significant. A band is the widest of three:
a stated tolerance (the smallest change worth anybody's time), the spread that the accepted months themselves show
(median absolute deviation, so that one odd month does not widen it), and what chance alone would do to a figure over so
few rows. A Christmas is no fault: without a whole year behind it a band is wider, and with one the same month of last
year always lies within it.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from churn_tasks.core.sections import Quality, Widths

MAD_TO_SD = 1.4826
YEAR = 12

Scale = Literal["amount", "share", "distance"]


@dataclass(frozen=True)
class Band:
    """Inclusive limits; None leaves a side open."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Learnt:
    """What accepted months say of one measure.

    Attributes:
        middle: their median.
        usual: outside it the gate warns.
        allowed: outside it the month stops.
        months: how many taught.
    """

    middle: float
    usual: Band
    allowed: Band
    months: int


@dataclass(frozen=True)
class Past:
    """One measure in the accepted months.

    Attributes:
        values: earliest first.
        year_ago: its value in the same month of last year, if that was accepted.
        error: standard error of the present figure, 0 where it is not known.
        unit: least change of the figure that can occur and means nothing: 1 for a median of whole numbers.
    """

    values: Sequence[float]
    year_ago: float | None = None
    error: float = 0.0
    unit: float = 0.0


def learnt(
    past: Past, scale: Scale, quality: Quality, warn: Widths | None, stop: Widths | None
) -> Learnt | None:
    """The bounds of one measure, or None where too few months were accepted.

    Args:
        scale: ``amount`` for counts and means, tolerated by a factor; ``share`` for shares, tolerated by a difference
            that is smaller near 0 and 1 (Cohen's h); ``distance`` for distances between distributions, by a difference.
        warn, stop: widths of the two outcomes; None for an outcome that the measure never has.
    """
    if len(past.values) < quality.min_months:
        return None
    wider = 1.0 if len(past.values) >= YEAR else quality.first_year
    return Learnt(
        middle=statistics.median(past.values),
        usual=band(past, scale, warn, 1.0) if warn else Band(),
        allowed=band(past, scale, stop, wider) if stop else Band(),
        months=len(past.values),
    )


def band(past: Past, scale: Scale, widths: Widths, wider: float) -> Band:
    """The widest of tolerance, spread and chance around the median, with last year's value inside.

    Args:
        wider: factor on the tolerance.

    >>> band(Past([100, 102, 98, 100]), "amount", Widths(mads=0, relative=0.25, chance=0), 1.0)
    Band(low=80.0, high=125.0)
    >>> band(Past([0.5, 0.5, 0.5]), "share", Widths(mads=0, share=0.05, chance=0), 1.0)
    Band(low=0.450083291677, high=0.549916708323)
    >>> band(Past([0.0, 0.0, 0.0]), "share", Widths(mads=0, share=0.05, chance=0), 1.0)
    Band(low=0.0, high=0.00249791736099)
    """
    middle = statistics.median(past.values)
    chance = widths.chance * past.error
    reach = max(widths.mads * spread(past.values), chance, past.unit)
    low, high = _tolerated(middle, scale, widths, wider)
    low, high = min(low, middle - reach), max(high, middle + reach)
    if past.year_ago is not None:
        low_then, high_then = _tolerated(past.year_ago, scale, widths, 1.0)
        low, high = min(low, low_then), max(high, high_then)
    if min(past.values) >= 0:
        low = max(low, 0.0)
    if scale != "amount":
        high = min(high, 1.0)
    return Band(_rounded(low), _rounded(high))


def spread(values: Sequence[float]) -> float:
    """Robust standard deviation, larger for few values, which show less than their true spread.

    >>> round(spread([10, 11, 12, 13, 14]), 3), spread([5, 5, 5, 900])
    (2.669, 0.0)
    """
    middle = statistics.median(values)
    deviation = statistics.median(abs(value - middle) for value in values)
    return MAD_TO_SD * deviation * (1 + 4 / len(values))


def _tolerated(
    middle: float, scale: Scale, widths: Widths, wider: float
) -> tuple[float, float]:
    """The smallest change to either side that is worth anybody's time."""
    width = widths.share * wider
    if scale == "distance":
        return middle - width, middle + width
    if scale == "share":
        return _share_at(middle, -width), _share_at(middle, width)
    factor = (1 + widths.relative) * max(wider, 1.0)
    ends = (middle / factor, middle * factor)
    return min(ends), max(ends)


def _share_at(middle: float, away: float) -> float:
    """A share so far away on the scale of Cohen's h, where a share's standard error is the same everywhere."""
    inside = min(max(middle, 0.0), 1.0)
    angle = math.asin(math.sqrt(inside)) + away
    within = min(max(angle, 0.0), math.pi / 2)
    return math.sin(within) ** 2


def _rounded(value: float) -> float:
    """Twelve digits, so that a bound does not depend on the order in which floats were added."""
    return float(f"{value:.12g}")


def error_of_share(share: float, rows: float) -> float:
    """Standard error of a share, never quite 0: one row more or less is always possible."""
    likely = 0.5
    if rows > 1:
        likely = min(max(share, 1 / rows), 1 - 1 / rows)
    return math.sqrt(max(likely * (1 - likely), 0.0) / max(rows, 1))
