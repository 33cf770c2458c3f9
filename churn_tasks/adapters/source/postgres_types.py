"""Types of PostgreSQL that a driver would change in silence: each is read by a rule, or refused by its name.

ADBC gives ``money`` as hundredths, ``oid`` with a sign, and bytes for a type that was made after the connection;
psycopg gives ``money`` with the sign of a currency, and neither reads ``24:00``. What is read by a rule is cast in the
database, so that both drivers give the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa

from churn_tasks.core.errors import BadInput
from churn_tasks.core.sql_text import identifier

_NUMBERS = ["int2", "int4", "int8", "float4", "float8", "numeric"]
_TEXTS = ["text", "varchar", "bpchar", "name", "char", "unknown"]
_MOMENTS = ["date", "timestamp", "timestamptz"]
AS_THEY_ARE = frozenset({"bool", *_NUMBERS, *_TEXTS, *_MOMENTS})
_SPELT = "time timetz uuid json jsonb xml inet cidr macaddr macaddr8 bit varbit citext"
CAST: Mapping[str, str] = {
    "money": "numeric",
    "oid": "bigint",
    **dict.fromkeys(_SPELT.split(), "text"),
}
# kind of type, as pg_type has it -> what the extract may say instead of the column
INSTEAD: Mapping[str, str] = {
    "array": "array_to_string({0}, ',')",
    "interval": "EXTRACT(EPOCH FROM {0})",
    "bytea": "encode({0}, 'hex')",
    "c": "({0}).<one of its fields>",
    "r": "lower({0}) and upper({0})",
    "m": "lower({0}) and upper({0})",
}
ARROW: Mapping[str, pa.DataType] = {
    "bool": pa.bool_(),
    **dict.fromkeys(("int2", "int4", "int8", "oid"), pa.int64()),
    **dict.fromkeys(("float4", "float8"), pa.float64()),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}
_UNNAMED = re.compile(r"unnamed<oid:([0-9]+)>")


class Known(NamedTuple):
    """A type as ``pg_type`` has it: ``kind`` is ``typtype``, e for one that lists its values."""

    name: str
    kind: str


LookUp = Callable[[str], Iterable[Known]]  # the types that a condition holds for


def types_sql(condition: str) -> str:
    """The question for types; there may be several of one name, in several schemas."""
    return (
        "SELECT pg_catalog.format_type(oid, NULL) AS name, typtype::text AS kind"
        f" FROM pg_catalog.pg_type WHERE {condition}"
    )


def readable(sql: str, columns: Iterable[tuple[str, str]], look_up: LookUp) -> str:
    """The query with each column cast that a driver would change; the query itself where there is none.

    Args:
        columns: name and type of what the query gives; a type as a driver names it, an array with ``_`` in front.
        look_up: asks the database for the types that a driver does not know.

    Raises:
        BadInput: a column has a type that no rule reads, with what to write instead.
    """
    selected, is_changed = [], False
    for name, kind in columns:
        quoted = identifier(name)
        target = _target(name, kind, look_up)
        if target:
            is_changed = True
            quoted = f"{quoted}::{target} AS {quoted}"
        selected.append(quoted)
    if not is_changed:
        return sql
    return f"SELECT {', '.join(selected)} FROM (\n{sql}\n) AS delivered"


def schema(columns: Iterable[tuple[str, str]]) -> pa.Schema:
    """What the readable query gives: numbers, days and instants as such, everything else as exact text."""
    return pa.schema([(name, ARROW.get(kind, pa.string())) for name, kind in columns])


def _target(column: str, kind: str, look_up: LookUp) -> str:
    """What a column is cast to; empty where it stays as it is.

    Raises:
        BadInput: no rule reads it.
    """
    if kind in AS_THEY_ARE:
        return ""
    if kind in CAST:
        return CAST[kind]
    if kind.startswith("_"):
        raise BadInput(_refused(column, f"{kind.removeprefix('_')}[]", "array"))
    known = list(look_up(_condition(kind)))
    if known and all(one.kind == "e" or one.name == "citext" for one in known):
        return "text"
    for one in known:
        is_array = one.name.endswith("[]")
        raise BadInput(_refused(column, one.name, "array" if is_array else one.kind))
    raise BadInput(_refused(column, kind, ""))


def _condition(kind: str) -> str:
    unnamed = _UNNAMED.fullmatch(kind)
    if unnamed:
        return f"oid = {unnamed.group(1)}"
    quoted = kind.replace("'", "''")
    return f"typname = '{quoted}'"


def _refused(column: str, kind: str, why: str) -> str:
    instead = INSTEAD.get(kind) or INSTEAD.get(why) or "{0}::text"
    said = instead.format(identifier(column))
    return (
        f"column {column} of the extract is of PostgreSQL's type {kind}, whose values would not arrive as they are;"
        f" write {said} in the extract, or leave the column out"
    )
