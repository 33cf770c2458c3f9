"""Ways to spoil rows: each gives the table with the rows at some positions spoiled."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.clock import DAY_S, SECOND_US, Array, moment
from churn_tasks.simulator.spoiler import Spoil, Spoiler, put, values_at

# after the month's end; billing has closed by then
LATE_DAYS = (6, 26)
CORRECTED_BY_YUAN = (1, 20)

Way = Callable[[str], str]  # of writing a text
Values = Callable[[pa.Array, Spoiler], object]


def replaced(column: str, values: Values) -> Spoil:
    """Put other values in place of those that stand in one column.

    Args:
        values: makes the new ones from the old.
    """

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        old = values_at(table, column, at)
        return put(table, column, at, values(old, spoiler))

    return spoil


def setting(column: str, value: object) -> Spoil:
    """Put one constant."""

    def values(old: pa.Array, _: Spoiler) -> pa.Array:
        return pa.array([value] * len(old), old.type)

    return replaced(column, values)


def one_of(column: str, texts: Sequence[str]) -> Spoil:
    """Put one of several texts."""

    def values(old: pa.Array, spoiler: Spoiler) -> pa.Array:
        chosen = spoiler.chance.integers(0, len(texts), len(old))
        return pa.array(texts).take(chosen)

    return replaced(column, values)


def rewritten(column: str, *ways: Way) -> Spoil:
    """Write each text in one of several ways."""

    def values(old: pa.Array, spoiler: Spoiler) -> list[str]:
        chosen = spoiler.chance.integers(0, len(ways), len(old))
        return each_in_its_way(ways, chosen, old.to_pylist())

    return replaced(column, values)


def each_in_its_way(ways: Sequence[Way], chosen: Array, texts: list[str]) -> list[str]:
    """Texts written anew, each in the way with the chosen number."""
    pairs = zip(chosen, texts, strict=True)
    return [ways[number](text) for number, text in pairs]


def negated(column: str) -> Spoil:
    """Turn the sign round."""
    return replaced(column, lambda old, _: pc.negate(old))


def shifted(column: str, days: int) -> Spoil:
    """Move a date or a moment."""
    return replaced(column, lambda old, _: moved(old, days))


def moved(moments: pa.Array, days: int) -> pa.Array:
    """Dates or moments some days later, as moments."""
    zone = getattr(moments.type, "tz", None)
    wait = pa.scalar(days * DAY_S * SECOND_US, pa.duration("us"))
    exact = moments.cast(pa.timestamp("us", zone))
    return pc.add(exact, wait)


def late(column: str) -> Spoil:
    """Entered after the month's billing has closed."""
    return replaced(column, lambda old, spoiler: _after_closing(spoiler, len(old)))


def copied(column: str, source: str) -> Spoil:
    """Put what another column holds."""

    def spoil(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
        return put(table, column, at, values_at(table, source, at))

    return spoil


def doubled(table: pa.Table, at: Array, _: Spoiler) -> pa.Table:
    """The same rows once more, at the end."""
    return pa.concat_tables([table, table.take(at)])


def corrected(amount: str, known: str) -> Spoil:
    """The rows once more at the end with another amount, entered after the month's billing has closed.

    Args:
        amount, known: names of the columns with the amount in fen and with the moment of entry.
    """

    def spoil(table: pa.Table, at: Array, spoiler: Spoiler) -> pa.Table:
        n = len(at)
        everyone = np.arange(n)
        rows = table.take(at)
        added_fen = 100 * spoiler.chance.between(CORRECTED_BY_YUAN, n)
        other = rows.column(amount).to_numpy() + added_fen
        rows = put(rows, amount, everyone, other)
        rows = put(rows, known, everyone, _after_closing(spoiler, n))
        return pa.concat_tables([table, rows])

    return spoil


def whole_bills(table: pa.Table, at: Array) -> Array:
    """A bill is late with all its items."""
    number = table.column("bill_no")
    drawn = pc.unique(number.take(at))
    return np.flatnonzero(pc.is_in(number, drawn).to_numpy())


def _after_closing(spoiler: Spoiler, count: int) -> pa.Array:
    """Noon of some day after billing has closed."""
    end = spoiler.clock.start(spoiler.k + 1)
    day = end + spoiler.chance.between(LATE_DAYS, count)
    return spoiler.clock.stamps(moment(day, 12))
