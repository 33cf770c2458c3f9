"""Rows into a table of the warehouse and out of it; every module here adds and reads them in this one way."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql

from churn_tasks.adapters.warehouse.connection import Cursor

Row = Sequence[Any]


def append(
    cursor: Cursor, table: str, columns: Iterable[str], rows: Iterable[Row]
) -> None:
    """Add rows to a table of this schema, or to a temporary one.

    Args:
        columns: those that the rows give, in their order; the table's defaults fill the others.
    """
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def records(cursor: Cursor) -> list[dict[str, Any]]:
    """What the statement just run has answered, by column."""
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]
