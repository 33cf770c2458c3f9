"""Any database that SQLAlchemy has an installed driver for: rows streamed by the server, made Arrow batch by batch.

The types of the columns are those of the first batch's values. What the database gives without a plain type (decimals,
times, UUIDs, JSON) arrives as text, exactly; the table's contract says what it is meant to be.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from churn_tasks.adapters.sessions import refuse_machine_zone, statements_before
from churn_tasks.adapters.source import infinite, postgres_loaders, postgres_types
from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.source.errors import NO_ANSWER, shown, streamed
from churn_tasks.adapters.source.opened import Relations
from churn_tasks.adapters.source.postgres import catalogued
from churn_tasks.adapters.source.queries import relations_in
from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
from churn_tasks.core.settings import Settings

# of MySQL and MariaDB, which give no classes
NO_ANSWER_CODES = (1040, 1203, 1205, 1213, 2002, 2003, 2006, 2013, 2055)
# of SQLite, which gives neither
NO_ANSWER_TEXTS = ("database is locked", "unable to open database file")
TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    dt.datetime: pa.timestamp("us"),
    dt.date: pa.date32(),
    bytes: pa.binary(),
}


@contextmanager
def opened(settings: Settings) -> Iterator["SqlSource"]:
    """The database at ``CHURN_SOURCE_URL``, one connection.

    Raises:
        SettingsError: the address is malformed or its driver is not installed.
        ConnectionTrouble: the database does not answer.
    """
    try:
        engine = sa.create_engine(settings.environment.source_url, poolclass=NullPool)
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError, ValueError) as error:
        raise SettingsError(
            "CHURN_SOURCE_URL is no address that an installed driver can read"
            f" ({shown(error, '', settings.environment.source_url)}); it is dialect+driver://reader@host/database"
        ) from None
    try:
        with sorted_errors(settings):
            connection = engine.connect()
        with connection:
            if engine.driver == "psycopg":
                opened: Any = connection.connection.dbapi_connection
                postgres_loaders.register(opened)
            yield SqlSource(settings, connection)
    finally:
        engine.dispose()


class SqlSource:
    """One connection; see :class:`churn_tasks.adapters.source.Source`."""

    def __init__(self, settings: Settings, connection: sa.Connection) -> None:
        self.settings = settings
        self._connection = connection

    @contextmanager
    def batches(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        refuse_machine_zone(self._connection.dialect.name, sql)
        try:
            with sorted_errors(self.settings, sql):
                self._begin()
                columns = self._postgres_columns(sql)
                readable = postgres_types.readable(sql, columns, self._look_up)
            with sorted_errors(self.settings, sql), self._rows(readable) as rows:
                first = rows.fetchmany(self.settings.source.batch_rows)
                schema = _schema(list(rows.keys()), first)
                if columns:
                    schema = postgres_types.schema(columns)
                made = partial(self._batches, rows, first, schema)
                with streamed(
                    schema, made, sorted_errors(self.settings, sql)
                ) as reader:
                    yield reader
        finally:
            # the connection may be gone; what matters was raised above
            with suppress(exc.SQLAlchemyError):
                self._connection.rollback()

    def _begin(self) -> None:
        """Settle the transaction, and make it read only."""
        dialect = self._connection.dialect.name
        for statement in statements_before(dialect, self.settings.time_zone):
            self._connection.exec_driver_sql(statement)

    @contextmanager
    def _rows(self, sql: str) -> Iterator[sa.CursorResult[Any]]:
        """The open result, its rows held by the server."""
        streaming = {
            "no_parameters": True,
            "stream_results": True,
            "max_row_buffer": self.settings.source.batch_rows,
        }
        rows = self._connection.exec_driver_sql(sql, execution_options=streaming)
        with rows:
            if not rows.returns_rows:
                raise BadInput(
                    f"profile {self.settings.profile}: an extract is one SELECT; this one returns no rows"
                )
            yield rows

    def _postgres_columns(self, sql: str) -> list[tuple[str, str]]:
        """Name and type of each column that a query of PostgreSQL gives, before a row of it is read; else nothing."""
        if self._connection.dialect.name != "postgresql":
            return []
        nothing = f"SELECT * FROM (\n{sql}\n) AS delivered LIMIT 0"
        plain = {"no_parameters": True}
        columns = []
        with self._connection.exec_driver_sql(nothing, execution_options=plain) as rows:
            described: Any = rows.cursor.description if rows.cursor else ()
            for name, kind, *_ in described:
                columns.append((name, postgres_loaders.type_name(kind)))
        return columns

    def _look_up(self, condition: str) -> list[postgres_types.Known]:
        asked = postgres_types.types_sql(condition)
        found = self._connection.exec_driver_sql(asked).fetchall()
        return [postgres_types.Known(*row) for row in found]

    def _batches(
        self, rows: sa.CursorResult[Any], first: Sequence[Any], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        fetched: Sequence[Any] = first
        seen = 0
        while fetched:
            yield _batch(fetched, schema, seen, self.settings.profile)
            seen += len(fetched)
            fetched = rows.fetchmany(self.settings.source.batch_rows)

    def asides(self, sql: str) -> list[FileAside]:  # noqa: ARG002 (a database has no lines)
        return []

    def relations(self, sql: str) -> Relations:
        """Columns and types of each table that the query reads; in PostgreSQL also of its parts."""
        dialect = self._connection.dialect.name
        if dialect == "postgresql":
            return catalogued(self, sql)
        relations: Relations = {}
        for table in relations_in(sql, dialect):
            with sorted_errors(self.settings, sql):
                columns = sa.inspect(self._connection).get_columns(
                    table.name, schema=table.schema or None
                )
            types = {column["name"]: str(column["type"]) for column in columns}
            relations[table.written] = types
        return relations


def _schema(names: list[str], first: Sequence[Any]) -> pa.Schema:
    """Types by the values of the first batch; a column of mixed or no values is text.

    Raises:
        BadInput: two columns of the query have one name.
    """
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise BadInput(f"the query has columns of one name: {', '.join(repeated)}")
    fields = []
    for place, name in enumerate(names):
        values = [row[place] for row in first if row[place] is not None]
        fields.append(pa.field(name, _type(values)))
    return pa.schema(fields)


def _type(values: Sequence[Any]) -> pa.DataType:
    """Of a column by its values, none of which is None."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return pa.float64()
    if len(kinds) != 1:
        return pa.string()
    (kind,) = kinds
    if kind is dt.datetime and any(value.tzinfo for value in values):
        return pa.timestamp("us", "UTC")
    if kind is int and any(abs(value) >= 1 << 63 for value in values):
        return pa.string()
    return TYPES.get(kind, pa.string())


def _batch(
    rows: Sequence[Any], schema: pa.Schema, seen: int, profile: str
) -> pa.RecordBatch:
    arrays = []
    columns = zip(*rows, strict=True)
    for field, values in zip(schema, columns, strict=True):
        try:
            arrays.append(_array(values, field.type))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            raise BadInput(
                f"profile {profile}, source column {field.name}: values between row {seen + 1:,} and row"
                f" {seen + len(rows):,} are no {field.type} like those before; cast the column in the extract query,"
                " e.g. to text"
            ) from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array(map(_text, values), kind)
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, TypeError):
        if not pa.types.is_temporal(kind):
            raise
        return infinite.of_markers(values, kind)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return str(value)


@contextmanager
def sorted_errors(settings: Settings, sql: str = "") -> Iterator[None]:
    """SQLAlchemy's errors as ours: worth another try, or not; without values and passwords.

    Raises:
        ConnectionTrouble: the database did not answer.
        BadInput: it refused.
    """
    try:
        yield
    except exc.NoSuchTableError as error:
        raise BadInput(f"the source has no table {error}") from None
    except exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        text = shown(cause, sql, settings.environment.source_url)
        if _no_answer(error, cause, is_query=bool(sql)):
            raise ConnectionTrouble(
                f"the source database did not answer: {text}"
            ) from None
        raise BadInput(
            f"the source refused a query of profile {settings.profile}: {text}"
        ) from None


def _no_answer(
    error: exc.SQLAlchemyError, cause: BaseException, *, is_query: bool
) -> bool:
    state = getattr(cause, "sqlstate", None)
    if state:
        return state[:2] in NO_ANSWER
    if getattr(error, "connection_invalidated", False):
        return True
    code = cause.args[0] if cause.args else None
    if code in NO_ANSWER_CODES or any(text in str(cause) for text in NO_ANSWER_TEXTS):
        return True
    return not is_query and isinstance(
        error, (exc.OperationalError, exc.InterfaceError)
    )
