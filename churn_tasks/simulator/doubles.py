"""The same line registered a second time by another clerk: what fuzzy matching has to find.

Each double keeps something by which a careful reader would recognise the person: the document, the number, or the name
and the year of birth at one address. One in twenty-five keeps so little that a person has to decide.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.columns import small
from churn_tasks.simulator.slips import (
    ADDRESS_SHARES,
    ADDRESS_SLIPS,
    EASY_NAME_SLIPS,
    NAME_SHARES,
    NAME_SLIPS,
)
from churn_tasks.simulator.spoiler import Double, Spoiler, put, values_at
from churn_tasks.simulator.spoils import each_in_its_way, moved

GHOST_STEP = 1_000_000  # more than the second registrations of any month
FIRST_GHOST_ID = 90_000_001
OTHER_NUMBERS = 14_700_000_000  # a prefix that none of the operator's lines has
OTHER_SERIALS = 100_000_000
SAME_NUMBER, OTHER_NUMBER = 0.45, 0.35  # shares; the rest left it out
WITHOUT_DOCUMENT = 0.35
BIRTH_MISSING, BIRTH_OFF = 0.12, 0.12
SEX_MISSING = 0.03
# of those with neither document nor number: a slip in both name and year of birth
DOUBTFUL = 0.25


def registered_twice(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
    """The openings at these positions once more, a day later, as somebody else took them down."""
    originals = table.take(at)
    again = _with_new_ids(originals, spoiler)
    again = _in_other_words(again, originals.column("msisdn"), spoiler.chance)
    everyone = np.arange(len(at))
    for column in ("eff_tm", "rec_tm"):
        later = moved(values_at(again, column, everyone), days=1)
        again = put(again, column, everyone, later)
    return pa.concat_tables([table, again])


def _with_new_ids(originals: pa.Table, spoiler: Spoiler) -> pa.Table:
    everyone = np.arange(originals.num_rows)
    ghosts = FIRST_GHOST_ID + spoiler.k * GHOST_STEP + everyone
    firsts = originals.column("subs_id").to_pylist()
    for again, first in zip(ghosts.tolist(), firsts, strict=True):
        spoiler.doubles.append(Double(again, first))
    return put(originals, "subs_id", everyone, ghosts)


def _in_other_words(
    rows: pa.Table, number: pa.ChunkedArray, chance: Chance
) -> pa.Table:
    """What the second clerk wrote.

    Args:
        number: as the first clerk wrote it.
    """
    n = rows.num_rows
    rows = _other_number(rows, chance)
    rows = _emptied(rows, "id_no", chance.happens(WITHOUT_DOCUMENT, n))
    rows = _emptied(rows, "sex_cd", chance.happens(SEX_MISSING, n))
    rows, is_birth_wrong = _other_birth(rows, chance)
    has_document = pc.is_valid(rows.column("id_no"))
    second_number = pc.fill_null(rows.column("msisdn"), "")
    has_number = pc.equal(second_number, number)
    is_recognised = _as_mask(has_document) | _as_mask(has_number)
    keeps_name = ~chance.happens(DOUBTFUL, n)
    return _slipped(rows, ~is_recognised & is_birth_wrong & keeps_name, chance)


def _as_mask(column: pa.ChunkedArray) -> Array:
    return column.to_numpy(zero_copy_only=False)


def _other_number(rows: pa.Table, chance: Chance) -> pa.Table:
    """The same, another, or none."""
    n = rows.num_rows
    draw = chance.random(n)
    serial = chance.integers(0, OTHER_SERIALS, n)
    others = pa.array(OTHER_NUMBERS + serial).cast(pa.string())
    is_missing = draw >= SAME_NUMBER + OTHER_NUMBER
    is_other = (draw >= SAME_NUMBER) & ~is_missing
    changed = np.flatnonzero(is_other)
    given = others.take(changed)
    rows = put(rows, "msisdn", changed, given)
    return _emptied(rows, "msisdn", is_missing)


def _other_birth(rows: pa.Table, chance: Chance) -> tuple[pa.Table, Array]:
    """Some years of birth are left out, some are off by one; and which rows these are."""
    n = rows.num_rows
    draw = chance.random(n)
    step = small(chance.choice([-1, 1], n))
    is_missing, is_off = draw < BIRTH_MISSING, draw > 1 - BIRTH_OFF
    at = np.flatnonzero(is_off)
    year = values_at(rows, "birth_yr", at)
    year = pc.add(year, pa.array(step[at]))
    rows = put(rows, "birth_yr", at, year)
    return _emptied(rows, "birth_yr", is_missing), is_missing | is_off


def _slipped(rows: pa.Table, only_easy: Array, chance: Chance) -> pa.Table:
    """Name and address as another clerk writes them.

    Args:
        only_easy: whose names get slips alone that come to the same name once it is standardised.
    """
    n = rows.num_rows
    everyone = np.arange(n)
    slip = chance.choice(len(NAME_SLIPS), n, p=NAME_SHARES)
    slip = np.where(only_easy, slip % EASY_NAME_SLIPS, slip)
    names = each_in_its_way(NAME_SLIPS, slip, rows.column("cust_nm").to_pylist())
    slip = chance.choice(len(ADDRESS_SLIPS), n, p=ADDRESS_SHARES)
    addresses = each_in_its_way(ADDRESS_SLIPS, slip, rows.column("addr").to_pylist())
    rows = put(rows, "cust_nm", everyone, names)
    return put(rows, "addr", everyone, addresses)


def _emptied(rows: pa.Table, column: str, chosen: Array) -> pa.Table:
    """Nothing in one column of the chosen rows."""
    at = np.flatnonzero(chosen)
    kind = rows.schema.field(column).type
    nothing = pa.nulls(len(at), kind)
    return put(rows, column, at, nothing)
