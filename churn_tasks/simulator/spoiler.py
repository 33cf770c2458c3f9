"""Spoils a known share of the rows of a month and remembers every row it touched.

A row is spoiled in at most one way, so what the tables hold can be counted back exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.clock import Array, Clock

KEYS = {  # by what a row is found again; the first column elsewhere
    "subs_his": ("subs_id", "ver_no"),
    "bill_item": ("bill_no", "item_cd"),
    "bal_snap": ("snap_dt", "subs_id"),
    "owe_snap": ("snap_dt", "subs_id"),
    "srv_snap": ("snap_dt", "subs_id", "srv_cd"),
    "site_snap": ("snap_dt", "subs_id"),
    "term_snap": ("snap_dt", "subs_id"),
    "fix_use": ("sum_dt", "subs_id", "acc_typ"),
}

Spoil = Callable[[pa.Table, Array, "Spoiler"], pa.Table]
Tables = dict[str, pa.Table]
Condition = Callable[[pa.Table], pa.ChunkedArray]


@dataclass(frozen=True)
class Kind:
    """One kind of dirt.

    Attributes:
        share: of the eligible rows, to be spoiled.
        outcome: what the pipeline must make of such a row: the name of the row rule that sets it aside, or ``repaired``
            (standardised to what it should have been), ``merged`` (into the row it doubles), ``late`` (left to the
            restatement), ``matched`` (found to be the same person), ``kept`` (stays as it is, and is counted), or
            ``drift`` (told apart from the contract's columns).
        spoil: gives the table with the rows at these positions spoiled; rows that it adds stand at the end.
        eligible: rows that this kind can spoil; all without it.
        widen: from the rows drawn to all that belong to them.
    """

    name: str
    share: float
    outcome: str
    spoil: Spoil
    eligible: Condition | None = None
    widen: Callable[[pa.Table, Array], Array] | None = None


class Planted(NamedTuple):
    """The rows of one table that were spoiled in one way."""

    table: str
    kind: str
    keys: list[str]
    outcome: str


class Double(NamedTuple):
    """A subscriber registered a second time: the new number in the books and the first."""

    again: int
    first: int


@dataclass
class Spoiler:
    """Spoils the tables of month ``k``.

    Attributes:
        planted: what was done.
        doubles: subscribers registered a second time.
    """

    clock: Clock
    k: int
    kinds: Mapping[str, tuple[Kind, ...]]

    def __post_init__(self) -> None:
        self.chance = self.clock.chance("dirt", self.k)
        self.planted: list[Planted] = []
        self.doubles: list[Double] = []

    def month(self, tables: Tables) -> Tables:
        """The same tables with dirt in them."""
        return {name: self._table(name, table) for name, table in tables.items()}

    def _table(self, name: str, table: pa.Table) -> pa.Table:
        is_clean = np.ones(table.num_rows, dtype=bool)
        for kind in self.kinds.get(name, ()):
            at = self._draw(kind, table, is_clean)
            if len(at) == 0:
                continue
            is_clean[at] = False
            table = kind.spoil(table, at, self)
            keys = _keys(name, table.take(at))
            self.planted.append(Planted(name, kind.name, keys, kind.outcome))
            # rows that were added are not spoiled again
            added = np.zeros(table.num_rows - len(is_clean), dtype=bool)
            is_clean = np.concatenate([is_clean, added])
        return table

    def _draw(self, kind: Kind, table: pa.Table, is_clean: Array) -> Array:
        """Rows to spoil: still clean, and of the sort that this kind can spoil."""
        is_candidate = is_clean
        if kind.eligible is not None:
            fits = pc.fill_null(kind.eligible(table), False)
            is_candidate = is_clean & fits.to_numpy()
        candidates = np.flatnonzero(is_candidate)
        n = len(candidates)
        wanted = round(n * kind.share * self.clock.settings.dirt)
        drawn = self.chance.choice(candidates, min(wanted, n), replace=False)
        at = np.sort(drawn)
        if kind.widen is None or len(at) == 0:
            return at
        return kind.widen(table, at)


def put(table: pa.Table, column: str, at: Array, values: Any) -> pa.Table:
    """The table with other values at some rows of one column."""
    position = table.schema.get_field_index(column)
    field = table.schema.field(position)
    if not isinstance(values, pa.Array):
        values = pa.array(values)
    is_replaced = np.zeros(table.num_rows, dtype=bool)
    is_replaced[at] = True
    replaced = pc.replace_with_mask(
        table.column(position).combine_chunks(),
        pa.array(is_replaced),
        values.cast(field.type),
    )
    return table.set_column(position, column, replaced)


def values_at(table: pa.Table, column: str, at: Array) -> pa.Array:
    """What stands at some rows of one column."""
    return table.column(column).combine_chunks().take(at)


def _keys(name: str, rows: pa.Table) -> list[str]:
    """The key of each row as one text."""
    columns = KEYS.get(name, (rows.column_names[0],))
    parts = [rows.column(column).to_pylist() for column in columns]
    keys = zip(*parts, strict=True)
    return ["/".join(map(str, key)) for key in keys]
