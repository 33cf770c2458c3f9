"""Bins of a feature in words that need no language."""

from churn_tasks.core.numbers import counted, significant
from churn_tasks.report.catalogue import Entry, Row

NOTHING_TO_SAY = 1e-12  # below this a figure is shown as 0
NO_VALUE, ANY_OTHER = "∅", "…"
JUST_BELOW_ZERO = -1e-300


def bin_name(entry: Entry, row: Row) -> str:
    """A bin as ``≤ 0``, ``0 … 12.5``, ``> 40``, ``= 3``, a text, or ``∅`` for no value."""
    if row["is_missing"]:
        return NO_VALUE
    if entry.column.type == "text":
        return ANY_OTHER if row["text_value"] is None else str(row["text_value"])
    low, high = row["above"], row["up_to"]
    if low is None:
        return _open_below(high)
    if high is None:
        return f"> {number(low)}"
    is_whole = entry.column.type in ("integer", "boolean")
    if (is_whole and high - low <= 1) or (high == 0 and _is_just_below_zero(low)):
        return f"= {number(high)}"
    return f"{number(low)} … {number(high)}"


def _open_below(high: float | None) -> str:
    if high is None:
        return ANY_OTHER
    return "< 0" if _is_just_below_zero(high) else f"≤ {number(high)}"


def _is_just_below_zero(value: float) -> bool:
    """Zero has a bin of its own, which begins at the largest float below it."""
    return JUST_BELOW_ZERO < value < 0


def number(value: float) -> str:
    """Three figures that count, thousands apart.

    >>> number(1234.5), number(0.012345), number(3.0), number(-5e-324)
    ('1,234', '0.0123', '3', '0')
    """
    if abs(value) < NOTHING_TO_SAY:
        return "0"
    if abs(value) >= 1000:
        return counted(value)
    return significant(value, 3)
