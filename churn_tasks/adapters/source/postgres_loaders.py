"""How psycopg reads days and instants of PostgreSQL: as Python's own, and infinite ones by their word."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.postgres import types

from churn_tasks.adapters.source.infinite import EARLIER, LATER


def _read(text: str, reader: Callable[[str], Any]) -> Any:
    """A day or instant in the form that the session was told to write; the word of an infinite one.

    Raises:
        DataError: before the year 1 or after 9999, which Python does not know.
    """
    try:
        return reader(text)
    except ValueError:
        if text in (LATER, EARLIER):
            return text
        raise psycopg.DataError(
            f"a day before the year 1 or after 9999: {text!r}; leave it out or make it NULL in the extract"
        ) from None


class Day(Loader):
    """A date."""

    def load(self, data: Any) -> Any:
        return _read(str(data, "ascii"), date.fromisoformat)


class Moment(Loader):
    """A timestamp, with or without time zone."""

    def load(self, data: Any) -> Any:
        return _read(str(data, "ascii"), datetime.fromisoformat)


def register(connection: "psycopg.Connection[Any]") -> None:
    """Let one connection read so; its session writes days year first (``adapters/sessions.py``)."""
    connection.adapters.register_loader("date", Day)
    connection.adapters.register_loader("timestamp", Moment)
    connection.adapters.register_loader("timestamptz", Moment)


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
