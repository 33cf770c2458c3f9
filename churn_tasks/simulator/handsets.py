"""The telephone in each subscriber's hand: planned replacements, and how it sways leaving."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from churn_tasks.simulator.chance import Array, Chance, LogNormal
from churn_tasks.simulator.clock import NEVER, Clock
from churn_tasks.simulator.columns import whole
from churn_tasks.simulator.literal_tables import rows
from churn_tasks.simulator.people import People

HANDSETS_EACH = 4  # more than anybody wears out in the longest simulation
DUAL_SIM_SHARE = 0.45
OLD_DAYS = 1_100
LIFE_DAYS = LogNormal(6.8, 0.35, least=200, most=2_500)
TASTE_SPREAD = 2.2  # in positions of ``MODELS``, as the next two
CHEAPEST_TASTE, TASTE_A_PLAN = 3, 1.3
FREE, LOCKED_OWN, LOCKED_RIVAL = "0", "1", "2"
LOCK_SHARES = {FREE: 0.88, LOCKED_OWN: 0.08, LOCKED_RIVAL: 0.04}
# how much likelier to leave
DUAL, SINGLE = 1.15, 0.95
RIVAL_LOCK, OLD, PLAIN = 1.4, 1.15, 1.1


class Model(NamedTuple):
    """One model on the market."""

    maker: str
    name: str
    generation: str
    is_smart: bool
    price_cny: int


def _read_models() -> tuple[Model, ...]:
    models = []
    for row in rows("handset_models.csv"):
        model = Model(
            maker=row["maker"],
            name=row["name"],
            generation=row["generation"],
            is_smart=row["is_smart"] == "yes",
            price_cny=int(row["price_cny"]),
        )
        models.append(model)
    return tuple(models)


MODELS = _read_models()  # the cheapest first
IS_SMART = np.array([model.is_smart for model in MODELS])


@dataclass
class Handsets:
    """What each subscriber uses and from when; columns are one handset after the other.

    Attributes:
        first_day: from which each handset is used on the line, shape (n, HANDSETS_EACH), as the next three.
        model: position in ``MODELS``.
        is_dual: whether it takes a second SIM, a rival's perhaps.
        lock: the network to which it is locked.
        swap_day: day on which a handset outside the plan came into use, shape (n,).
    """

    first_day: Array
    model: Array
    is_dual: Array
    lock: Array
    swap_day: Array

    def position(self, day: int) -> Array:
        """Which of the planned handsets is in use on a day."""
        begun = (self.first_day <= day).sum(axis=1)
        return np.maximum(begun - 1, 0)

    def hazard(self, day: int) -> Array:
        """How much likelier each one is to leave: a second SIM, a rival's lock, an old or a plain handset."""
        at = np.arange(len(self.model)), self.position(day)
        is_smart = IS_SMART[self.model[at]]
        is_old = day - self.first_day[at] > OLD_DAYS
        is_rival_s = self.lock[at] == LOCKED_RIVAL
        factor = np.where(self.is_dual[at], DUAL, SINGLE)
        factor *= np.where(is_rival_s, RIVAL_LOCK, 1.0)
        factor *= np.where(is_old, OLD, 1.0)
        factor *= np.where(is_smart, 1.0, PLAIN)
        return factor


def plan_handsets(clock: Clock, people: People) -> Handsets:
    """Each handset lasts about two and a half years; dearer tariffs go with dearer handsets."""
    chance = clock.chance("handsets")
    n = len(people)
    shape = (n, HANDSETS_EACH)
    first_day = _first_days(clock, people, chance)
    model = _models(people.plan, chance)
    lock = chance.codes(LOCK_SHARES, shape)
    return Handsets(
        first_day=first_day,
        model=model,
        is_dual=chance.random(shape) < DUAL_SIM_SHARE,
        lock=lock,
        swap_day=np.full(n, NEVER),
    )


def _first_days(clock: Clock, people: People, chance: Chance) -> Array:
    """The first handset is worn by some part of its life when the simulation begins."""
    n = len(people)
    life = whole(chance.amounts(LIFE_DAYS, (n, HANDSETS_EACH)))
    worn = whole(life[:, 0] * chance.random(n))
    bought = clock.start(0) - worn
    first = np.clip(bought, people.join_day, people.join_day.max())
    ends = np.cumsum(life, axis=1)
    later = first[:, None] + ends[:, :-1]
    return np.column_stack([first, later])


def _models(plan: Array, chance: Chance) -> Array:
    """Dearer with the tariff, and with each replacement."""
    spread = chance.normal(0, TASTE_SPREAD, (len(plan), HANDSETS_EACH))
    usual = CHEAPEST_TASTE + TASTE_A_PLAN * plan
    taste = usual[:, None] + np.arange(HANDSETS_EACH) + spread
    return whole(np.clip(np.rint(taste), 0, len(MODELS) - 1))
