"""Relations between months and between tables: who is seen again, how many of the labelled left, whom a summary lost.

A branch that is missing, customers who were renamed, a month delivered twice: each table alone may look as always,
but then customers of last month are not seen again, or more of a region than of all others have left.

A share is held against the same share of the earlier months that no relation stopped, by size of effect
(:mod:`.bounds`); before there is one, against what the settings state. A region is held against all customers of the
same month, which takes no history.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from churn_tasks.checks.bounds import YEAR, Band, Past, band, error_of_share
from churn_tasks.checks.measures import Measure
from churn_tasks.core.sections import Quality, Relations, Widths

RELATION = "relation"  # the table that keeps them
CLOSED_AGAIN = "closed_again_share"
OF_REGIONS = ("gone_of_region", "joined_of_region", "churn_of_region")
# amounts a month that are of the size of a bill, each in month_billing or the master
BESIDE_BILLS = ("payment", "recharge", "arrears", "plan_fee")
RELATIONS = (
    "gone_share",
    "joined_share",
    "churn_rate",
    "left_early_share",
    "lost_share",
    "without_person_share",
    CLOSED_AGAIN,
    *OF_REGIONS,
    *(f"{name}_nobody" for name in OF_REGIONS),
    *(f"{name}_to_bill" for name in BESIDE_BILLS),
)
LEAST_OF_REGION = 10  # customers of a region from which its share says anything
WHOLE_REGION = 0.9  # gone: no region loses so many by itself ...
LEAST_WITH_BOTH = 20  # customers who have an amount and a bill
BESIDE_WARNS, BESIDE_STOPS = 8.0, 30.0  # times; the usual mistake is a hundred
RARE = 1e-6  # ... where chance would take all of them less often than this
Text = tuple[str, str]  # Chinese and English


@dataclass(frozen=True)
class Share:
    """How many of some customers it is about.

    Attributes:
        name: of the relation, the same in every month.
        text: what it says, in Chinese and English.
        stated: the shares from which it warns and stops as long as nothing was learnt.
        is_learnt: whether earlier months say what is usual.
    """

    name: str
    part: int
    whole: int
    text: Text
    stated: tuple[float, float]
    is_learnt: bool = True

    @property
    def value(self) -> float:
        """0 of nobody."""
        if not self.whole:
            return 0.0
        return self.part / self.whole


@dataclass(frozen=True)
class OfRegion:
    """Of one region's customers, how many it is about."""

    region: str
    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole


History = Mapping[str, Sequence[float]]  # relation to its values in earlier months


def learnt_bounds(
    share: Share, history: Sequence[float], year_ago: float | None, quality: Quality
) -> tuple[Band, Band]:
    """What is usual and what is allowed of a share.

    Args:
        history: its values in the earlier months that were not stopped, earliest first.
    """
    warns, stops = share.stated
    if not history or not share.is_learnt:
        return Band(high=warns), Band(high=stops)
    middle = sorted(history)[len(history) // 2]
    past = Past(history, year_ago, error_of_share(middle, share.whole))
    wider = 1.0
    if len(history) < YEAR:
        wider = quality.first_year
    warn, stop = _widths(share.name, quality)
    usual, allowed = Band(), Band()
    if warn and len(history) < quality.min_months:
        usual = band(past, "share", _widened(warn, quality.first_year), 1.0)
    elif warn:
        usual = band(past, "share", warn, 1.0)
    if stop:
        allowed = band(past, "share", stop, wider)
        if not share.part and is_no_chance(min(history), share.whole):
            allowed = replace(allowed, low=1 / share.whole)
    return usual, allowed


def is_no_chance(share: float, whole: int) -> bool:
    """Whether chance would hardly ever pick nobody of so many, each picked by this share."""
    return (1.0 - share) ** whole < RARE


def _widened(widths: Widths, factor: float) -> Widths:
    """Of one or two months nobody knows how much a share moves by itself."""
    wider = {"share": widths.share * factor, "chance": widths.chance * factor}
    return widths.model_copy(update=wider)


def _widths(name: str, quality: Quality) -> tuple[Widths | None, Widths | None]:
    """The first exception of the settings that fits counts, else what holds for all relations."""
    relations = quality.relations
    return quality.widths_of(f"{RELATION}.{name}", relations.warn, relations.stop)


def share_measure(
    share: Share, history: Sequence[float], year_ago: float | None, quality: Quality
) -> Measure:
    """A share with its bounds; the few customers that it may be about by chance never break them."""
    usual, allowed = learnt_bounds(share, history, year_ago, quality)
    learnt = 0
    if share.is_learnt:
        learnt = len(history)
    zh, en = share.text
    return Measure(
        share.name,
        "",
        f"{en[0].upper()}{en[1:]}: {share.part:,} of {share.whole:,}.",
        lowest=allowed.low,
        highest=allowed.high,
        zh=f"{zh}：{share.whole:,} 位中 {share.part:,} 位。",
        usual_lowest=usual.low,
        usual_highest=usual.high,
        learnt_months=learnt,
    )


def worst_region(regions: Iterable[OfRegion]) -> OfRegion | None:
    """The region whose share lies highest above chance; None where no region is large enough, or there is only one."""
    large = [each for each in regions if each.whole >= LEAST_OF_REGION and each.region]
    if len(large) < 2:
        return None
    whole = sum(each.whole for each in large)
    overall = sum(each.part for each in large) / whole
    return max(large, key=lambda each: (_surprise(each, overall), each.region))


def _surprise(of_region: OfRegion, overall: float) -> float:
    """Standard errors that a region lies above all customers."""
    error = error_of_share(overall, of_region.whole)
    return (of_region.value - overall) / error


def region_measure(
    name: str, text: Text, regions: Sequence[OfRegion], relations: Relations
) -> tuple[Measure, float] | None:
    """The region that differs most from all others, and its share; None where regions cannot be compared."""
    worst = worst_region(regions)
    if worst is None:
        return None
    others_part = sum(each.part for each in regions) - worst.part
    others_whole = sum(each.whole for each in regions) - worst.whole
    others = others_part / max(others_whole, 1)
    error = error_of_share(others, worst.whole) * sqrt(1 + worst.whole / others_whole)
    warns = max(relations.region_warn, relations.warn.chance * error)
    stops = max(relations.region_stop, relations.stop.chance * error)
    ceiling = 1.0
    if others**worst.whole < RARE:
        ceiling = WHOLE_REGION
    zh, en = text
    measure = Measure(
        name,
        "",
        f"{en[0].upper()}{en[1:]}: region {worst.region}, {worst.part:,} of {worst.whole:,};"
        f" elsewhere {others:.1%}.",
        highest=min(others + stops, ceiling),
        zh=f"{zh}：大区 {worst.region}，{worst.whole:,} 位中 {worst.part:,} 位；其他大区 {others:.1%}。",
        usual_highest=min(others + warns, ceiling),
    )
    return measure, worst.value


def regions_of_nobody(
    name: str, text: Text, regions: Sequence[OfRegion]
) -> tuple[Measure, float]:
    """The regions that nobody left or joined where chance would have picked somebody, and how many they are.

    A branch that delivers last month again looks so: all its customers are there, and nobody is new.
    """
    found = []
    for each in regions:
        part = sum(other.part for other in regions) - each.part
        whole = sum(other.whole for other in regions) - each.whole
        share = part / max(whole, 1)
        if each.region and not each.part and is_no_chance(share, each.whole):
            found.append(each.region)
    named = ", ".join(sorted(found)) or "-"
    zh, en = text
    measure = Measure(
        name,
        "",
        f"Regions with none of the {en}, beyond chance: {named}.",
        zh=f"{zh}为零且非偶然的大区：{named}。",
        usual_highest=0,
    )
    return measure, float(len(found))


def beside_bill_measure(
    name: str, middle: Mapping[str, float]
) -> tuple[Measure, float] | None:
    """How many times their bill something of the customers comes to, by the tenth of them that lies nearest to it.

    One customer in ten pays for a year, or pays for many lines; that nine in ten do says that one of the two tables is
    in another unit. None where too few customers have both.

    Args:
        name: what is held against the bill.
        middle: ``customers`` who have both, and the ratio's ``low`` and ``high`` tenth.
    """
    if middle["customers"] < LEAST_WITH_BOTH:
        return None
    value = 1.0
    if middle["low"] > 1:
        value = middle["low"]
    elif middle["high"] < 1:
        value = middle["high"]
    measure = Measure(
        f"{name}_to_bill",
        "",
        f"{name} of a customer beside the bill, of the tenth of {middle['customers']:,.0f} customers in whom they lie"
        " nearest; is one of the two tables in another unit, fen for yuan?",
        lowest=1 / BESIDE_STOPS,
        highest=BESIDE_STOPS,
        zh=f"客户的 {name} 与账单金额之比（{middle['customers']:,.0f} 位客户中最接近的十分位）；"
        "两表单位是否不同，如以分代元",
        usual_lowest=1 / BESIDE_WARNS,
        usual_highest=BESIDE_WARNS,
    )
    return measure, value


def regions_of(
    rows: Iterable[Mapping[str, object]], part: str, whole: str
) -> Iterator[OfRegion]:
    """Of each region two of its counts."""
    for row in rows:
        yield OfRegion(str(row["region_code"]), _count(row[part]), _count(row[whole]))


def summed(rows: Iterable[Mapping[str, object]], name: str) -> int:
    """A count of all regions."""
    return sum(_count(row[name]) for row in rows)


def _count(value: object) -> int:
    return int(str(value))
