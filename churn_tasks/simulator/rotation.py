"""Leavers who come back on a new number: one of the joiners is the person who left.

Drawn after it is settled who leaves and who joins, so that neither changes: the joiner only gets another person. Some
who give up a line have opened a further one in the same weeks anyway; that is the same to whoever looks at the books.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from churn_tasks.simulator.causes import CAUSE_NUMBER
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import Clock, within
from churn_tasks.simulator.kinship import shares_with_others
from churn_tasks.simulator.lives import Lives
from churn_tasks.simulator.people import People

# of those who leave in the simulation; with those who open a further line anyway about a tenth
SHARE = 0.085
NEVER_BACK = ("moving_away", "natural")
NEVER_BACK_SHARE = 0.12  # of the leavers
# from leaving to joining; some open the new line before they drop the old one
SOONEST_DAYS, LATEST_DAYS = -5, 45
OVERLAP_SHARE = 0.25
USUAL_WAIT_DAYS = (1, 36)
STAYS_SHARE = 0.9  # of those who come back are registered at the old address
OF_THE_PERSON = ("region", "city", "sex", "birth_year", "surname")
OF_HABIT = ("use", "data_share", "circle", "off_net", "circle_of")

Pair = tuple[int, int]
ByDay = dict[int, list[int]]


@dataclass(frozen=True)
class Rotation:
    """Positions of the line given up and of the new one, one entry each."""

    old: Array
    new: Array

    @classmethod
    def of(cls, pairs: list[Pair]) -> Self:
        positions = np.array(pairs, dtype=int).reshape(-1, 2)
        return cls(positions[:, 0], positions[:, 1])


def plan_rotation(clock: Clock, people: People, lives: Lives) -> Rotation:
    """Who comes back as whom: each with the joiner nearest to the day that he or she has in mind."""
    chance = clock.chance("rotation")
    leavers = _who_come_back(clock, lives, chance)
    waits = _waits(len(leavers), chance)
    free = _free_joiners(people, clock.start(0))
    pairs = []
    for old, wait in zip(leavers.tolist(), waits.tolist(), strict=True):
        segment = int(people.segment[old])
        leave_day = int(lives.leave_day[old])
        new = _take_nearest(free[segment], leave_day, wait)
        if new is not None and new != old:
            pairs.append((old, new))
    return Rotation.of(pairs)


def _who_come_back(clock: Clock, lives: Lives, chance: Chance) -> Array:
    """Some of those who leave in the simulation, in order of leaving."""
    never_back = [CAUSE_NUMBER[name] for name in NEVER_BACK]
    may_return = ~np.isin(lives.cause, never_back)
    leaves = within(lives.leave_day, clock.start(0), clock.end)
    leavers = np.flatnonzero(leaves & may_return)
    share = SHARE / (1 - NEVER_BACK_SHARE)
    leavers = leavers[chance.happens(share, len(leavers))]
    order = np.argsort(lives.leave_day[leavers], kind="stable")
    return leavers[order]


def _waits(count: int, chance: Chance) -> Array:
    """Days from leaving to joining that each has in mind."""
    overlaps = chance.happens(OVERLAP_SHARE, count)
    before = chance.integers(SOONEST_DAYS, 0, count)
    after = chance.between(USUAL_WAIT_DAYS, count)
    return np.where(overlaps, before, after)


def _free_joiners(people: People, first: int) -> dict[int, ByDay]:
    """Joiners who are nobody's kin or second line, by segment and day of joining."""
    is_known = shares_with_others(people.kinship.holder)
    is_known |= shares_with_others(people.home)
    is_joiner = people.join_day >= first
    free: dict[int, ByDay] = defaultdict(lambda: defaultdict(list))
    for who in np.flatnonzero(is_joiner & ~is_known).tolist():
        segment = int(people.segment[who])
        day = int(people.join_day[who])
        free[segment][day].append(who)
    return free


def _take_nearest(free: ByDay, leave_day: int, wait: int) -> int | None:
    """Take the joiner whose day is nearest to the wanted one within the bounds; none when all are taken."""

    def distance(day: int) -> tuple[int, int]:
        return abs(day - leave_day - wait), day

    days = range(leave_day + SOONEST_DAYS, leave_day + LATEST_DAYS + 1)
    for day in sorted(days, key=distance):
        if free.get(day):
            return free[day].pop(0)
    return None


def come_back(clock: Clock, people: People, rotation: Rotation) -> People:
    """The same people with the returned ones in the places of those joiners: person, address and habits."""
    chance = clock.chance("rotation", 1)
    holder = people.kinship.holder.copy()
    home = people.home.copy()
    names = (*OF_THE_PERSON, *OF_HABIT)
    changed = {name: getattr(people, name).copy() for name in names}
    keeps_home = chance.happens(STAYS_SHARE, len(rotation.old))
    # in order of leaving: some do it twice
    steps = zip(rotation.old, rotation.new, keeps_home, strict=True)
    for old, new, at_home in steps:
        holder[new] = holder[old]
        if at_home:
            home[new] = home[old]
        for values in changed.values():
            values[new] = values[old]
    kinship = replace(people.kinship, holder=holder, home=home)
    return replace(people, home=home, kinship=kinship, **changed)


def returns(clock: Clock, people: People, lives: Lives) -> Rotation:
    """Every line given up in the simulation whose holder opened another in those weeks: the one nearest in days."""
    holder = people.kinship.holder
    lines_of = _lines_by_holder(holder)
    is_given_up = within(lives.leave_day, clock.start(0), clock.end)
    pairs = []
    for old in np.flatnonzero(is_given_up).tolist():
        lines = lines_of[int(holder[old])]
        new = _nearest_return(old, lines, people, lives)
        if new is not None:
            pairs.append((old, new))
    return Rotation.of(pairs)


def _lines_by_holder(holder: Array) -> dict[int, list[int]]:
    """All lines of each person, in order of their positions."""
    lines: dict[int, list[int]] = defaultdict(list)
    for line, person in enumerate(holder.tolist()):
        lines[person].append(line)
    return lines


def _nearest_return(
    old: int, lines: list[int], people: People, lives: Lives
) -> int | None:
    """The line opened after this one, and nearest to the day on which it was given up; none without one."""
    near = []
    for new in lines:
        wait = int(people.join_day[new] - lives.leave_day[old])
        is_later = people.join_day[new] > people.join_day[old]
        if is_later and SOONEST_DAYS <= wait <= LATEST_DAYS:
            near.append((abs(wait), new))
    if not near:
        return None
    _, nearest = min(near)
    return nearest
