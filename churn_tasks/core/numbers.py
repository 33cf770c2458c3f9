"""Numbers as people read them on pages and lists: the same in Chinese and English, thousands apart by a comma."""

import math
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import NumberPattern, parse_pattern

LOCALE = Locale("en")
COUNT = "#,##0"
NOTHING = "–"


def written(value: float | Decimal, pattern: str) -> str:
    """A number by a pattern of Unicode (TR 35), rounded from its exact value, half to even.

    Args:
        pattern: ``0.00`` has two places, ``0.##`` at most two, ``#,##0`` none and its thousands apart.

    >>> written(1234.5, "#,##0.00"), written(0.126, "0.##"), written(3.0, "0.##"), written(-0.001, "0.##")
    ('1,234.50', '0.13', '3', '0')
    """
    if not math.isfinite(value):
        return str(value)
    text: str = _parsed(pattern).apply(Decimal(value), LOCALE)
    is_zero = not text.strip("-0.")
    return text.removeprefix("-") if is_zero else text


def counted(value: float) -> str:
    """A whole number.

    >>> counted(1234567.0), counted(12)
    ('1,234,567', '12')
    """
    return written(value, COUNT)


def significant(value: float, figures: int) -> str:
    """So many figures that count, without zeros behind them; very large and very small ones with an exponent.

    >>> significant(0.0512345678, 4), significant(3.0, 3), significant(0.0000123, 3)
    ('0.05123', '3', '1.23e-05')
    """
    return f"{value:.{figures}g}"


def percent(share: float, places: int = 1) -> str:
    """A share of 1 in per cent.

    >>> percent(0.0512), percent(1), percent(0.5, places=0)
    ('5.1%', '100.0%', '50%')
    """
    return f"{share * 100:.{places}f}%"


def or_nothing(write: Callable[[Any], str]) -> Callable[[Any], str]:
    """The same way to write a number, with a dash for one that is missing: None or not a number."""

    def written_or_nothing(value: Any) -> str:
        is_missing = value is None or (isinstance(value, float) and math.isnan(value))
        return NOTHING if is_missing else write(value)

    return written_or_nothing


@cache
def _parsed(pattern: str) -> NumberPattern:
    return parse_pattern(pattern)
