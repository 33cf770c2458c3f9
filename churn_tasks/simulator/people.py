"""Everybody who is ever a subscriber in the simulation: the base at the start, and those who join later."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import Array, Clock
from churn_tasks.simulator.kinship import Kinship, birth_years, make_kinship, sexes

FIRST_ID = 6_000_001
BROADBAND_SHARES = np.array([0.25, 0.6, 0.05, 0.5])  # by segment


@dataclass(frozen=True)
class People:
    """One entry a subscriber in each array; what may change later is here as it was at the start.

    Attributes:
        join_day: first day on the network; drawn over ten years for the base.
        use: multiplies the average number of records; mean about 1.
        circle: number of people that the subscriber calls.
        circle_of: whose acquaintances they are: his own, or those of the line that he gave up.
        home: number of the dwelling; families share one.
        kinship: who is the same person, and who only looks like it.
    """

    subs_id: Array
    join_day: Array
    segment: Array
    region: Array
    city: Array
    plan: Array
    is_postpaid: Array
    vip: Array  # 0 none, 1 to 4 for class A to D
    sex: Array
    birth_year: Array
    use: Array
    data_share: Array
    circle: Array
    circle_of: Array
    off_net: Array
    uses_rival_carrier: Array
    payment_sloppiness: Array  # chance of paying a bill late
    has_broadband: Array
    home: Array
    surname: Array
    number: Array  # the mobile number as an integer
    kinship: Kinship

    def __len__(self) -> int:
        return len(self.subs_id)


def make_people(clock: Clock) -> People:
    """The base and the joiners of all months, by number of subscriber."""
    chance = clock.chance("people")
    join_day = _join_days(clock, chance)
    n = len(join_day)
    segment = chance.choice(4, n, p=codes.SEGMENT_SHARES)
    plan = _plans(segment, chance)
    head, surname = _homes(segment, chance)
    kinship = make_kinship(segment, head, clock.chance("kinship"))
    district = kinship.home[
        kinship.namesake
    ]  # those who live together live in one region
    return People(
        subs_id=FIRST_ID + np.arange(n),
        join_day=join_day,
        segment=segment,
        region=chance.integers(0, len(codes.REGIONS), n)[district],
        city=chance.integers(1, 6, n)[district],
        plan=plan,
        is_postpaid=chance.random(n) < np.array([0.45, 0.6, 0.15, 0.95])[segment],
        vip=_vip(segment, plan, chance),
        sex=sexes(kinship, chance.choice(np.array(["1", "2"]), n)),
        birth_year=birth_years(
            kinship,
            _birth_years(clock, segment, chance),
            clock.settings.first_month.year,
        ),
        use=codes.SEGMENT_USE[segment]
        * chance.lognormal(-0.08, 0.4, n)
        * (0.7 + 0.1 * plan),
        data_share=np.clip(chance.beta(4, 4, n), 0.05, 0.95),
        circle=np.clip(chance.lognormal(2.3, 0.5, n), 3, 60).astype(int),
        circle_of=np.arange(n),
        off_net=chance.beta(3, 5, n),
        uses_rival_carrier=chance.random(n) < 0.04,
        payment_sloppiness=chance.beta(1.2, 12, n),
        has_broadband=chance.random(n) < BROADBAND_SHARES[segment],
        home=kinship.home,
        surname=surname[kinship.holder],
        number=_numbers(n, chance),
        kinship=kinship,
    )


def _birth_years(clock: Clock, segment: Array, chance: np.random.Generator) -> Array:
    """Students are 18 to 23."""
    n = len(segment)
    age = np.where(
        segment == 2,
        chance.integers(18, 24, n),
        np.clip(chance.normal(42, 14, n), 16, 90).astype(int),
    )
    return clock.settings.first_month.year - age


def _join_days(clock: Clock, chance: np.random.Generator) -> Array:
    """The base joined over ten years, many of them lately; each month brings about as many as leave."""
    settings = clock.settings
    age = 30 + np.minimum(chance.exponential(900, settings.customers), 3650).astype(int)
    parts = [clock.start(0) - age]
    for k in range(settings.months):
        joiners = round(
            settings.customers
            * settings.churn_rate
            * 0.97
            * codes.SEASON[clock.month(k).number - 1]
        )
        parts.append(chance.integers(clock.start(k), clock.start(k + 1), joiners))
    return np.concatenate(parts)


def _plans(segment: Array, chance: np.random.Generator) -> Array:
    plan = np.zeros(len(segment), dtype=int)
    for number, shares in codes.PLAN_SHARES.items():
        mine = segment == number
        plan[mine] = chance.choice(
            len(shares), mine.sum(), p=np.array(shares) / sum(shares)
        )
    return plan


def _vip(segment: Array, plan: Array, chance: np.random.Generator) -> Array:
    key_account = (segment == 3) & (chance.random(len(segment)) < 0.5) | (plan >= 6)
    return np.where(
        key_account, np.clip(10 - plan - chance.integers(0, 2, len(plan)), 1, 4), 0
    )


def _homes(segment: Array, chance: np.random.Generator) -> tuple[Array, Array]:
    """Every second family member lives with the subscriber before, under the same surname."""
    n = len(segment)
    joins_previous = (segment == 1) & (chance.random(n) < 0.5)
    joins_previous[0] = False
    home = np.maximum.accumulate(np.where(joins_previous, 0, np.arange(n)))
    return home, chance.integers(0, 10_000, n)[home]


def _numbers(n: int, chance: np.random.Generator) -> Array:
    """Mobile numbers of the operator's own prefixes, each given once."""
    prefixes = np.array(
        [134, 135, 136, 137, 138, 139, 150, 151, 152, 158, 182, 183, 187, 188]
    )
    serial = (
        chance.permutation(90_000_000)[:n] if n > 1_000_000 else _distinct(n, chance)
    )
    return chance.choice(prefixes, n) * 100_000_000 + 10_000_000 + serial


def _distinct(n: int, chance: np.random.Generator) -> Array:
    drawn = np.unique(chance.integers(0, 90_000_000, n + n // 4 + 100))
    return chance.permutation(drawn)[:n]
