"""Leavers who come back on a new number: one of the joiners is the person who left.

Drawn after it is settled who leaves and who joins, so that neither changes: the joiner only gets another person. Some
who give up a line have opened a further one in the same weeks anyway; that is the same to whoever looks at the books.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import Array, Clock
from churn_tasks.simulator.lives import Lives
from churn_tasks.simulator.people import People

SHARE = 0.085  # of those who leave in the simulation; with those who open a further line anyway about a tenth
SOONEST_DAYS, LATEST_DAYS = (
    -5,
    45,
)  # from leaving to joining; some open the new line before they drop the old one
OVERLAP_SHARE = 0.25
STAYS_SHARE = 0.9  # of those who come back are registered at the old address
NEVER_BACK = ("moving_away", "natural")
OF_THE_PERSON = ("region", "city", "sex", "birth_year", "surname")
OF_HABIT = ("use", "data_share", "circle", "off_net", "circle_of")


@dataclass(frozen=True)
class Rotation:
    """Positions of the line given up and of the new one, one entry each."""

    old: Array
    new: Array


def plan_rotation(clock: Clock, people: People, lives: Lives) -> Rotation:
    """Who comes back as whom: each with the joiner nearest to the day that he or she has in mind."""
    chance = clock.chance("rotation")
    first, end = clock.start(0), clock.start(clock.settings.months)
    never = np.isin(lives.cause, [codes.CAUSE_NUMBER[name] for name in NEVER_BACK])
    leavers = np.flatnonzero(
        (lives.leave_day >= first) & (lives.leave_day < end) & ~never
    )
    leavers = leavers[
        chance.random(len(leavers)) < SHARE / 0.88
    ]  # the causes of no return are 12 % of the leavers
    leavers = leavers[np.argsort(lives.leave_day[leavers], kind="stable")]
    overlaps = chance.random(len(leavers)) < OVERLAP_SHARE
    wait = np.where(
        overlaps,
        chance.integers(SOONEST_DAYS, 0, len(leavers)),
        chance.integers(1, 36, len(leavers)),
    )
    free = _free_joiners(people, first)
    pairs = []
    for old, days in zip(leavers.tolist(), wait.tolist(), strict=True):
        found = _nearest(
            free[int(people.segment[old])], int(lives.leave_day[old]), days
        )
        if found is not None and found != old:
            pairs.append((old, found))
    found_pairs = np.array(pairs, dtype=int).reshape(-1, 2)
    return Rotation(found_pairs[:, 0], found_pairs[:, 1])


def come_back(clock: Clock, people: People, rotation: Rotation) -> People:
    """The same people with the returned ones in the places of those joiners: person, address and habits."""
    chance = clock.chance("rotation", 1)
    holder, home = people.kinship.holder.copy(), people.home.copy()
    changed = {
        name: getattr(people, name).copy() for name in (*OF_THE_PERSON, *OF_HABIT)
    }
    stays = chance.random(len(rotation.old)) < STAYS_SHARE
    for old, new, at_home in zip(
        rotation.old, rotation.new, stays, strict=True
    ):  # in order of leaving: some do it twice
        holder[new] = holder[old]
        home[new] = home[old] if at_home else home[new]
        for values in changed.values():
            values[new] = values[old]
    return replace(
        people,
        home=home,
        kinship=replace(people.kinship, holder=holder, home=home),
        **changed,
    )


def returns(clock: Clock, people: People, lives: Lives) -> Rotation:
    """Every line given up in the simulation whose holder opened another in those weeks: the one nearest in days."""
    holder, join, leave = people.kinship.holder, people.join_day, lives.leave_day
    lines = defaultdict(list)
    for who in np.flatnonzero(
        np.bincount(holder, minlength=len(people))[holder] > 1
    ).tolist():
        lines[int(holder[who])].append(who)
    pairs = []
    for old in sorted(who for several in lines.values() for who in several):
        if clock.start(0) <= leave[old] < clock.start(clock.settings.months):
            others = [
                (abs(int(join[new] - leave[old])), new)
                for new in lines[int(holder[old])]
                if join[new] > join[old]
            ]
            pairs += [
                (old, new)
                for _, new in sorted(others)
                if _is_return(int(join[new] - leave[old]))
            ][:1]
    found = np.array(pairs, dtype=int).reshape(-1, 2)
    return Rotation(found[:, 0], found[:, 1])


def _is_return(days: int) -> bool:
    return SOONEST_DAYS <= days <= LATEST_DAYS


def _free_joiners(people: People, first: int) -> dict[int, dict[int, list[int]]]:
    """Joiners who are nobody's kin or second line, by segment and day of joining."""
    kinship, alone = people.kinship, np.arange(len(people))
    known = (kinship.holder != alone) | np.isin(
        alone, kinship.holder[kinship.holder != alone]
    )
    known |= (people.home != alone) | np.isin(alone, people.home[people.home != alone])
    free: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for who in np.flatnonzero((people.join_day >= first) & ~known).tolist():
        free[int(people.segment[who])][int(people.join_day[who])].append(who)
    return free


def _nearest(free: dict[int, list[int]], leave_day: int, wait: int) -> int | None:
    """Take the joiner whose day is nearest to the wanted one within the bounds; none when all are taken."""
    days = range(leave_day + SOONEST_DAYS, leave_day + LATEST_DAYS + 1)
    for day in sorted(days, key=lambda day: (abs(day - leave_day - wait), day)):
        if free.get(day):
            return free[day].pop(0)
    return None
