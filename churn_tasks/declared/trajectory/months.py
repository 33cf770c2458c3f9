"""The months of one measure side by side, and the formulas that make one figure of them.

A measure has a value for each month of the window. ``Months`` names these values and what is made of them in SQL, for
a window of n months::

    voice_out_0                        the latest month; voice_out_1 the one before; voice_out_<n-1> the earliest
    voice_out_all, voice_out_past      sum of all months, sum of the earlier ones
    voice_out_high, voice_out_low      the highest and the lowest month
    voice_out_known, voice_out_past_known   months that have a value; of a counted measure always n and n - 1
    voice_out_ages, _ages_squared, _aged    sums of ago, ago * ago and ago * y over the known months, for slopes

Sums are of decimals and integers and exact; each formula divides once, at its end, and by ``nullif(..., 0)``.
A measure that is read (``empty: unknown``) leaves months without a value out of every sum.
"""

from dataclasses import dataclass
from math import gcd

PARTS = (
    "all",
    "past",
    "high",
    "low",
    "known",
    "past_known",
    "ages",
    "ages_squared",
    "aged",
)
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
    def steps(self) -> list[tuple[str, str]]:
        """Every month with the one before it, the latest pair first."""
        return list(zip(self.each[:-1], self.each[1:], strict=True))

    @property
    def last(self) -> str:
        return self.each[0]

    @property
    def first(self) -> str:
        return self.each[-1]

    def part(self, name: str) -> str:
        """A sum or an extreme of the months, made once and used by several patterns."""
        return f"{self.name}_{name}"

    @property
    def known(self) -> str:
        """Months that have a value, to divide or multiply by; NULL when none has."""
        return (
            str(self.count) if self.is_counted else f"nullif({self.part('known')}, 0)"
        )

    @property
    def past_known(self) -> str:
        """The same of the earlier months."""
        return (
            str(self.count - 1)
            if self.is_counted
            else f"nullif({self.part('past_known')}, 0)"
        )

    def made(self, part: str) -> str:
        """The SQL of a part; see the top of the module."""
        months = self.each[1:] if part.startswith("past") else self.each
        if part in ("high", "low"):
            function = "greatest" if part == "high" else "least"
            return f"{function}({', '.join(months)})" if self.count > 1 else self.last
        if part.endswith("known"):
            return " + ".join(_is_known(month) for month in months) or "0"
        if part.startswith("age"):
            return _aged(
                months, 2 if part == "ages_squared" else 1, with_values=part == "aged"
            )
        filled = (
            months if self.is_counted else [f"coalesce({month}, 0)" for month in months]
        )
        return " + ".join(filled) or "0"


def _is_known(month: str) -> str:
    return f"CASE WHEN {month} IS NULL THEN 0 ELSE 1 END"


def _aged(months: list[str], power: int, *, with_values: bool) -> str:
    """Sum of ago (to a power) over the known months, each times its value where asked for."""
    ages = list(enumerate(months))[1:]
    values = [
        f"coalesce({month}, 0)" if with_values else _is_known(month)
        for _, month in ages
    ]
    return (
        " + ".join(
            _times(ago**power, value)
            for (ago, _), value in zip(ages, values, strict=True)
        )
        or "0"
    )


def window(months: Months) -> str:
    known = months.part("all")
    return (
        known
        if months.is_counted
        else f"CASE WHEN {months.part('known')} > 0 THEN {known} END"
    )


def mean(months: Months) -> str:
    return f"{months.part('all')} / {months.known}"


def change(months: Months) -> str:
    return f"{months.last} - {months.part('past')} / {months.past_known}"


def to_past(months: Months) -> str:
    return f"{months.last} * {months.past_known} / nullif({months.part('past')}, 0)"


def slope(months: Months) -> str:
    """Least squares over the months: 2 * sum(step * y) / sum(step * step), step = twice the distance from the middle.

    For three months step is 2, 0, -2 from the latest, and the formula (y_0 - y_2) / 2. Where months are unknown, the
    regression is over the known ones: (k * sum(t * y) - sum(t) * sum(y)) / (k * sum(t * t) - sum(t) * sum(t)) with
    t = -ago, NULL for fewer than two.
    """
    if not months.is_counted:
        return _slope_of_known(months)
    steps = [months.count - 1 - 2 * ago for ago in range(months.count)]
    weights, divisor = [2 * step for step in steps], sum(step * step for step in steps)
    common = gcd(divisor, *weights)
    terms = [
        _times(weight // common, month)
        for weight, month in zip(weights, months.each, strict=True)
        if weight
    ]
    return f"({' + '.join(terms).replace('+ -', '- ')}) / {divisor // common}"


def _slope_of_known(months: Months) -> str:
    part = months.part
    above = f"{part('ages')} * {part('all')} - {part('known')} * {part('aged')}"
    return f"({above}) / nullif({part('known')} * {part('ages_squared')} - {part('ages')} * {part('ages')}, 0)"


def _times(weight: int, month: str) -> str:
    return {1: month, -1: f"-{month}"}.get(weight, f"{weight} * {month}")


def spread(months: Months) -> str:
    return f"({months.part('high')} - {months.part('low')}) * {months.known} / nullif({months.part('all')}, 0)"


def swing(months: Months) -> str:
    """Mean movement from month to month over the mean: |y_0 - y_1| + |y_1 - y_2| ... * n / ((n - 1) * sum)."""
    moves = " + ".join(f"abs({now} - {before})" for now, before in months.steps)
    return f"({moves}) * {months.count} / nullif({months.count - 1} * {months.part('all')}, 0)"


def streak(months: Months, sign: str) -> str:
    """Steps up to the latest month that all go one way; an unknown month ends the streak."""
    if not months.steps:
        return "0"
    ends = [
        f"WHEN ({now} {sign} {before}) IS NOT TRUE THEN {n}"
        for n, (now, before) in enumerate(months.steps)
    ]
    return f"CASE {' '.join(ends)} ELSE {len(months.steps)} END"


def silent(months: Months) -> str:
    ends = [
        f"WHEN ({month} = 0) IS NOT TRUE THEN {ago}"
        for ago, month in enumerate(months.each)
    ]
    return f"CASE {' '.join(ends)} ELSE {months.count} END"


def months_that_are(months: Months, condition: str) -> str:
    return " + ".join(
        f"CASE WHEN {month} {condition} THEN 1 ELSE 0 END" for month in months.each
    )


def change_share(months: Months) -> str:
    """(latest - mean of the earlier) / (|latest| + |mean of the earlier|) in percent: -100 stopped, 100 new."""
    before = f"{months.part('past')} / {months.past_known}"
    return f"100 * ({months.last} - {before}) / nullif(abs({months.last}) + abs({before}), 0)"


def peak_ago(months: Months) -> str:
    """The latest of the months that reach the highest value; NULL when that is nothing."""
    high = f"nullif({months.part('high')}, 0)"
    return (
        f"CASE {high} "
        + " ".join(f"WHEN {month} THEN {ago}" for ago, month in enumerate(months.each))
        + " END"
    )


def share_of(top: str, bottom: str) -> str:
    return f"{top} / nullif({bottom}, 0)"


def whole(a: Months, b: Months, times: int) -> str:
    """One measure against another over the window: the sums divided, never the mean of monthly ratios."""
    return share_of(_scaled(a.part("all"), times), b.part("all"))


def latest(a: Months, b: Months, times: int) -> str:
    return share_of(_scaled(a.last, times), b.last)


def moved(a: Months, b: Months, times: int) -> str:
    """The latest month's ratio less that of the earlier months together."""
    return f"{latest(a, b, times)} - {share_of(_scaled(a.part('past'), times), b.part('past'))}"


def cover(a: Months, b: Months, times: int) -> str:
    return f"{_scaled(a.last, times)} * {b.known} / nullif({b.part('all')}, 0)"


def _scaled(expression: str, times: int) -> str:
    return expression if times == 1 else f"{expression} * {times}"


def to_region(months: Months) -> str:
    known, total = months.part("region_known"), months.part("region")
    return f"{months.last} * regional.{known} / nullif(regional.{total}, 0)"
