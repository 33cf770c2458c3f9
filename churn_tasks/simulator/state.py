"""One month as behaviour sees it: who is present when, how distressed, and by what."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import Array, Clock
from churn_tasks.simulator.lives import Lives
from churn_tasks.simulator.people import People

SLOTS = 5  # stretches of a week into which a month falls; the last takes the rest
CLIMB = 0.4  # share of an episode after which distress is at its full strength


@dataclass(frozen=True)
class MonthState:
    """The customers who are billed for month ``k``: one entry each in arrays of length ``len(who)``.

    Attributes:
        who: their numbers in :class:`People`.
        slot_start, slot_end: first day and day after the last that each was present in each slot, shape (n, SLOTS).
        distress: 0 (calm) to 1 in each slot, shape (n, SLOTS).
        cause: number of the cause of the strongest episode, 0 when calm.
        peak: highest distress in the month.
    """

    k: int
    start: int
    end: int
    who: Array
    slot_start: Array
    slot_end: Array
    distress: Array
    cause: Array
    peak: Array

    def __len__(self) -> int:
        return len(self.who)

    @property
    def leaves_before_end(self) -> Array:
        """Whether each has left by the month's end."""
        return self.slot_end[:, -1] < self.end

    @property
    def last_day(self) -> Array:
        """Last day on the network within the month."""
        return self.slot_end.max(axis=1) - 1


def month_state(clock: Clock, k: int, people: People, lives: Lives) -> MonthState:
    """What behaviour needs to know of month ``k``."""
    start, end = clock.start(k), clock.start(k + 1)
    who = np.flatnonzero((people.join_day < end) & (lives.leave_day > start))
    edges = np.array([start + 7 * slot for slot in range(SLOTS)] + [end])
    slot_start = np.maximum(edges[:-1], people.join_day[who, None])
    slot_end = np.minimum(edges[1:], lives.leave_day[who, None])
    slot_end = np.maximum(slot_end, slot_start.clip(max=end))
    distress, cause = _distress(edges, who, len(people), lives)
    return MonthState(
        k, start, end, who, slot_start, slot_end, distress, cause, distress.max(axis=1)
    )


def _distress(edges: Array, who: Array, n: int, lives: Lives) -> tuple[Array, Array]:
    """Distress rises to an episode's strength and stays there until its end; the strongest episode counts."""
    episodes = lives.episodes
    running = np.flatnonzero(
        (episodes["onset"] < edges[-1]) & (episodes["end"] > edges[0])
    )
    onset, end = episodes["onset"][running, None], episodes["end"][running, None]
    middle = (edges[:-1] + edges[1:]) / 2
    level = (
        np.clip((middle - onset) / (CLIMB * (end - onset)), 0, 1)
        * episodes["strength"][running, None]
    )
    level = np.where(middle < end, level, 0)
    position = np.full(n, -1)
    position[who] = np.arange(len(who))
    at = position[episodes["who"][running]]
    level, at, causes = level[at >= 0], at[at >= 0], episodes["cause"][running][at >= 0]
    distress = np.zeros((len(who), SLOTS))
    np.maximum.at(distress, at, level)
    cause = np.zeros(len(who), dtype=int)
    order = (
        np.argsort(level.max(axis=1), kind="stable")
        if len(level)
        else np.array([], dtype=int)
    )
    cause[at[order]] = causes[order]  # the strongest is written last
    return distress, np.where(distress.max(axis=1) > 0, cause, 0)


def felt(state: MonthState, field: str) -> Array:
    """Strength of one kind of effect in each slot: the cause's effect times distress, shape (n, SLOTS)."""
    return codes.effect(field, state.cause)[:, None] * state.distress


def felt_at_peak(state: MonthState, field: str) -> Array:
    """The same for the month as a whole, at the highest distress."""
    return codes.effect(field, state.cause) * state.peak
