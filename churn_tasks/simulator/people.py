"""Everybody who is ever a subscriber in the simulation: the base at the start, and those who join later."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Beta, Chance, LogNormal
from churn_tasks.simulator.clock import Clock
from churn_tasks.simulator.columns import whole
from churn_tasks.simulator.kinship import (
    MAN,
    WOMAN,
    Kinship,
    birth_years,
    make_kinship,
    sexes,
)

FIRST_ID = 6_000_001
RIVAL_CARRIER_SHARE = 0.04  # of those who dial long distance by a rival's access code
# a little less than one, as the planned rate is rather exceeded
JOINERS_A_LEAVER = 0.97
NEWEST_DAYS, OLDEST_DAYS = 30, 3_650  # of the base, since they joined
MEAN_AGE_DAYS = 900
STUDENT_YEARS = (18, 24)
MEAN_YEARS, SPREAD_YEARS, YOUNGEST, OLDEST = 42, 14, 16, 90
HABIT = LogNormal(-0.08, 0.4)  # use beside the average; mean about 1
ACQUAINTANCES = LogNormal(2.3, 0.5, least=3, most=60)
DATA_SHARES = Beta(4, 4, least=0.05, most=0.95)  # of the records
OFF_NET_SHARES = Beta(3, 5)  # of the acquaintances
SLOPPINESS = Beta(1.2, 12)  # a tenth
SURNAMES = 10_000  # numbers from which surnames are taken
KEY_ACCOUNT_SHARE = 0.5  # of the corporate lines
VIP_PLAN = 6  # position of the cheapest tariff that makes a key account by itself
PREFIXES = (
    *(134, 135, 136, 137, 138, 139),
    *(150, 151, 152, 158),
    *(182, 183, 187, 188),
)
PREFIX_STEP = 100_000_000  # a mobile number is a prefix and eight digits
MANY = 1_000_000
FIRST_SERIAL, SERIALS = 10_000_000, 90_000_000


@dataclass(frozen=True)
class People:
    """One entry a subscriber in each array; what may change later is here as it was at the start.

    Attributes:
        join_day: first day on the network; drawn over ten years for the base.
        vip: 0 none, 1 to 4 for class A to D.
        use: multiplies the average number of records; mean about 1.
        circle: number of people that the subscriber calls.
        circle_of: whose acquaintances they are: his own, or those of the line that he gave up.
        payment_sloppiness: chance of paying a bill late.
        home: number of the dwelling; families share one.
        number: the mobile number as an integer.
        kinship: who is the same person, and who only looks like it.
    """

    subs_id: Array
    join_day: Array
    segment: Array
    region: Array
    city: Array
    plan: Array
    is_postpaid: Array
    vip: Array
    sex: Array
    birth_year: Array
    use: Array
    data_share: Array
    circle: Array
    circle_of: Array
    off_net: Array
    uses_rival_carrier: Array
    payment_sloppiness: Array
    has_broadband: Array
    home: Array
    surname: Array
    number: Array
    kinship: Kinship

    def __len__(self) -> int:
        return len(self.subs_id)


def make_people(clock: Clock) -> People:
    """The base and the joiners of all months, by number of subscriber."""
    chance = clock.chance("people")
    join_day = _join_days(clock, chance)
    n = len(join_day)
    segment = chance.choice(len(codes.SEGMENTS), n, p=codes.SEGMENT_SHARES)
    plan = _plans(segment, chance)
    head, surname = _homes(segment, chance)
    kinship = make_kinship(segment, head, clock.chance("kinship"))
    # those who live together live in one region
    district = kinship.home[kinship.namesake]
    # the draws of the arguments are made in this order
    return People(
        subs_id=FIRST_ID + np.arange(n),
        join_day=join_day,
        segment=segment,
        region=any_region(n, chance)[district],
        city=any_city(n, chance)[district],
        plan=plan,
        is_postpaid=chance.happens(codes.POSTPAID_SHARES[segment], n),
        vip=_vip_classes(segment, plan, chance),
        sex=_sexes(kinship, chance),
        birth_year=_birth_years(clock, segment, kinship, chance),
        use=_use(segment, plan, chance),
        data_share=chance.shares(DATA_SHARES, n),
        circle=whole(chance.amounts(ACQUAINTANCES, n)),
        circle_of=np.arange(n),
        off_net=chance.shares(OFF_NET_SHARES, n),
        uses_rival_carrier=chance.happens(RIVAL_CARRIER_SHARE, n),
        payment_sloppiness=chance.shares(SLOPPINESS, n),
        has_broadband=chance.happens(codes.BROADBAND_SHARES[segment], n),
        home=kinship.home,
        surname=surname[kinship.holder],
        number=_numbers(n, chance),
        kinship=kinship,
    )


def _join_days(clock: Clock, chance: Chance) -> Array:
    """The base joined over ten years, many of them lately; each month brings about as many as leave."""
    settings = clock.settings
    older = chance.exponential(MEAN_AGE_DAYS, settings.customers)
    age = NEWEST_DAYS + np.minimum(older, OLDEST_DAYS).astype(int)
    parts = [clock.start(0) - age]
    leavers = settings.customers * settings.churn_rate
    for k in range(settings.months):
        season = codes.SEASON[clock.month_of_year(k)]
        joiners = round(leavers * JOINERS_A_LEAVER * season)
        days = chance.integers(clock.start(k), clock.start(k + 1), joiners)
        parts.append(days)
    return np.concatenate(parts)


def _plans(segment: Array, chance: Chance) -> Array:
    """Tariff of each, as common as ``plans.csv`` says for the segment."""
    plan = np.zeros(len(segment), dtype=int)
    for number in range(len(codes.SEGMENTS)):
        mine = np.flatnonzero(segment == number)
        shares = codes.plan_shares(number)
        plan[mine] = chance.choice(len(shares), len(mine), p=shares)
    return plan


def _homes(segment: Array, chance: Chance) -> tuple[Array, Array]:
    """Every second family member lives with the subscriber before, under the same surname."""
    n = len(segment)
    joins_previous = (segment == codes.FAMILY) & chance.happens(0.5, n)
    joins_previous[0] = False
    own = np.where(joins_previous, 0, np.arange(n))
    home = np.maximum.accumulate(own)
    surname = chance.integers(0, SURNAMES, n)
    return home, surname[home]


def any_region(n: int, chance: Chance) -> Array:
    return chance.integers(0, len(codes.REGIONS), n)


def any_city(n: int, chance: Chance) -> Array:
    """Numbered from 1 in each region."""
    return chance.integers(1, codes.CITIES_A_REGION + 1, n)


def _vip_classes(segment: Array, plan: Array, chance: Chance) -> Array:
    """Every second corporate line and the dearest tariffs have a class, a higher one with a dearer tariff."""
    n = len(segment)
    is_chosen = chance.happens(KEY_ACCOUNT_SHARE, n)
    is_key_account = (segment == codes.CORPORATE) & is_chosen
    is_key_account |= plan >= VIP_PLAN
    vip_class = 10 - plan - chance.integers(0, 2, n)
    return np.where(is_key_account, np.clip(vip_class, 1, 4), 0)


def _birth_years(
    clock: Clock, segment: Array, kinship: Kinship, chance: Chance
) -> Array:
    """Students are 18 to 23, the others about 42."""
    n = len(segment)
    this_year = clock.settings.first_month.year
    student = chance.between(STUDENT_YEARS, n)
    drawn = chance.normal(MEAN_YEARS, SPREAD_YEARS, n)
    grown_up = whole(np.clip(drawn, YOUNGEST, OLDEST))
    age = np.where(segment == codes.CAMPUS, student, grown_up)
    return birth_years(kinship, this_year - age, this_year)


def _sexes(kinship: Kinship, chance: Chance) -> Array:
    drawn = chance.choice(np.array([MAN, WOMAN]), len(kinship.holder))
    return sexes(kinship, drawn)


def _use(segment: Array, plan: Array, chance: Chance) -> Array:
    """More in dearer tariffs; the logarithm is about normal."""
    habit = chance.amounts(HABIT, len(segment))
    return codes.SEGMENT_USE[segment] * habit * (0.7 + 0.1 * plan)


def _numbers(n: int, chance: Chance) -> Array:
    """Mobile numbers of the operator's own prefixes, each given once."""
    serial = _distinct_serials(n, chance)
    prefix = chance.choice(np.array(PREFIXES), n)
    return prefix * PREFIX_STEP + FIRST_SERIAL + serial


def _distinct_serials(n: int, chance: Chance) -> Array:
    """Many are taken from all there are; few are drawn with some to spare, as a few are drawn twice."""
    if n > MANY:
        return chance.permutation(SERIALS)[:n]
    enough = n + n // 4 + 100
    drawn = np.unique(chance.integers(0, SERIALS, enough))
    return chance.permutation(drawn)[:n]
