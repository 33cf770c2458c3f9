"""The arithmetic of the patterns: each formula makes one figure of a measure's months, in SQL.

A formula divides once, at its end, and by ``nullif(..., 0)``: what would be divided by nothing is NULL.
"""

from math import gcd

from churn_tasks.declared.trajectory.months import Months, times


def window(months: Months) -> str:
    total = months.part("all")
    if months.is_counted:
        return total
    return f"CASE WHEN {months.part('known')} > 0 THEN {total} END"


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
    latest_step = months.count - 1
    steps = range(latest_step, -months.count, -2)
    weights = [2 * step for step in steps]
    divisor = sum(step * step for step in steps)
    common = gcd(divisor, *weights)
    weighted = zip(weights, months.each, strict=True)
    terms = [times(weight // common, month) for weight, month in weighted if weight]
    above = " + ".join(terms).replace("+ -", "- ")
    return f"({above}) / {divisor // common}"


def _slope_of_known(months: Months) -> str:
    known = months.part("known")
    ages = months.part("ages")
    above = f"{ages} * {months.part('all')} - {known} * {months.part('aged')}"
    below = f"{known} * {months.part('ages_squared')} - {ages} * {ages}"
    return f"({above}) / nullif({below}, 0)"


def spread(months: Months) -> str:
    width = f"{months.part('high')} - {months.part('low')}"
    return f"({width}) * {months.known} / nullif({months.part('all')}, 0)"


def swing(months: Months) -> str:
    """Mean movement from month to month over the mean: |y_0 - y_1| + |y_1 - y_2| ... * n / ((n - 1) * sum)."""
    moves = " + ".join(f"abs({now} - {before})" for now, before in months.steps)
    return f"({moves}) * {months.count} / nullif({months.count - 1} * {months.part('all')}, 0)"


def streak(months: Months, sign: str) -> str:
    """Steps up to the latest month that all go one way; an unknown month ends the streak."""
    if not months.steps:
        return "0"
    steps = [f"{now} {sign} {before}" for now, before in months.steps]
    return _length_of_run(steps)


def silent(months: Months) -> str:
    """Months up to the latest one that are all zero; an unknown month ends them."""
    return _length_of_run([f"{month} = 0" for month in months.each])


def _length_of_run(conditions: list[str]) -> str:
    """How many conditions hold before the first one that does not."""
    ends = [
        f"WHEN ({condition}) IS NOT TRUE THEN {length}"
        for length, condition in enumerate(conditions)
    ]
    return f"CASE {' '.join(ends)} ELSE {len(conditions)} END"


def months_that_are(months: Months, condition: str) -> str:
    """Number of months for which a condition such as ``= 0`` holds."""
    counts = [
        f"CASE WHEN {month} {condition} THEN 1 ELSE 0 END" for month in months.each
    ]
    return " + ".join(counts)


def change_share(months: Months) -> str:
    """(latest - mean of the earlier) / (|latest| + |mean of the earlier|) in percent: -100 stopped, 100 new."""
    before = f"{months.part('past')} / {months.past_known}"
    return f"100 * ({months.last} - {before}) / nullif(abs({months.last}) + abs({before}), 0)"


def peak_ago(months: Months) -> str:
    """The latest of the months that reach the highest value; NULL when that is nothing."""
    high = f"nullif({months.part('high')}, 0)"
    cases = [f"WHEN {month} THEN {ago}" for ago, month in enumerate(months.each)]
    return f"CASE {high} {' '.join(cases)} END"


def share_of(top: str, bottom: str) -> str:
    return f"{top} / nullif({bottom}, 0)"


def whole(a: Months, b: Months, factor: int) -> str:
    """One measure against another over the window: the sums divided, never the mean of monthly ratios."""
    total = _scaled(a.part("all"), factor)
    return share_of(total, b.part("all"))


def latest(a: Months, b: Months, factor: int) -> str:
    return share_of(_scaled(a.last, factor), b.last)


def moved(a: Months, b: Months, factor: int) -> str:
    """The latest month's ratio less that of the earlier months together."""
    earlier = _scaled(a.part("past"), factor)
    before = share_of(earlier, b.part("past"))
    return f"{latest(a, b, factor)} - {before}"


def cover(a: Months, b: Months, factor: int) -> str:
    return f"{_scaled(a.last, factor)} * {b.known} / nullif({b.part('all')}, 0)"


def _scaled(expression: str, factor: int) -> str:
    return expression if factor == 1 else f"{expression} * {factor}"


def to_region(months: Months) -> str:
    known, total = months.part("region_known"), months.part("region")
    return f"{months.last} * regional.{known} / nullif(regional.{total}, 0)"
