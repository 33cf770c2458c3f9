"""Who calls whom: numbered acquaintances of each subscriber, and how their leaving sways those who stay."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator.clock import Array
from churn_tasks.simulator.people import People

CLOSE = 6  # the acquaintances that are called most, whose example counts
STAYS, FOLLOWS = (
    0.8,
    2.5,
)  # hazard where nobody left, and what it gains where all close acquaintances left
REMEMBERED_DAYS = 61  # for which a friend's leaving is talked about


def drawn(caller: Array, number: Array) -> Array:
    """A number of 40 bits that settles who the caller's acquaintance of this number is."""
    return (caller * 1_000_003 + number * 7_919) * 2_654_435_761 % (1 << 40)


def is_elsewhere(bits: Array, off_net: Array) -> Array:
    """Whether that acquaintance is a customer of another operator."""
    return (bits >> 8) % 1000 / 1000 < off_net


@dataclass(frozen=True)
class Acquaintances:
    """Pairs of subscribers of this operator: ``who`` often calls ``whom``."""

    who: Array
    whom: Array
    subscribers: int

    def hazard(self, start: int, leave_day: Array) -> Array:
        """How much likelier each one is to leave after close acquaintances have left in the weeks before ``start``."""
        gone = (leave_day[self.whom] < start) & (
            leave_day[self.whom] >= start - REMEMBERED_DAYS
        )
        left = np.bincount(self.who, gone, self.subscribers)
        known = np.bincount(self.who, minlength=self.subscribers)
        return STAYS + FOLLOWS * left / np.maximum(known, 1)


def make_acquaintances(people: People) -> Acquaintances:
    """The close acquaintances within the network; the records of ``usage`` are drawn from the same circle."""
    caller = np.repeat(np.arange(len(people)), CLOSE)
    number = np.tile(np.arange(CLOSE), len(people))
    bits = drawn(people.circle_of[caller], number)
    mine = (number < people.circle[caller]) & ~is_elsewhere(
        bits, people.off_net[caller]
    )
    return Acquaintances(caller[mine], (bits % len(people))[mine], len(people))
