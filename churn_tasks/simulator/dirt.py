"""Plants a known share of spoiled rows, each kind counted and each row named in the truth.

A row is spoiled in at most one way, so what the tables hold can be counted back exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.clock import DAY_S, Array, Clock
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.words import abbreviated, misspelt

LATE_FROM_DAYS, LATE_TO_DAYS = 6, 26  # after the month's end; billing has closed by then
MALFORMED = pa.array(["无", "N/A", "0", "---", "13800138000/13900139000"])
GHOST_STEP = 1_000_000
FIRST_GHOST_ID = 90_000_001
CHANGED_MONTH = 7  # the eighth month's CDR table has two columns more than the others
WELL_FORMED = r"^[0-9０-９+ -]{11,16}$"

Spoil = Callable[[pa.Table, Array, "Spoiler"], pa.Table]


@dataclass(frozen=True)
class Kind:
    """One kind of dirt: the share of eligible rows to spoil, and how."""

    name: str
    share: float
    spoil: Spoil
    eligible: Callable[[pa.Table], pa.ChunkedArray] | None = None
    widen: Callable[[pa.Table, Array], Array] | None = None  # from the rows drawn to all that belong to them


@dataclass
class Spoiler:
    """Spoils the tables of one month and remembers every row it touched."""

    clock: Clock
    k: int
    pool: NumberPool

    def __post_init__(self) -> None:
        self.chance = self.clock.chance("dirt", self.k)
        self.planted: list[tuple[str, str, list[str]]] = []
        self.doubles: list[tuple[int, int]] = []

    def month(self, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """The same tables with dirt in them."""
        return {name: self._table(name, table) for name, table in tables.items()}

    def _table(self, name: str, table: pa.Table) -> pa.Table:
        free = np.ones(table.num_rows, dtype=bool)
        for kind in KINDS.get(name, ()):
            at = self._draw(kind, table, free)
            if len(at):
                free[at] = False
                self.planted.append((name, kind.name, table.column(0).take(pa.array(at)).cast(pa.string()).to_pylist()))
                table = kind.spoil(table, at, self)
                free = np.concatenate([free, np.zeros(table.num_rows - len(free), bool)])
        return table

    def _draw(self, kind: Kind, table: pa.Table, free: Array) -> Array:
        """pa.Table to spoil: still clean, and of the sort that this kind can spoil."""
        fits = free
        if kind.eligible is not None:
            fits = free & pc.fill_null(kind.eligible(table), False).to_numpy()
        candidates = np.flatnonzero(fits)
        count = round(len(candidates) * kind.share * self.clock.settings.dirt)
        at = np.sort(self.chance.choice(candidates, min(count, len(candidates)), replace=False))
        return kind.widen(table, at) if kind.widen and len(at) else at


def _put(table: pa.Table, column: str, at: Array, values: object) -> pa.Table:
    """The table with other values at some rows of one column."""
    position = table.schema.get_field_index(column)
    kind = table.schema.field(column).type
    mask = np.zeros(table.num_rows, dtype=bool)
    mask[at] = True
    given = values if isinstance(values, pa.Array) else pa.array(values)
    old = table.column(column).combine_chunks()
    return table.set_column(position, column, pc.replace_with_mask(old, pa.array(mask), given.cast(kind)))


def _double(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
    """The same rows once more, at the end."""
    return pa.concat_tables([table, table.take(pa.array(at))])


def _setting(column: str, value: object) -> Spoil:
    """Put one constant."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        return _put(table, column, at, pa.array([value] * len(at), table.schema.field(column).type))

    return spoil


def _negated(column: str) -> Spoil:
    """Turn the sign round."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        return _put(table, column, at, pc.negate(table.column(column).combine_chunks().take(pa.array(at))))

    return spoil


def _malformed(column: str) -> Spoil:
    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        return _put(table, column, at, MALFORMED.take(pa.array(spoiler.chance.integers(0, len(MALFORMED), len(at)))))

    return spoil


def _late(column: str) -> Spoil:
    """Entered after the month's billing has closed."""

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        end = spoiler.clock.start(spoiler.k + 1)
        seconds = (end + spoiler.chance.integers(LATE_FROM_DAYS, LATE_TO_DAYS, len(at))) * DAY_S + 12 * 3600
        return _put(table, column, at, spoiler.clock.stamps(seconds))

    return spoil


def _whole_bills(table: pa.Table, at: Array) -> Array:
    """A bill is late with all its items."""
    drawn = pc.unique(table.column("bill_no").take(pa.array(at)))
    return np.flatnonzero(pc.is_in(table.column("bill_no"), drawn).to_numpy())


def _fuzzy_double(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
    """The same person registered again a day later: another number in the books, a slip in name and address."""
    rows = table.take(pa.array(at))
    ghosts = FIRST_GHOST_ID + spoiler.k * GHOST_STEP + np.arange(len(at))
    spoiler.doubles += list(zip(ghosts.tolist(), rows.column("subs_id").to_pylist(), strict=True))
    everyone = np.arange(len(at))
    names = [misspelt(name, number) for number, name in enumerate(rows.column("cust_nm").to_pylist())]
    rows = _put(rows, "subs_id", everyone, ghosts)
    rows = _put(rows, "cust_nm", everyone, names)
    rows = _put(rows, "addr", everyone, [abbreviated(text) for text in rows.column("addr").to_pylist()])
    for column in ("eff_tm", "rec_tm"):
        later = pc.add(rows.column(column).combine_chunks(), pa.scalar(DAY_S * 1_000_000, pa.duration("us")))
        rows = _put(rows, column, everyone, later)
    return pa.concat_tables([table, rows])


def _is(column: str, *values: object) -> Callable[[pa.Table], pa.ChunkedArray]:
    return lambda table: pc.is_in(table.column(column), pa.array(values))


def _looks_like_a_number(table: pa.Table) -> pa.ChunkedArray:
    return pc.match_substring_regex(table.column("opp_msisdn"), WELL_FORMED)


def _is_opening(table: pa.Table) -> pa.ChunkedArray:
    return pc.and_(pc.equal(table.column("ver_no"), 1), pc.equal(table.column("sts_cd"), "A"))


KINDS: dict[str, tuple[Kind, ...]] = {
    "cdr": (
        Kind("missing_customer", 0.0005, _setting("subs_id", None)),
        Kind("negative_duration", 0.0008, _negated("dur_s"), _is("biz_typ", "10")),
        Kind("absurd_duration", 0.0004, _setting("dur_s", 9_999_999), _is("biz_typ", "10")),
        Kind("absurd_volume", 0.0008, _setting("vol_kb", 9_000_000_000_000), _is("biz_typ", "30")),
        Kind("unknown_kind", 0.0003, _setting("biz_typ", "99")),
        Kind("malformed_number", 0.002, _malformed("opp_msisdn"), _looks_like_a_number),
        Kind("late", 0.003, _late("load_tm")),
        Kind("exact_double", 0.002, _double),
    ),
    "subs_his": (
        Kind("malformed_number", 0.004, _malformed("msisdn")),
        Kind("missing_sex", 0.01, _setting("sex_cd", None)),
        Kind("missing_birth", 0.01, _setting("birth_yr", None)),
        Kind("absurd_birth", 0.002, _setting("birth_yr", 1800)),
        Kind("fuzzy_double", 0.006, _fuzzy_double, _is_opening),
    ),
    "bill_item": (
        Kind("late", 0.0004, _late("gen_tm"), _is("item_cd", "1001"), _whole_bills),
        Kind("wrong_sign", 0.0003, _negated("amt_fen"), lambda t: pc.greater(t["amt_fen"], 0)),
        Kind("exact_double", 0.001, _double),
    ),
    "pay_log": (
        Kind("reversed", 0.0005, _negated("amt_fen")),
        Kind("late", 0.004, _late("rec_tm")),
        Kind("exact_double", 0.002, _double),
    ),
    "topup_log": (Kind("late", 0.003, _late("rec_tm")), Kind("exact_double", 0.002, _double)),
    "cmplt_ticket": (Kind("late", 0.02, _late("rec_tm")),),
    "fault_ticket": (Kind("late", 0.01, _late("rec_tm")),),
    "survey_ans": (Kind("off_scale", 0.01, _setting("score", 99)),),
    "mkt_offer": (Kind("late", 0.01, _late("rec_tm")),),
}
