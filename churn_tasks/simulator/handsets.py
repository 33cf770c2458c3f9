"""The telephone in each subscriber's hand: planned replacements, and how it sways leaving."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from churn_tasks.simulator.clock import NEVER, Array, Clock
from churn_tasks.simulator.people import People

HANDSETS_EACH = 4  # more than anybody wears out in the longest simulation
DUAL_SIM_SHARE, LOCKED_SHARE = 0.45, 0.04
OLD_DAYS = 1_100
FREE, LOCKED_OWN, LOCKED_RIVAL = "0", "1", "2"


class Model(NamedTuple):
    """One model on the market, the cheapest first in ``MODELS``."""

    maker: str
    name: str
    generation: int
    is_smart: bool
    price_cny: int


MODELS = (
    Model("Tianji", "T1 Classic", 2, False, 129), Model("Tianji", "T3 Senior", 2, False, 199),
    Model("Luxin", "L100", 3, False, 239), Model("Luxin", "L210", 3, True, 399),
    Model("Miran", "Note 4", 4, True, 599), Model("Miran", "Note 6", 4, True, 799),
    Model("Orchid", "A5", 4, True, 999), Model("Orchid", "A7", 4, True, 1_299),
    Model("Haosen", "H20", 4, True, 1_599), Model("Miran", "Note 8 5G", 5, True, 1_799),
    Model("Orchid", "A9 5G", 5, True, 2_299), Model("Haosen", "H40 5G", 5, True, 2_999),
    Model("Verdant", "V2 5G", 5, True, 3_999), Model("Verdant", "V3 Pro", 5, True, 5_999),
    Model("Haosen", "Fold 5G", 5, True, 8_999),
)  # fmt: skip


@dataclass
class Handsets:
    """What each subscriber uses and from when; columns are one handset after the other.

    Attributes:
        first_day: from which each handset is used on the line, shape (n, HANDSETS_EACH).
        model: position in ``MODELS``.
        is_dual: whether it takes a second SIM, a rival's perhaps.
        lock: the network to which it is locked.
        swap_day: day on which a handset outside the plan came into use.
    """

    first_day: Array
    model: Array
    is_dual: Array
    lock: Array
    swap_day: Array

    def position(self, day: int) -> Array:
        """Which of the planned handsets is in use on a day."""
        return np.maximum((self.first_day <= day).sum(axis=1) - 1, 0)

    def hazard(self, day: int) -> Array:
        """How much likelier each one is to leave: a second SIM, a rival's lock, an old or a plain handset."""
        at = np.arange(len(self.model)), self.position(day)
        is_smart = np.array([model.is_smart for model in MODELS])[self.model[at]]
        factor = np.where(self.is_dual[at], 1.15, 0.95) * np.where(
            self.lock[at] == LOCKED_RIVAL, 1.4, 1.0
        )
        return (
            factor
            * np.where(day - self.first_day[at] > OLD_DAYS, 1.15, 1.0)
            * np.where(is_smart, 1.0, 1.1)
        )


def plan_handsets(clock: Clock, people: People) -> Handsets:
    """Each handset lasts about two and a half years; dearer tariffs go with dearer handsets."""
    n, chance = len(people), clock.chance("handsets")
    life = np.clip(chance.lognormal(6.8, 0.35, (n, HANDSETS_EACH)), 200, 2_500).astype(
        int
    )
    worn = (life[:, 0] * chance.random(n)).astype(int)
    first = np.maximum(
        np.minimum(clock.start(0) - worn, people.join_day.max()), people.join_day
    )
    starts = np.column_stack([first, first[:, None] + np.cumsum(life[:, :-1], axis=1)])
    taste = (
        3
        + 1.3 * people.plan[:, None]
        + np.arange(HANDSETS_EACH)
        + chance.normal(0, 2.2, (n, HANDSETS_EACH))
    )
    lock = chance.choice(
        np.array([FREE, LOCKED_OWN, LOCKED_RIVAL]),
        (n, HANDSETS_EACH),
        p=[0.88, 0.12 - LOCKED_SHARE, LOCKED_SHARE],
    )
    return Handsets(
        first_day=starts,
        model=np.clip(np.rint(taste), 0, len(MODELS) - 1).astype(int),
        is_dual=chance.random((n, HANDSETS_EACH)) < DUAL_SIM_SHARE,
        lock=lock,
        swap_day=np.full(n, NEVER),
    )
