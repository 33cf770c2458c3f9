"""Ways to spoil rows: each gives the table with the rows at some positions spoiled."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.clock import DAY_S, Array
from churn_tasks.simulator.spoiler import Spoil, Spoiler, put

LATE_FROM_DAYS, LATE_TO_DAYS = (
    6,
    26,
)  # after the month's end; billing has closed by then


def doubled(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
    """The same rows once more, at the end."""
    return pa.concat_tables([table, table.take(pa.array(at))])


def setting(column: str, value: object) -> Spoil:
    """Put one constant."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        return put(
            table,
            column,
            at,
            pa.array([value] * len(at), table.schema.field(column).type),
        )

    return spoil


def one_of(column: str, values: Sequence[str]) -> Spoil:
    """Put one of several texts."""

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        return put(
            table,
            column,
            at,
            pa.array(values).take(
                pa.array(spoiler.chance.integers(0, len(values), len(at)))
            ),
        )

    return spoil


def rewritten(column: str, *ways: Callable[[str], str]) -> Spoil:
    """Write each text in one of several ways."""

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        texts = table.column(column).take(pa.array(at)).to_pylist()
        chosen = spoiler.chance.integers(0, len(ways), len(at))
        return put(
            table,
            column,
            at,
            [ways[way](text) for way, text in zip(chosen, texts, strict=True)],
        )

    return spoil


def negated(column: str) -> Spoil:
    """Turn the sign round."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        return put(
            table,
            column,
            at,
            pc.negate(table.column(column).combine_chunks().take(pa.array(at))),
        )

    return spoil


def copied(column: str, source: str) -> Spoil:
    """Put what another column holds."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        return put(
            table, column, at, table.column(source).combine_chunks().take(pa.array(at))
        )

    return spoil


def shifted(column: str, days: int) -> Spoil:
    """Move a date or a moment."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        kind = table.schema.field(column).type
        moments = (
            table.column(column)
            .combine_chunks()
            .take(pa.array(at))
            .cast(pa.timestamp("us", getattr(kind, "tz", None)))
        )
        return put(
            table,
            column,
            at,
            pc.add(moments, pa.scalar(days * DAY_S * 1_000_000, pa.duration("us"))),
        )

    return spoil


def late(column: str) -> Spoil:
    """Entered after the month's billing has closed."""

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        return put(table, column, at, _after_closing(spoiler, len(at)))

    return spoil


def corrected(amount: str, known: str) -> Spoil:
    """The rows once more at the end with another amount, entered after the month's billing has closed."""

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        rows, everyone = table.take(pa.array(at)), np.arange(len(at))
        other = rows.column(amount).to_numpy() + 100 * spoiler.chance.integers(
            1, 20, len(at)
        )
        rows = put(
            put(rows, amount, everyone, other),
            known,
            everyone,
            _after_closing(spoiler, len(at)),
        )
        return pa.concat_tables([table, rows])

    return spoil


def whole_bills(table: pa.Table, at: Array) -> Array:
    """A bill is late with all its items."""
    drawn = pc.unique(table.column("bill_no").take(pa.array(at)))
    return np.flatnonzero(pc.is_in(table.column("bill_no"), drawn).to_numpy())


def _after_closing(spoiler: Spoiler, count: int) -> pa.Array:
    end = spoiler.clock.start(spoiler.k + 1)
    seconds = (
        end + spoiler.chance.integers(LATE_FROM_DAYS, LATE_TO_DAYS, count)
    ) * DAY_S + 12 * 3600
    return spoiler.clock.stamps(seconds)
