"""Numbers of identity documents (GB 11643): region, day of birth, serial number with the sex in it, check digit."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.clock import Array, Clock
from churn_tasks.simulator.people import People
from churn_tasks.simulator.phones import FULL_WIDTH

MADE_UP = 990_000  # no region of the country begins with 99, so no number is anybody's
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.array(list("10X98765432"))
UNASKED_BEFORE_DAYS = 900  # lines opened longer ago mostly have no document on file
MISSING_OLD, MISSING_NEW = 0.88, 0.04
FIFTEEN_SHARE, LOWER_SHARE, WIDE_SHARE = 0.04, 0.5, 0.01


def registered_documents(clock: Clock, people: People) -> Array:
    """The number as it stands in the books of each line; empty where none was asked for."""
    chance = clock.chance("identity")
    n = len(people)
    whole = _numbers(people, chance)[people.kinship.holder]
    missing = np.where(
        people.join_day < clock.start(0) - UNASKED_BEFORE_DAYS, MISSING_OLD, MISSING_NEW
    )
    short = (chance.random(n) < FIFTEEN_SHARE) & (
        people.birth_year < 2000
    )  # the old form has two digits for the year
    texts = np.where(short, [f"{text[:6]}{text[8:17]}" for text in whole], whole)
    texts = np.where(chance.random(n) < LOWER_SHARE, np.char.lower(texts), texts)
    wide = np.flatnonzero(chance.random(n) < WIDE_SHARE)
    texts[wide] = [text.translate(FULL_WIDTH) for text in texts[wide]]
    return np.where(chance.random(n) < missing, "", texts)


def mistyped(number: str) -> str:
    """The same number with its last digit wrong: of all eleven check digits one alone is right."""
    return number[:-1] + ("1" if number[-1] == "0" else "0")


def _numbers(people: People, chance: np.random.Generator) -> Array:
    n = len(people)
    region = MADE_UP + chance.integers(1, 10_000, n)
    born = (
        people.birth_year * 10_000
        + chance.integers(1, 13, n) * 100
        + chance.integers(1, 29, n)
    )
    serial = chance.integers(0, 499, n) * 2 + (people.sex == "1")
    body = region.astype(np.int64) * 10**11 + born.astype(np.int64) * 1000 + serial
    digits = body[:, None] // 10 ** np.arange(16, -1, -1) % 10
    return np.char.add(body.astype(str), CHECK_DIGITS[digits @ WEIGHTS % 11])


def as_delivered(texts: Array) -> pa.Array:
    """Text, with nothing where it is empty."""
    return pa.array(texts, pa.string(), mask=texts == "")
