"""Numbers of identity documents (GB 11643): region, day of birth, serial number with the sex in it, check digit.

::

    990123 19800217 045 X
    region day      |   check digit: the sum of the digits by their weights, modulo 11
                    serial number: odd for men
"""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import Clock
from churn_tasks.simulator.kinship import MAN
from churn_tasks.simulator.people import People
from churn_tasks.simulator.phones import full_width

MADE_UP = 990_000  # no region of the country begins with 99, so no number is anybody's
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.array(list("10X98765432"))
UNASKED_BEFORE_DAYS = 900  # lines opened longer ago mostly have no document on file
MISSING_OLD, MISSING_NEW = 0.88, 0.04
SHORT_SHARE = 0.04  # in the old form of 15 digits
SHORT_UNTIL = 2000  # year of birth: the old form has two digits for it
LOWER_SHARE = 0.5  # written with a small x
WIDE_SHARE = 0.01


def registered_documents(clock: Clock, people: People) -> Array:
    """The number as it stands in the books of each line; empty where none was asked for."""
    chance = clock.chance("identity")
    n = len(people)
    texts = _numbers(people, chance)[people.kinship.holder]
    may_be_short = people.birth_year < SHORT_UNTIL
    is_short = chance.happens(SHORT_SHARE, n) & may_be_short
    texts = np.where(is_short, _old_form(texts), texts)
    is_lower = chance.happens(LOWER_SHARE, n)
    texts = np.where(is_lower, np.char.lower(texts), texts)
    wide = np.flatnonzero(chance.happens(WIDE_SHARE, n))
    texts[wide] = [full_width(text) for text in texts[wide]]
    return np.where(_is_missing(clock, people, chance), "", texts)


def mistyped(number: str) -> str:
    """The same number with its last digit wrong: of all eleven check digits one alone is right."""
    if number.endswith("0"):
        return f"{number[:-1]}1"
    return f"{number[:-1]}0"


def as_delivered(texts: Array) -> pa.Array:
    """Text, with nothing where it is empty."""
    return pa.array(texts, pa.string(), mask=texts == "")


def _is_missing(clock: Clock, people: People, chance: Chance) -> Array:
    is_old = people.join_day < clock.start(0) - UNASKED_BEFORE_DAYS
    share = np.where(is_old, MISSING_OLD, MISSING_NEW)
    return chance.happens(share, len(people))


def _old_form(texts: Array) -> list[str]:
    """Without the century and the check digit."""
    return [f"{text[:6]}{text[8:17]}" for text in texts]


def _numbers(people: People, chance: Chance) -> Array:
    """A whole number for each line, as if each were another person's."""
    n = len(people)
    region = MADE_UP + chance.integers(1, 10_000, n)
    month = chance.integers(1, 13, n)
    day = chance.integers(1, 29, n)
    born = people.birth_year * 10_000 + month * 100 + day
    is_man = people.sex == MAN
    serial = chance.integers(0, 499, n) * 2 + is_man
    body = region * 10**11 + born * 10**3 + serial
    return np.char.add(body.astype(str), _check_digits(body))


def _check_digits(body: Array) -> Array:
    """Check digit of each number of 17 digits."""
    places = 10 ** np.arange(len(WEIGHTS) - 1, -1, -1)
    digits = body[:, None] // places % 10
    remainder = digits @ WEIGHTS % len(CHECK_DIGITS)
    return CHECK_DIGITS[remainder]
