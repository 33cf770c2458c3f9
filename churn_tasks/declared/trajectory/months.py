"""The months of one measure side by side, and what is made of them once for several patterns.

A measure has a value for each month of the window. ``Months`` names these values and what is made of them in SQL, for
a window of n months::

    voice_out_0                        the latest month; voice_out_1 the one before; voice_out_<n-1> the earliest
    voice_out_all, voice_out_past      sum of all months, sum of the earlier ones
    voice_out_high, voice_out_low      the highest and the lowest month
    voice_out_known, voice_out_past_known   months that have a value; of a counted measure always n and n - 1
    voice_out_ages, _ages_squared, _aged    sums of ago, ago * ago and ago * y over the known months, for slopes

Sums are of decimals and integers and exact.
A measure that is read (``empty: unknown``) leaves months without a value out of every sum.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

NOTHING = "CAST(NULL AS DOUBLE)"


@dataclass(frozen=True)
class Months:
    """The months of one measure, as SQL names them.

    Attributes:
        name: of the measure.
        count: n, months of the window.
        is_counted: a month without a value is zero, so every month is known.
    """

    name: str
    count: int
    is_counted: bool

    @property
    def each(self) -> list[str]:
        """Every month, the latest first."""
        return [f"{self.name}_{ago}" for ago in range(self.count)]

    @property
    def earlier(self) -> list[str]:
        """Every month but the latest one."""
        return self.each[1:]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Every month with the one before it, the latest pair first."""
        return list(zip(self.each[:-1], self.earlier, strict=True))

    @property
    def last(self) -> str:
        return self.each[0]

    @property
    def first(self) -> str:
        return self.each[-1]

    def part(self, name: str) -> str:
        """A sum or an extreme of the months, made once and used by several patterns."""
        return f"{self.name}_{name}"

    def made(self, name: str) -> str:
        """The SQL of a part; see the top of the module."""
        return PARTS[name](self)

    @property
    def known(self) -> str:
        """Months that have a value, to divide or multiply by; NULL when none has."""
        if self.is_counted:
            return str(self.count)
        return f"nullif({self.part('known')}, 0)"

    @property
    def past_known(self) -> str:
        """The same of the earlier months."""
        if self.is_counted:
            return str(self.count - 1)
        return f"nullif({self.part('past_known')}, 0)"

    def sum_of(self, months: list[str]) -> str:
        """The sum of some months; unknown ones add nothing."""
        if not self.is_counted:
            months = [f"coalesce({month}, 0)" for month in months]
        return added(months)

    def extreme(self, function: str) -> str:
        """The greatest or the least month; of one month that month."""
        if self.count == 1:
            return self.last
        return f"{function}({', '.join(self.each)})"

    def sum_of_ages(self, power: int) -> str:
        """How long ago each known month is, to a power, summed up."""
        months = list(enumerate(self.each))[1:]
        return added(times(ago**power, is_known(month)) for ago, month in months)

    @property
    def sum_of_aged_values(self) -> str:
        """Each month's value times how long ago it is, summed up."""
        months = list(enumerate(self.each))[1:]
        return added(times(ago, f"coalesce({month}, 0)") for ago, month in months)


PARTS: dict[str, Callable[[Months], str]] = {
    "all": lambda m: m.sum_of(m.each),
    "past": lambda m: m.sum_of(m.earlier),
    "high": lambda m: m.extreme("greatest"),
    "low": lambda m: m.extreme("least"),
    "known": lambda m: added(map(is_known, m.each)),
    "past_known": lambda m: added(map(is_known, m.earlier)),
    "ages": lambda m: m.sum_of_ages(1),
    "ages_squared": lambda m: m.sum_of_ages(2),
    "aged": lambda m: m.sum_of_aged_values,
}


def is_known(month: str) -> str:
    """1 for a month that has a value, else 0."""
    return f"CASE WHEN {month} IS NULL THEN 0 ELSE 1 END"


def added(terms: Iterable[str]) -> str:
    """The sum of some terms; of none 0."""
    return " + ".join(terms) or "0"


def times(weight: int, term: str) -> str:
    """A term with a whole number before it.

    >>> times(2, "bill_0"), times(1, "bill_0"), times(-1, "bill_0")
    ('2 * bill_0', 'bill_0', '-bill_0')
    """
    short = {1: term, -1: f"-{term}"}
    return short.get(weight, f"{weight} * {term}")
