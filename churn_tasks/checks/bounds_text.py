"""Figures of checks and the bounds they were held against, as a table's cell shows them."""

from churn_tasks.checks.measures import Measure
from churn_tasks.core.numbers import NOTHING, counted, significant

WHOLE_FROM = 1000


def figure(value: float) -> str:
    """At most four figures behind the point, whole numbers and thousands in full.

    >>> figure(1234567.0), figure(0.0512345678), figure(13372.31), figure(32.345)
    ('1,234,567', '0.05123', '13,372', '32.34')
    """
    if value == int(value) or abs(value) >= WHOLE_FROM:
        return counted(value)
    return significant(value, 4)


def allowed_text(measure: Measure) -> str:
    """Outside what the month stops.

    >>> allowed_text(Measure("rows", "count(*)", "", lowest=10)), allowed_text(Measure("gaps", "", "", 0, 0))
    ('≥ 10', '= 0')
    """
    return between(measure.lowest, measure.highest)


def usual_text(measure: Measure) -> str:
    """Outside what the gate warns."""
    return between(measure.usual_lowest, measure.usual_highest)


def between(low: float | None, high: float | None) -> str:
    """Inclusive bounds.

    >>> between(0.5, 2), between(None, 0.05), between(None, None)
    ('0.5 … 2', '≤ 0.05', '–')
    """
    if low is None and high is None:
        return NOTHING
    if low is None:
        return f"≤ {figure(high or 0)}"
    if high is None:
        return f"≥ {figure(low)}"
    if low == high:
        return f"= {figure(low)}"
    return f"{figure(low)} … {figure(high)}"
