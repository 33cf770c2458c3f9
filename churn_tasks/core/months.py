"""Billing months. Every run has exactly one, and it always comes from the caller."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self

from churn_tasks.core.errors import BadInput

_MONTH = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A billing month such as ``2024-03``; orders and subtracts like a number of months."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``YYYY-MM`` and nothing else.

        Raises:
            BadInput: the text is missing or in another form, with the form that is wanted.
        """
        if not isinstance(text, str) or not _MONTH.fullmatch(text):
            raise BadInput(
                f"month {text!r} is not of the form YYYY-MM, for example 2024-03"
            )
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that contains a day."""
        return cls(day.year, day.month)

    @property
    def start(self) -> date:
        """First day of the month."""
        return date(self.year, self.number, 1)

    @property
    def end(self) -> date:
        """First day after the month: months are half-open ``[start, end)``."""
        return (self + 1).start

    def __add__(self, months: int) -> Self:
        years, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return type(self)(years, number + 1)

    def __sub__(self, months: int) -> Self:
        return self + -months

    def months_since(self, earlier: "Month") -> int:
        """Whole months from ``earlier`` to this one; negative when it lies later."""
        return (self.year - earlier.year) * 12 + self.number - earlier.number

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


def refuse_reversed(first: Month | None, last: Month | None) -> None:
    """Refuse a range whose last month lies before its first; an end that is left open (None) is in order.

    Raises:
        BadInput: naming both months.
    """
    if first is not None and last is not None and last < first:
        raise BadInput(
            f"the last month, {last}, lies before the first, {first}: name the earlier one first"
        )


def months_through(first: Month, last: Month) -> list[Month]:
    """Months of the range ``[first, last]``, both inclusive, in order.

    Raises:
        BadInput: the last lies before the first.
    """
    refuse_reversed(first, last)
    return list(months_between(first, last + 1))


def months_between(first: Month, end: Month) -> Iterator[Month]:
    """Months of the half-open range ``[first, end)``, in order."""
    for offset in range(end.months_since(first)):
        yield first + offset
