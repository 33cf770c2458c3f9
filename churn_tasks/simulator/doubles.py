"""The same line registered a second time by another clerk: what fuzzy matching has to find.

Each double keeps something by which a careful reader would recognise the person: the document, the number, or the name
and the year of birth at one address. One in twenty-five keeps so little that a person has to decide.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.clock import DAY_S, Array
from churn_tasks.simulator.slips import (
    ADDRESS_SHARES,
    ADDRESS_SLIPS,
    EASY_NAME_SLIPS,
    NAME_SHARES,
    NAME_SLIPS,
)
from churn_tasks.simulator.spoiler import Spoiler, put

GHOST_STEP = 1_000_000
FIRST_GHOST_ID = 90_000_001
OTHER_NUMBERS = 14_700_000_000  # a prefix that none of the operator's lines has
SAME_NUMBER, OTHER_NUMBER = 0.45, 0.35  # shares; the rest left it out
WITHOUT_DOCUMENT = 0.35
BIRTH_MISSING, BIRTH_OFF = 0.12, 0.12
SEX_MISSING = 0.03
DOUBTFUL = 0.25  # of those with neither document nor number and a slip in both name and year of birth


def registered_twice(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
    """The openings at these positions once more, a day later, as somebody else took them down."""
    rows, chance, everyone = (
        table.take(pa.array(at)),
        spoiler.chance,
        np.arange(len(at)),
    )
    ghosts = FIRST_GHOST_ID + spoiler.k * GHOST_STEP + everyone
    spoiler.doubles += list(
        zip(ghosts.tolist(), rows.column("subs_id").to_pylist(), strict=True)
    )
    rows = _other_number(put(rows, "subs_id", everyone, ghosts), chance)
    rows = _nulled(rows, "id_no", chance.random(len(at)) < WITHOUT_DOCUMENT)
    rows, off = _other_birth(
        _nulled(rows, "sex_cd", chance.random(len(at)) < SEX_MISSING), chance
    )
    recognised = pc.is_valid(rows.column("id_no")).to_numpy() | pc.equal(
        pc.fill_null(rows.column("msisdn"), ""),
        table.column("msisdn").take(pa.array(at)),
    ).to_numpy(zero_copy_only=False)
    rows = _slipped(
        rows, ~recognised & off & (chance.random(len(at)) >= DOUBTFUL), chance
    )
    for column in ("eff_tm", "rec_tm"):
        later = pc.add(
            rows.column(column).combine_chunks(),
            pa.scalar(DAY_S * 1_000_000, pa.duration("us")),
        )
        rows = put(rows, column, everyone, later)
    return pa.concat_tables([table, rows])


def _other_number(rows: pa.Table, chance: np.random.Generator) -> pa.Table:
    draw = chance.random(rows.num_rows)
    others = pa.array(
        OTHER_NUMBERS + chance.integers(0, 100_000_000, rows.num_rows)
    ).cast(pa.string())
    changed = np.flatnonzero(
        (draw >= SAME_NUMBER) & (draw < SAME_NUMBER + OTHER_NUMBER)
    )
    return _nulled(
        put(rows, "msisdn", changed, others.take(pa.array(changed))),
        "msisdn",
        draw >= SAME_NUMBER + OTHER_NUMBER,
    )


def _other_birth(rows: pa.Table, chance: np.random.Generator) -> tuple[pa.Table, Array]:
    """Some years of birth are left out, some are off by one; and which rows these are."""
    draw, step = chance.random(rows.num_rows), chance.choice([-1, 1], rows.num_rows)
    missing, off = draw < BIRTH_MISSING, draw > 1 - BIRTH_OFF
    at = np.flatnonzero(off)
    given = pc.add(
        rows.column("birth_yr").combine_chunks().take(pa.array(at)),
        pa.array(step[at].astype(np.int32)),
    )
    return _nulled(put(rows, "birth_yr", at, given), "birth_yr", missing), missing | off


def _slipped(rows: pa.Table, only_easy: Array, chance: np.random.Generator) -> pa.Table:
    """Name and address as another clerk writes them."""
    everyone = np.arange(rows.num_rows)
    way = chance.choice(len(NAME_SLIPS), rows.num_rows, p=NAME_SHARES)
    way = np.where(only_easy, way % EASY_NAME_SLIPS, way)
    names = [
        NAME_SLIPS[w](name)
        for w, name in zip(way, rows.column("cust_nm").to_pylist(), strict=True)
    ]
    way = chance.choice(len(ADDRESS_SLIPS), rows.num_rows, p=ADDRESS_SHARES)
    addresses = [
        ADDRESS_SLIPS[w](text)
        for w, text in zip(way, rows.column("addr").to_pylist(), strict=True)
    ]
    return put(put(rows, "cust_nm", everyone, names), "addr", everyone, addresses)


def _nulled(rows: pa.Table, column: str, chosen: Array) -> pa.Table:
    at = np.flatnonzero(chosen)
    return put(rows, column, at, pa.nulls(len(at), rows.schema.field(column).type))
