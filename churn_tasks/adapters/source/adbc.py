"""A database read through an ADBC driver: rows arrive as Arrow batches, without a Python value made of any of them.

``adbc+<driver>:<address>`` names any installed driver ``adbc_driver_<driver>``; what follows ``adbc+`` is handed to it.
"""

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.sessions import refuse_machine_zone, statements_before
from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.source.errors import NO_ANSWER, shown, streamed
from churn_tasks.adapters.source.opened import Relations
from churn_tasks.adapters.source.queries import relations_in
from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
from churn_tasks.core.settings import Settings

_ADDRESS = re.compile(r"adbc\+([a-z0-9_]+):")
PASSING = (
    "conflict with recovery",
    "terminating connection",
    "out of memory",
    "deadlock",
    "canceling statement",
)


class AdbcSource:
    """One connection through ADBC; see :class:`churn_tasks.adapters.source.Source`."""

    def __init__(self, settings: Settings, connection: Any, driver: str) -> None:
        self.settings, self.connection, self.driver = settings, connection, driver

    @contextmanager
    def batches(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        refuse_machine_zone(self.driver, sql)
        with (
            self._transaction(),
            sorted_errors(self.settings, sql),
            self.connection.cursor() as cursor,
        ):
            self.begin()
            cursor.execute(self.readable(sql))
            rows = cursor.fetch_record_batch()
            told = partial(map, self.told, rows)
            with streamed(
                rows.schema, told, sorted_errors(self.settings, sql)
            ) as reader:
                yield reader

    def readable(self, sql: str) -> str:
        """The query so that the driver changes no value of its result.

        Raises:
            BadInput: a column is of a type that it would change.
        """
        return sql

    def told(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch as the database meant it."""
        return batch

    def begin(self) -> None:
        """Make the transaction read only, in the way of the database, and settle it; SQLite's file was opened so.

        Most other drivers know no such option: for them ``docs/sources.md`` asks for an account that may only read.
        """
        if self.driver != "sqlite":
            for statement in statements_before(self.driver, self.settings.time_zone):
                with self.connection.cursor() as cursor:
                    cursor.execute(statement)
        with suppress(Exception):
            self.connection.adbc_connection.set_options(
                **{"adbc.connection.readonly": "true"}
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction of its own for each question, because a refused one ends its transaction."""
        try:
            yield
        finally:
            # the connection may be gone; what matters was raised above
            with suppress(Exception):
                self.connection.rollback()

    def asides(self, sql: str) -> list[FileAside]:  # noqa: ARG002 (a database has no lines)
        return []

    def relations(self, sql: str) -> Relations:
        """Columns and Arrow types of each table that the query reads."""
        relations = {}
        for table in relations_in(sql, self.driver):
            with self._transaction(), sorted_errors(self.settings, sql):
                fields = self.connection.adbc_get_table_schema(
                    table.name, db_schema_filter=table.schema or None
                )
            types = {field.name: str(field.type) for field in fields}
            relations[table.written] = types
        return relations


@contextmanager
def opened(settings: Settings) -> Iterator[AdbcSource]:
    """The database at ``CHURN_SOURCE_URL``, an address with ``adbc+`` in front.

    Raises:
        SettingsError: the driver is not installed.
        ConnectionTrouble, BadInput: it refuses the connection.
    """
    url = settings.environment.source_url
    address = _ADDRESS.match(url)
    if not address:
        raise SettingsError(
            "CHURN_SOURCE_URL begins with adbc+ but names no driver, e.g. adbc+sqlite:///data/boss.db"
        )
    driver = address.group(1)
    try:
        module = importlib.import_module(f"adbc_driver_{driver}.dbapi")
    except ImportError:
        raise SettingsError(
            f"CHURN_SOURCE_URL asks for the ADBC driver {driver!r}, which is not installed: pip install"
            f" adbc-driver-{driver}"
        ) from None
    with sorted_errors(settings), module.connect(_address(url)) as connection:
        yield AdbcSource(settings, connection, driver)


def _address(url: str) -> str:
    """What the driver is given: SQLite a file that it cannot change, every other the address without ``adbc+``."""
    plain = url.removeprefix("adbc+")
    if not plain.startswith("sqlite:"):
        return plain
    path = plain.removeprefix("sqlite:").removeprefix("//")
    separator = "&" if "?" in path else "?"
    return f"file:{path}{separator}mode=ro"


@contextmanager
def sorted_errors(settings: Settings, sql: str = "") -> Iterator[None]:
    """The driver's errors as ours: worth another try, or not; without values and passwords.

    Raises:
        ConnectionTrouble: the database did not answer.
        BadInput: it refused.
    """
    from adbc_driver_manager import Error

    try:
        yield
    # pyarrow passes a driver's errors on as the first two, without a class
    except (OSError, pa.ArrowException, Error) as error:
        text = shown(error, sql, settings.environment.source_url)
        if _no_answer(error, is_query=bool(sql)):
            raise ConnectionTrouble(
                f"the source database did not answer: {text}"
            ) from None
        raise BadInput(
            f"the source refused a query of profile {settings.profile}: {text}"
        ) from None


def _no_answer(error: Exception, *, is_query: bool) -> bool:
    """Whether another try may help, by the error's class or, where it came without one, by its words."""
    from adbc_driver_manager import Error, OperationalError

    if not isinstance(error, Error):
        text = str(error)
        return "ERROR" not in text or any(words in text for words in PASSING)
    if error.sqlstate:
        return error.sqlstate[:2] in NO_ANSWER
    return isinstance(error, OperationalError) or not is_query
