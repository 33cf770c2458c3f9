"""Which delivered types a raw table keeps: ``raw_*`` loses nothing, so text that was meant as a date stays text.

A value is cast to the declared type only where that can neither fail nor lose anything; everything else keeps the type
it came in, and is read when the month is standardised. Months of one raw table may therefore differ in their types,
and are read one at a time.
"""

import re
from collections.abc import Mapping

from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import SQL_TYPES, Column, ColumnType, Table

_SMALL = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
LOSSLESS: dict[ColumnType, tuple[str, ...]] = {
    "integer": (*_SMALL, "BIGINT"),
    "decimal": (*_SMALL, "DECIMAL(18,4)"),
    "double": (*_SMALL, "FLOAT", "DOUBLE"),
    "date": ("DATE",),
    "timestamp": ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"),
    "boolean": ("BOOLEAN",),
}
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


def is_lossless(wanted: ColumnType, delivered: str) -> bool:
    """Whether every value of the delivered DuckDB type is a value of the declared one, unchanged.

    >>> is_lossless("decimal", "DECIMAL(10,2)"), is_lossless("decimal", "DOUBLE"), is_lossless("date", "VARCHAR")
    (True, False, False)
    """
    if wanted == "text" or delivered in LOSSLESS[wanted] or delivered == '"NULL"':
        return True
    digits = _DECIMAL.fullmatch(delivered)
    if wanted != "decimal" or digits is None:
        return False
    in_all, after_point = int(digits[1]), int(digits[2])
    return after_point <= 4 and in_all - after_point <= 14


def delivered_sql(table: Table, delivered: Mapping[str, str]) -> str:
    """The select list of a raw partition.

    Args:
        table: what ``raw_*`` declares.
        delivered: column to DuckDB type, as the source's rows have them. A required column that is not among them is
            named in the list all the same, so that its absence is an error.
    """
    selected = [_selected(column, delivered) for column in table.columns]
    return ", ".join(selected)


def _selected(column: Column, delivered: Mapping[str, str]) -> str:
    name = identifier(column.name)
    declared = SQL_TYPES[column.type]
    given = delivered.get(column.name)
    if given is None and not column.required:
        return f"NULL::{declared} AS {name}"
    if given is None or is_lossless(column.type, given):
        return f"CAST({name} AS {declared}) AS {name}"
    return name
