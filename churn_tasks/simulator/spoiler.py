"""Spoils a known share of the rows of a month and remembers every row it touched.

A row is spoiled in at most one way, so what the tables hold can be counted back exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

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
        widen: from the rows drawn to all that belong to them.
    """

    name: str
    share: float
    outcome: str
    spoil: Spoil
    eligible: Callable[[pa.Table], pa.ChunkedArray] | None = None
    widen: Callable[[pa.Table, Array], Array] | None = None


class Planted(NamedTuple):
    """The rows of one table that were spoiled in one way."""

    table: str
    kind: str
    keys: list[str]
    outcome: str


@dataclass
class Spoiler:
    """Spoils the tables of month ``k``.

    Attributes:
        planted: what was done.
        doubles: subscribers registered a second time: the new number in the books and the first.
    """

    clock: Clock
    k: int
    kinds: Mapping[str, tuple[Kind, ...]]

    def __post_init__(self) -> None:
        self.chance = self.clock.chance("dirt", self.k)
        self.planted: list[Planted] = []
        self.doubles: list[tuple[int, int]] = []

    def month(self, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """The same tables with dirt in them."""
        return {name: self._table(name, table) for name, table in tables.items()}

    def _table(self, name: str, table: pa.Table) -> pa.Table:
        free = np.ones(table.num_rows, dtype=bool)
        for kind in self.kinds.get(name, ()):
            at = self._draw(kind, table, free)
            if len(at):
                free[at] = False
                table = kind.spoil(table, at, self)
                self.planted.append(
                    Planted(
                        name,
                        kind.name,
                        _keys(name, table.take(pa.array(at))),
                        kind.outcome,
                    )
                )
                free = np.concatenate(
                    [free, np.zeros(table.num_rows - len(free), bool)]
                )
        return table

    def _draw(self, kind: Kind, table: pa.Table, free: Array) -> Array:
        """Rows to spoil: still clean, and of the sort that this kind can spoil."""
        fits = free
        if kind.eligible is not None:
            fits = free & pc.fill_null(kind.eligible(table), False).to_numpy()
        candidates = np.flatnonzero(fits)
        count = round(len(candidates) * kind.share * self.clock.settings.dirt)
        at = np.sort(
            self.chance.choice(candidates, min(count, len(candidates)), replace=False)
        )
        return kind.widen(table, at) if kind.widen and len(at) else at


def put(table: pa.Table, column: str, at: Array, values: object) -> pa.Table:
    """The table with other values at some rows of one column."""
    position = table.schema.get_field_index(column)
    kind = table.schema.field(column).type
    mask = np.zeros(table.num_rows, dtype=bool)
    mask[at] = True
    given = values if isinstance(values, pa.Array) else pa.array(values)
    old = table.column(column).combine_chunks()
    return table.set_column(
        position, column, pc.replace_with_mask(old, pa.array(mask), given.cast(kind))
    )


def _keys(name: str, rows: pa.Table) -> list[str]:
    columns = [
        rows.column(column).to_pylist()
        for column in KEYS.get(name, (rows.column_names[0],))
    ]
    return [
        "/".join(str(part) for part in parts) for parts in zip(*columns, strict=True)
    ]
