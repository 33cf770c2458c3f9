"""How a figure behind a reason is said, so that a clerk can repeat it: what moved, from where to where, in how long.

A figure is said as a change of the customer's own: "outgoing call minutes fell from 412 to 96 in 3 months". Where
nothing changed, where the customer never had the thing, or where only a formula could be told, nothing is said and
another figure of the same reason speaks. Words and units are those of the feature's declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from churn_tasks.core.closed import Text
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.trajectory.ends import FIRST, LAST, end_of
from churn_tasks.declared.trajectory.feature import Feature
from churn_tasks.declared.trajectory.file import Direction
from churn_tasks.warning.evidence import (
    WITHOUT_UNIT,
    bears_out,
    fact,
    number,
    unit_zh,
)

LEAST_CHANGE = 0.2  # of the larger of both figures
LEAST_STEP = (
    2  # minutes, calls, days, megabytes, units of money: from 1 to 0 is no news
)
LEAST_POINTS = 0.05  # of a share
SHORTEST_GAP_DAYS = 7
WITHOUT_STEP = ("share", "ratio", "1-5", "0-10")
SHARES = ("share", "share_last", "share_change")

Ends = Mapping[str, float]  # voice_out_first -> 412.0


@dataclass(frozen=True)
class Moving:
    """A feature that is made of a measure's months.

    Attributes:
        table: of the feature.
        unit: of the measure, in the profile's currency.
    """

    table: str
    feature: Feature
    unit: str


@dataclass(frozen=True)
class Saying:
    """What is said of one figure.

    Attributes:
        words: None for a yes or no, whose reason is said without a figure.
        is_steady: a level, which has not moved towards leaving.
    """

    words: Text | None
    is_steady: bool = False


@dataclass(frozen=True)
class Sayings:
    """All that is needed to say the figures of listed customers.

    Attributes:
        months: of the observe window.
        moving: feature -> how it is made of months; the others are said by their meaning.
        ends: table and customer -> first and latest month of its measures.
    """

    months: int
    moving: Mapping[str, Moving]
    ends: Mapping[tuple[str, str], Ends]

    def said(
        self, customer: str, feature: FeatureColumn, value: float
    ) -> Saying | None:
        """What can be said of the figure; None where it does not bear the reason out."""
        moving = self.moving.get(feature.name)
        if moving:
            ends = self.ends.get((moving.table, customer), {})
            return _of_months(moving, ends, value, self.months)
        if bears_out(feature, value):
            return Saying(fact(feature, value, self.months))
        return None


def _of_months(moving: Moving, ends: Ends, value: float, months: int) -> Saying | None:
    kind = moving.feature.pattern.kind
    if kind == "date":
        return _long_ago(moving.feature, value)
    if kind == "two":
        return _part_moved(moving.feature, ends, months)
    measure = moving.feature.line.of
    first = ends.get(end_of(measure, FIRST))
    last = ends.get(end_of(measure, LAST))
    if first is None or last is None or not max(first, last) > 0:
        return None  # unknown, or nothing that the customer has
    least = LEAST_CHANGE * max(abs(first), abs(last))
    if moving.unit not in WITHOUT_STEP:
        least = max(least, LEAST_STEP)
    direction = _direction(moving.feature)
    verb = _verb(direction, first, last, least)
    if verb:
        return _changed(moving, verb, (first, last), months)
    if direction == "up":
        return None
    return _steady(moving, last)


def _long_ago(feature: Feature, days: float) -> Saying | None:
    if not days >= SHORTEST_GAP_DAYS:
        return None
    measure = feature.measure
    words = Text(
        en=f"{number(days)} days since the {measure.en}",
        zh=f"{measure.zh}距月底{number(days)}天",
    )
    return Saying(words)


def _part_moved(feature: Feature, ends: Ends, months: int) -> Saying | None:
    """A share of one measure in another; what one costs or weighs by the other is a formula, and not said."""
    other = feature.other
    if feature.by not in SHARES or other is None:
        return None
    first, last = _part(feature, ends, FIRST), _part(feature, ends, LAST)
    if first is None or last is None:
        return None
    verb = _verb(_direction(feature), first, last, LEAST_POINTS)
    if verb is None:
        return None
    before, after = f"{number(first * 100)}%", f"{number(last * 100)}%"
    measure = feature.measure
    words = Text(
        en=f"{measure.en} {verb.en} from {before} to {after} of {other.en} in {months} months",
        zh=f"{measure.zh}占{other.zh}的比例{months}个月内由{before}{verb.zh}{after}",
    )
    return Saying(words)


def _part(feature: Feature, ends: Ends, end: str) -> float | None:
    part = ends.get(end_of(feature.line.of, end))
    whole = ends.get(end_of(feature.line.other, end))
    if part is None or not whole or not whole > 0:
        return None
    return part / whole


FELL = Text(en="fell", zh="降至")
ROSE = Text(en="rose", zh="升至")


def _verb(direction: Direction, first: float, last: float, least: float) -> Text | None:
    """Fell or rose where it did so in the direction that goes with leaving, by ``least`` or more; else None."""
    if direction == "down" and first - last >= least and first > last:
        return FELL
    if direction == "up" and last - first >= least and last > first:
        return ROSE
    return None


def _direction(feature: Feature) -> Direction:
    """In which direction the measure itself goes with leaving."""
    declared = feature.line.expect
    if declared and feature.pattern.expect == "same":
        return declared
    return feature.measure.expect


def _changed(
    moving: Moving, verb: Text, ends: tuple[float, float], months: int
) -> Saying | None:
    before, after = (number(end) for end in ends)
    if before == after:
        return None
    measure = moving.feature.measure
    unit_en, own = _units(moving)
    words = Text(
        en=f"{measure.en} {verb.en} from {before} to {after}{unit_en} in {months} months",
        zh=f"{measure.zh}{months}个月内由{before}{own}{verb.zh}{after}{own}",
    )
    return Saying(words)


def _steady(moving: Moving, last: float) -> Saying:
    measure = moving.feature.measure
    unit_en, own = _units(moving)
    words = Text(
        en=f"{measure.en} in the latest month: {number(last)}{unit_en}",
        zh=f"最近一个月{measure.zh}：{number(last)}{own}",
    )
    return Saying(words, is_steady=True)


def _units(moving: Moving) -> tuple[str, str]:
    """The unit behind a figure in English and in Chinese; none where the words say it, or there is none."""
    unit = moving.unit
    if unit in WITHOUT_UNIT:
        return "", ""
    if _names_unit(moving.feature.measure.en, unit):
        return "", unit_zh(unit)
    return f" {unit}", unit_zh(unit)


def _names_unit(words: str, unit: str) -> bool:
    """Whether the words say the unit themselves: "outgoing call minutes"."""
    spelled = {"min": "minutes"}.get(unit, unit)
    return spelled in words
