"""What was done with missing and outlying values, and how often: the lines of ``treatment``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import Column, RawTable, Reversals
from churn_tasks.declared.sql_parts import (
    Columns,
    Condition,
    Name,
    Relation,
    subquery,
)
from churn_tasks.integrate.treat import LISTED

COLUMNS = ("table_name", "column_name", "treatment", "row_count", "share")
Line = tuple[str, str, str, int, float]
query = partial(composed, "treatment")


@dataclass
class Seen:
    """What can be counted of one table and month after it is clean.

    Attributes:
        empty: column to rows without a value in the clean table.
        marks: ``<column>:<what was done>`` to rows.
        broken: rule to rows set aside.
        taken_back: rows of the clean table that take back what another has charged.
    """

    rows_in: int
    rows_out: int
    empty: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)
    taken_back: int = 0


def empty_in_rows_sql(columns: Iterable[str], rows: str) -> str:
    """One row: empty values of each column of a relation."""
    counts = {}
    for name in columns:
        counts[name] = f"count(*) FILTER ({identifier(name)} IS NULL)"
    return query("empty_in_rows", counts=Columns.of_texts(counts), rows=Relation(rows))


def marks_sql(table: RawTable, clean: str) -> str | None:
    """How often each mark of the clean relation stands in a row; None for a table that is never changed.

    Args:
        clean: what stands behind FROM, with or without a WHERE.
    """
    if not table.treated_column:
        return None
    rows = subquery(f"FROM {clean}")
    return query("marks", marks=Name(table.treated_column), clean=rows)


def taken_back_sql(reversals: Reversals, clean: str) -> str:
    """One row, ``row_count``: the rows of the clean relation that take back what another has charged."""
    takes_back = Condition(reversals.takes_back)
    return query("taken_back", takes_back=takes_back, clean=subquery(f"FROM {clean}"))


def treatment_lines(table: RawTable, seen: Seen) -> list[Line]:
    """The lines of one table and month.

    A declared treatment has its line also where nothing was to be done; a required column, and one that is left as it
    is, have one where values are missing.
    """
    lines = []
    for column in table.delivered_columns:
        for treatment, rows, of in _of_column(column, seen):
            share = 0.0
            if of:
                share = rows / of
            lines.append((table.table, column.name, treatment, rows, share))
    if table.reversals and seen.taken_back:
        share = seen.taken_back / seen.rows_out
        amount = table.reversals.amount
        lines.append((table.table, amount, "taken_back", seen.taken_back, share))
    return lines


def _of_column(column: Column, seen: Seen) -> Iterator[tuple[str, int, int]]:
    """Treatment, rows, and the rows that these are a part of."""
    yield from _missing(column, seen)
    if column.outlier == "cap":
        yield "capped", seen.marks.get(f"{column.name}:capped", 0), seen.rows_out
    if column.outlier == "quarantine":
        outlying = seen.broken.get(f"{column.name}_outlier", 0)
        yield "quarantined_outlier", outlying, seen.rows_in


def _missing(column: Column, seen: Seen) -> Iterator[tuple[str, int, int]]:
    without = seen.broken.get(f"{column.name}_missing", 0)
    empty = seen.empty.get(column.name, 0)
    if without or column.missing == "quarantine":
        yield "quarantined_missing", without, seen.rows_in
    if column.missing in LISTED:
        source = LISTED[column.missing]
        filled = seen.marks.get(f"{column.name}:{source}", 0)
        yield f"imputed_{source}", filled, seen.rows_out
        yield "nothing_to_impute", empty, seen.rows_out
    elif empty:
        yield "left_missing", empty, seen.rows_out
