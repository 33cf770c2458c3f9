"""One month as behaviour sees it: who is present when, how distressed, and by what."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.causes import CAUSE_NUMBER, effect
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import Clock, moment
from churn_tasks.simulator.columns import dates
from churn_tasks.simulator.lives import Episodes, Lives
from churn_tasks.simulator.people import People

SLOTS = 5  # stretches of a week into which a month falls; the last takes the rest
SLOT_DAYS = 7
CLIMB = 0.4  # share of an episode after which distress is at its full strength


@dataclass(frozen=True)
class MonthState:
    """The customers who are billed for month ``k``: one entry each in arrays of length ``len(who)``.

    Attributes:
        start, end: first day of the month and of the next.
        who: their numbers in :class:`People`.
        slot_start, slot_end: first day and day after the last that each was present in each slot, shape (n, SLOTS).
        distress: 0 (calm) to 1 in each slot, shape (n, SLOTS).
        cause: number of the cause of the strongest episode, 0 when calm.
    """

    clock: Clock
    people: People
    k: int
    start: int
    end: int
    who: Array
    slot_start: Array
    slot_end: Array
    distress: Array
    cause: Array

    def __len__(self) -> int:
        return len(self.who)

    def chance(self, topic: str) -> Chance:
        """The month's stream of chance of one topic."""
        return self.clock.chance(topic, self.k)

    @cached_property
    def subs_id(self) -> Array:
        return self.people.subs_id[self.who]

    @cached_property
    def peak(self) -> Array:
        """Highest distress in the month."""
        return self.distress.max(axis=1)

    @property
    def first_day(self) -> Array:
        """First day on the network within the month."""
        return self.slot_start[:, 0]

    @cached_property
    def last_day(self) -> Array:
        """Last day on the network within the month; slots after it are empty."""
        is_there = self.slot_end > self.slot_start
        return np.where(is_there, self.slot_end, self.start).max(axis=1) - 1

    @cached_property
    def leaves_before_end(self) -> Array:
        """Whether each has left by the month's end."""
        return self.slot_end[:, -1] < self.end

    @property
    def staying(self) -> Array:
        """Positions of those who are still there at the month's end."""
        return np.flatnonzero(~self.leaves_before_end)

    def troubled_by(self, *causes: str) -> Array:
        """Whether one of these causes is behind each one's distress."""
        return np.isin(self.cause, [CAUSE_NUMBER[name] for name in causes])

    def felt(self, behaviour: str) -> Array:
        """Strength of one kind of effect in each slot: the cause's effect times distress, shape (n, SLOTS)."""
        return effect(behaviour, self.cause)[:, None] * self.distress

    def felt_at_peak(self, behaviour: str) -> Array:
        """The same for the month as a whole, at the highest distress."""
        return effect(behaviour, self.cause) * self.peak

    def numbers(self, count: int, step: int = 10_000_000) -> Array:
        """Numbers for the rows of the month, which share the leading digits.

        Args:
            step: more than the rows of any month.
        """
        return np.arange(count) + (self.k + 1) * step

    def last_date(self, count: int) -> pa.Array:
        """The month's last day in each of ``count`` rows."""
        return dates(np.full(count, self.end - 1))

    def stamp_after(self, hour: int, count: int) -> pa.Array:
        """An hour of the day after the month in each of ``count`` rows."""
        second = moment(self.end, hour)
        return self.clock.stamps(np.full(count, second))


def month_state(clock: Clock, k: int, people: People, lives: Lives) -> MonthState:
    """What behaviour needs to know of month ``k``."""
    start, end = clock.start(k), clock.start(k + 1)
    is_customer = (people.join_day < end) & (lives.leave_day > start)
    who = np.flatnonzero(is_customer)
    edges = np.append(start + SLOT_DAYS * np.arange(SLOTS), end)
    join_day = people.join_day[who, None]
    leave_day = lives.leave_day[who, None]
    slot_start = np.maximum(edges[:-1], join_day)
    slot_end = np.minimum(edges[1:], leave_day)
    slot_end = np.maximum(slot_end, slot_start.clip(max=end))
    position = np.full(len(people), -1)
    position[who] = np.arange(len(who))
    distress, cause = _distress(edges, position, len(who), lives.episodes)
    return MonthState(
        clock, people, k, start, end, who, slot_start, slot_end, distress, cause
    )


def _distress(
    edges: Array, position: Array, count: int, episodes: Episodes
) -> tuple[Array, Array]:
    """Distress in each slot and its cause; the strongest episode counts.

    Args:
        edges: first days of the slots, and the day after the last.
        position: of each subscriber among the ``count`` customers of the month, -1 for everybody else.
    """
    first, end = edges[0], edges[-1]
    is_running = (episodes.onset < end) & (episodes.end > first)
    is_customer = position[episodes.who] >= 0
    running = episodes.taken(is_running & is_customer)
    at = position[running.who]
    middle = (edges[:-1] + edges[1:]) / 2
    level = _levels(running, middle)
    distress = np.zeros((count, SLOTS))
    np.maximum.at(distress, at, level)
    cause = np.zeros(count, dtype=int)
    # the strongest is written last
    order = np.argsort(level.max(axis=1), kind="stable")
    cause[at[order]] = running.cause[order]
    is_calm = distress.max(axis=1) == 0
    return distress, np.where(is_calm, 0, cause)


def _levels(episodes: Episodes, middle: Array) -> Array:
    """Distress of each episode at each day of ``middle``: it rises to its strength and stays there until the end."""
    onset = episodes.onset[:, None]
    end = episodes.end[:, None]
    strength = episodes.strength[:, None]
    climb_days = CLIMB * (end - onset)
    level = np.clip((middle - onset) / climb_days, 0, 1) * strength
    return np.where(middle < end, level, 0)
