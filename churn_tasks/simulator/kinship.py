"""Who is the same person, who is of one family, and who merely bears the same name.

A person may hold several lines. What tells such lines from a father and his son, from brothers and sisters, and from
namesakes round the corner is what the search for the same person has to see.
"""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator.clock import Array

INDIVIDUAL, FAMILY = 0, 1  # numbers of the segments
FURTHER_SHARE = 0.115  # of the individual and family lines: about 8 % of all persons have two lines or three
THIRD_SHARE = 0.17  # of the further lines
MOVED_SHARE = 0.08  # of the further lines: registered at another address
NAMESAKE_SHARE = 0.04
SON_SHARE, SIBLING_SHARE = (
    0.2,
    0.2,
)  # of those who live with somebody of the same surname
YOUNGEST_FATHER = 45  # of a customer old enough for a line of his own, so that fathers are no children


@dataclass(frozen=True)
class Kinship:
    """One entry a subscriber in each array; positions name the subscriber himself where nothing is shared.

    Attributes:
        holder: first line of the same person.
        home: number of the dwelling.
        namesake: whose full name and district this one has.
        sibling: whose first character of the given name this one shares, as brothers and sisters do.
        akin: by whose year of birth this one's goes, ``years`` apart.
        is_son: he and the head of his home are men.
    """

    holder: Array
    home: Array
    namesake: Array
    sibling: Array
    akin: Array
    years: Array
    is_son: Array


def make_kinship(segment: Array, home: Array, chance: np.random.Generator) -> Kinship:
    """Drawn apart from everything else, so that who leaves does not depend on it.

    Args:
        segment: number of each subscriber's segment.
        home: dwelling of each, by the first who lives there; the others have his surname.
    """
    n, alone = len(segment), np.arange(len(segment))
    with_head, is_head = home != alone, np.isin(alone, home[home != alone])
    is_private = (segment == INDIVIDUAL) | (segment == FAMILY)
    holder = _holders(is_private, with_head | is_head, chance)
    stays = (holder != alone) & (chance.random(n) >= MOVED_SHARE)
    draw = chance.random(n)
    is_son, is_sibling = (
        with_head & (draw < SON_SHARE),
        with_head & (draw > 1 - SIBLING_SHARE),
    )
    is_known = (
        np.isin(alone, holder[holder != alone])
        | (holder != alone)
        | with_head
        | is_head
    )
    namesake = _namesakes((segment == INDIVIDUAL) & ~is_known, chance)
    akin = np.where(is_son | is_sibling, home, namesake)
    between = np.where(
        is_sibling,
        chance.integers(1, 9, n),
        np.where(namesake != alone, chance.integers(0, 4, n), 0),
    )
    years = np.where(is_son, chance.integers(23, 33, n), between)
    return Kinship(
        holder,
        np.where(stays, home[holder], home),
        namesake,
        np.where(is_sibling, home, alone),
        akin,
        years,
        is_son,
    )


def birth_years(kinship: Kinship, drawn: Array, this_year: int) -> Array:
    """Years of birth that fit the kinship; who is too young to be the father is the son.

    Args:
        drawn: what each would have without any kin.
    """
    head = drawn[kinship.akin]
    younger = np.where(
        kinship.is_son & (head > this_year - YOUNGEST_FATHER),
        -kinship.years,
        kinship.years,
    )
    return (head + younger)[kinship.holder]


def sexes(kinship: Kinship, drawn: Array) -> Array:
    """Fathers and sons are men, and namesakes are of one sex."""
    found = drawn.copy()
    found[kinship.is_son] = found[kinship.akin[kinship.is_son]] = "1"
    return found[kinship.namesake][kinship.holder]


def _holders(is_private: Array, is_kin: Array, chance: np.random.Generator) -> Array:
    """Second and third lines, each with the first line of the person who holds it."""
    holder = np.arange(len(is_private))
    drawn = chance.permutation(np.flatnonzero(is_private & ~is_kin))
    further = round(FURTHER_SHARE * is_private.sum())
    thirds = round(THIRD_SHARE * further)
    firsts = chance.permutation(
        np.setdiff1d(np.flatnonzero(is_private), drawn[:further])
    )
    holder[drawn[:further]] = np.concatenate(
        [firsts[: further - thirds], firsts[:thirds]]
    )
    return holder


def _namesakes(fits: Array, chance: np.random.Generator) -> Array:
    """Pairs of strangers: the second has the first one's name and lives in the same district."""
    namesake = np.arange(len(fits))
    drawn = chance.permutation(np.flatnonzero(fits))
    pairs = round(len(drawn) * NAMESAKE_SHARE / 2)
    namesake[drawn[:pairs]] = drawn[pairs : 2 * pairs]
    return namesake
