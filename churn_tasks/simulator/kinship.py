"""Who is the same person, who is of one family, and who merely bears the same name.

A person may hold several lines. What tells such lines from a father and his son, from brothers and sisters, and from
namesakes round the corner is what the search for the same person has to see.
"""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Chance

MAN, WOMAN = "1", "2"
# of the individual and family lines: about 8 % of all persons have two lines or three
FURTHER_SHARE = 0.115
THIRD_SHARE = 0.17  # of the further lines
MOVED_SHARE = 0.08  # of the further lines: registered at another address
NAMESAKE_SHARE = 0.04
# of those who live with somebody of the same surname
SON_SHARE, SIBLING_SHARE = 0.2, 0.2
YEARS_TO_A_SON = (23, 33)
YEARS_TO_A_SIBLING = (1, 9)
YEARS_TO_A_NAMESAKE = (0, 4)
# of a customer old enough for a line of his own, so that fathers are no children
YOUNGEST_FATHER = 45


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


def shares_with_others(first: Array) -> Array:
    """Which subscribers share something with others.

    Args:
        first: position of the first subscriber with whom each one shares it; his own where he shares it with none.
    """
    own = np.arange(len(first))
    follows = first != own
    leads = np.isin(own, first[follows])
    return follows | leads


def make_kinship(segment: Array, home: Array, chance: Chance) -> Kinship:
    """Drawn apart from everything else, so that who leaves does not depend on it.

    Args:
        segment: number of each subscriber's segment.
        home: dwelling of each, by the first who lives there; the others have his surname.
    """
    n = len(segment)
    own = np.arange(n)
    is_private = (segment == codes.INDIVIDUAL) | (segment == codes.FAMILY)
    lives_with_others = shares_with_others(home)
    holder = _holders(is_private, lives_with_others, chance)
    stays = (holder != own) & ~chance.happens(MOVED_SHARE, n)
    is_son, is_sibling = _sons_and_siblings(home != own, chance)
    is_known = shares_with_others(holder) | lives_with_others
    is_stranger = (segment == codes.INDIVIDUAL) & ~is_known
    namesake = _namesakes(is_stranger, chance)
    return Kinship(
        holder=holder,
        home=np.where(stays, home[holder], home),
        namesake=namesake,
        sibling=np.where(is_sibling, home, own),
        akin=np.where(is_son | is_sibling, home, namesake),
        years=_years_apart(is_son, is_sibling, namesake != own, chance),
        is_son=is_son,
    )


def _sons_and_siblings(with_head: Array, chance: Chance) -> tuple[Array, Array]:
    """Some of those who live in the home of another are his son, others his brother or sister."""
    draw = chance.random(len(with_head))
    is_son = with_head & (draw < SON_SHARE)
    is_sibling = with_head & (draw > 1 - SIBLING_SHARE)
    return is_son, is_sibling


def _years_apart(
    is_son: Array, is_sibling: Array, is_namesake: Array, chance: Chance
) -> Array:
    """Years of birth between each one and his kin; 0 for those without any."""
    n = len(is_son)
    to_a_sibling = chance.between(YEARS_TO_A_SIBLING, n)
    to_a_namesake = chance.between(YEARS_TO_A_NAMESAKE, n)
    to_a_son = chance.between(YEARS_TO_A_SON, n)
    return np.select(
        [is_son, is_sibling, is_namesake], [to_a_son, to_a_sibling, to_a_namesake]
    )


def birth_years(kinship: Kinship, drawn: Array, this_year: int) -> Array:
    """Years of birth that fit the kinship; who is too young to be the father is the son.

    Args:
        drawn: what each would have without any kin.
    """
    head = drawn[kinship.akin]
    is_father = kinship.is_son & (head > this_year - YOUNGEST_FATHER)
    years = np.where(is_father, -kinship.years, kinship.years)
    return (head + years)[kinship.holder]


def sexes(kinship: Kinship, drawn: Array) -> Array:
    """Fathers and sons are men, and namesakes are of one sex.

    Args:
        drawn: what each would have without any kin.
    """
    sex = drawn.copy()
    fathers = kinship.akin[kinship.is_son]
    sex[fathers] = MAN
    sex[kinship.is_son] = MAN
    return sex[kinship.namesake][kinship.holder]


def _holders(is_private: Array, is_kin: Array, chance: Chance) -> Array:
    """Second and third lines, each with the first line of the person who holds it."""
    count = round(FURTHER_SHARE * is_private.sum())
    thirds = round(THIRD_SHARE * count)
    seconds = count - thirds
    candidates = chance.permutation(np.flatnonzero(is_private & ~is_kin))
    further = candidates[:count]
    first_lines = np.setdiff1d(np.flatnonzero(is_private), further)
    first_lines = chance.permutation(first_lines)
    holder = np.arange(len(is_private))
    holders = [first_lines[:seconds], first_lines[:thirds]]
    holder[further] = np.concatenate(holders)
    return holder


def _namesakes(fits: Array, chance: Chance) -> Array:
    """Pairs of strangers: the second has the first one's name and lives in the same district."""
    namesake = np.arange(len(fits))
    drawn = chance.permutation(np.flatnonzero(fits))
    pairs = round(len(drawn) * NAMESAKE_SHARE / 2)
    namesake[drawn[:pairs]] = drawn[pairs : 2 * pairs]
    return namesake
