"""Who calls whom: numbered acquaintances of each subscriber, and how their leaving sways those who stay."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator.chance import SPREAD_32, Array
from churn_tasks.simulator.clock import within
from churn_tasks.simulator.people import People

CLOSE = 6  # the acquaintances that are called most, whose example counts
STAYS = 0.8  # hazard where nobody left
FOLLOWS = 2.5  # what it gains where all close acquaintances left
REMEMBERED_DAYS = 61  # for which a friend's leaving is talked about


def drawn(caller: Array, number: Array) -> Array:
    """A number of 40 bits that settles who the caller's acquaintance of this number is."""
    pair = caller * 1_000_003 + number * 7_919
    return pair * SPREAD_32 % (1 << 40)


def is_elsewhere(bits: Array, off_net: Array) -> Array:
    """Whether that acquaintance is a customer of another operator.

    Args:
        off_net: the caller's share of such acquaintances.
    """
    share = (bits >> 8) % 1000 / 1000
    return share < off_net


@dataclass(frozen=True)
class Acquaintances:
    """Pairs of subscribers of this operator: ``who`` often calls ``whom``."""

    who: Array
    whom: Array
    subscribers: int

    def hazard(self, start: int, leave_day: Array) -> Array:
        """How much likelier each one is to leave after close acquaintances have left in the weeks before ``start``."""
        day = leave_day[self.whom]
        left_lately = within(day, start - REMEMBERED_DAYS, start)
        left = np.bincount(self.who, left_lately, self.subscribers)
        known = np.bincount(self.who, minlength=self.subscribers)
        return STAYS + FOLLOWS * left / np.maximum(known, 1)


def make_acquaintances(people: People) -> Acquaintances:
    """The close acquaintances within the network; the records of ``usage`` are drawn from the same circle."""
    n = len(people)
    caller = np.repeat(np.arange(n), CLOSE)
    number = np.tile(np.arange(CLOSE), n)
    bits = drawn(people.circle_of[caller], number)
    in_circle = number < people.circle[caller]
    is_own = in_circle & ~is_elsewhere(bits, people.off_net[caller])
    called = bits % n
    return Acquaintances(caller[is_own], called[is_own], n)
