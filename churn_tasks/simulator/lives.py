"""The plan of who leaves when and why, who shows signs of it beforehand, and whom a retention contact sways.

An episode is a time of distress with a cause. Most leavers have one in the 4 to 12 weeks before; some leave without a
sign, and many episodes end with the customer staying.
"""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator.acquaintances import Acquaintances
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import NEVER, Clock
from churn_tasks.simulator.handsets import Handsets
from churn_tasks.simulator.interaction import Interaction
from churn_tasks.simulator.market import Market
from churn_tasks.simulator.parallel import Parallel
from churn_tasks.simulator.people import People

HELPS, HURTS = 1, -1  # what a contact does
NO_REPLY, WILL_STAY, UNDECIDED, WILL_LEAVE = range(4)  # what the customer answers


@dataclass
class Episodes(Parallel):
    """Times of distress, one entry each.

    Attributes:
        onset, end: first day and day after the last.
        strength: 0 to 1.
    """

    who: Array
    onset: Array
    end: Array
    cause: Array
    strength: Array


@dataclass
class Contacts(Parallel):
    """Calls of retention staff, one entry each; an answer only where the customer was reached."""

    who: Array
    day: Array
    reached: Array
    response: Array


@dataclass
class Lives:
    """The plan, one entry a subscriber in each array but for episodes and contacts.

    Attributes:
        frailty: how readily each one leaves beside all that can be told; mean 1.
        leave_day: first day off the network, ``NEVER`` for those who stay.
        contact_effect: what a contact does to this customer: 1 keeps, -1 drives away, 0 changes nothing.
    """

    frailty: Array
    leave_day: Array
    cause: Array
    shown_signs: Array
    contact_effect: Array
    kept_by_contact: Array
    driven_by_contact: Array
    episodes: Episodes
    contacts: Contacts

    @property
    def stays(self) -> Array:
        """Who is not planned to leave."""
        return self.leave_day == NEVER


@dataclass(frozen=True)
class Circumstances:
    """What makes leaving likelier beside a subscriber's own nature.

    Attributes:
        free_day: day on which each subscriber's contract ends without renewal; ``NEVER`` without one.
        acquaintances: whose leaving makes others follow.
        handsets: what is in each hand.
        market: prices and campaigns of rivals by region.
        interaction: the planted pattern, if there is one.
    """

    free_day: Array
    acquaintances: Acquaintances
    handsets: Handsets
    market: Market
    interaction: Interaction | None = None


@dataclass(frozen=True)
class PlannedMonth:
    """One month while it is planned, and the stream from which all its decisions are drawn."""

    clock: Clock
    k: int
    people: People
    lives: Lives
    around: Circumstances
    chance: Chance

    @property
    def start(self) -> int:
        return self.clock.start(self.k)

    @property
    def end(self) -> int:
        return self.clock.start(self.k + 1)

    def settled(self, days: int) -> Array:
        """Who has been a customer for some days when the month begins, and is not planned to leave."""
        has_joined = self.people.join_day <= self.start - days
        return has_joined & self.lives.stays


def no_plan(contact_effect: Array, frailty: Array) -> Lives:
    """Everybody stays, and nothing happens."""
    n = len(contact_effect)
    none = np.zeros(0, dtype=int)
    return Lives(
        frailty=frailty,
        leave_day=np.full(n, NEVER),
        cause=np.zeros(n, dtype=int),
        shown_signs=np.zeros(n, dtype=bool),
        contact_effect=contact_effect,
        kept_by_contact=np.zeros(n, dtype=bool),
        driven_by_contact=np.zeros(n, dtype=bool),
        episodes=Episodes(none, none, none, none, none),
        contacts=Contacts(none, none, none, none),
    )
