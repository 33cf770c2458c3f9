"""How psycopg reads days and instants of PostgreSQL: as Python's own, and infinite ones by their word."""

from typing import Any

import psycopg
from psycopg.postgres import types
from psycopg.types import datetime as read

from churn_tasks.adapters.source.infinite import EARLIER, LATER

INFINITE = {word.encode(): word for word in (LATER, EARLIER)}


class Day(read.DateLoader):
    """A date."""

    def load(self, data: Any) -> Any:
        return INFINITE.get(bytes(data)) or super().load(data)


class Moment(read.TimestampLoader):
    """A timestamp without a time zone."""

    def load(self, data: Any) -> Any:
        return INFINITE.get(bytes(data)) or super().load(data)


class Instant(read.TimestamptzLoader):
    """A timestamp with time zone."""

    def load(self, data: Any) -> Any:
        return INFINITE.get(bytes(data)) or super().load(data)


def register(connection: "psycopg.Connection[Any]") -> None:
    """Let one connection read so."""
    connection.adapters.register_loader("date", Day)
    connection.adapters.register_loader("timestamp", Moment)
    connection.adapters.register_loader("timestamptz", Instant)


def type_name(oid: int) -> str:
    """The name of a type by its number, an array with ``_`` in front; of one that psycopg does not know, as ADBC says.

    >>> type_name(790), type_name(1009), type_name(99999)
    ('money', '_text', 'unnamed<oid:99999>')
    """
    known = types.get(oid)
    if known is None:
        return f"unnamed<oid:{oid}>"
    if known.array_oid == oid:
        return f"_{known.name}"
    return known.name
