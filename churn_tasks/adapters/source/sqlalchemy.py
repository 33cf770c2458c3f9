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

from churn_tasks.adapters.source.errors import NO_ANSWER, shown, streamed
from churn_tasks.adapters.source.postgres import catalogued
from churn_tasks.adapters.source.queries import relations_in
from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
from churn_tasks.core.settings import Settings

READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}  # other databases have no such statement: give the pipeline an account that may only read
NO_ANSWER_CODES = (
    1040,
    1203,
    1205,
    1213,
    2002,
    2003,
    2006,
    2013,
    2055,
)  # of MySQL and MariaDB, which give no classes
NO_ANSWER_TEXTS = (
    "database is locked",
    "unable to open database file",
)  # of SQLite, which gives neither
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
        try:
            with sorted_errors(self.settings, sql), self._rows(sql) as rows:
                first = rows.fetchmany(self.settings.source.batch_rows)
                schema = _schema(list(rows.keys()), first)
                made = partial(self._batches, rows, first, schema)
                with streamed(
                    schema, made, sorted_errors(self.settings, sql)
                ) as reader:
                    yield reader
        finally:
            with suppress(
                exc.SQLAlchemyError
            ):  # the connection may be gone; what matters was raised above
                self._connection.rollback()

    @contextmanager
    def _rows(self, sql: str) -> Iterator[sa.CursorResult[Any]]:
        """The open result, its rows held by the server."""
        statement = READ_ONLY.get(self._connection.dialect.name)
        if statement:
            self._connection.exec_driver_sql(statement)
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

    def _batches(
        self, rows: sa.CursorResult[Any], first: Sequence[Any], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        found: Sequence[Any] = first
        seen = 0
        while found:
            yield _batch(found, schema, seen, self.settings.profile)
            seen += len(found)
            found = rows.fetchmany(self.settings.source.batch_rows)

    def relations(self, sql: str) -> dict[str, dict[str, str]]:
        """Columns and types of each table that the query reads; in PostgreSQL also of its parts."""
        dialect = self._connection.dialect.name
        if dialect == "postgresql":
            return catalogued(self, sql)
        found: dict[str, dict[str, str]] = {}
        for schema, name in relations_in(sql, dialect):
            with sorted_errors(self.settings, sql):
                columns = sa.inspect(self._connection).get_columns(
                    name, schema=schema or None
                )
            found[f"{schema}.{name}" if schema else name] = {
                column["name"]: str(column["type"]) for column in columns
            }
        return found


def _schema(names: list[str], first: Sequence[Any]) -> pa.Schema:
    """Types by the values of the first batch; a column of mixed or no values is text.

    Raises:
        BadInput: two columns of the query have one name.
    """
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise BadInput(f"the query has columns of one name: {', '.join(repeated)}")
    columns = zip(*first, strict=True) if first else ([] for _ in names)
    return pa.schema(
        [
            pa.field(name, _type(values))
            for name, values in zip(names, columns, strict=True)
        ]
    )


def _type(values: Sequence[Any]) -> pa.DataType:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pa.float64()
    if kinds == {dt.datetime} and any(
        value.tzinfo for value in values if value is not None
    ):
        return pa.timestamp("us", "UTC")
    if kinds == {int} and any(
        abs(value) >= 1 << 63 for value in values if value is not None
    ):
        return pa.string()
    return TYPES.get(kinds.pop(), pa.string()) if len(kinds) == 1 else pa.string()


def _batch(
    rows: Sequence[Any], schema: pa.Schema, seen: int, profile: str
) -> pa.RecordBatch:
    arrays = []
    for field, values in zip(schema, zip(*rows, strict=True), strict=True):
        try:
            given = (
                [_text(value) for value in values]
                if pa.types.is_string(field.type)
                else values
            )
            arrays.append(pa.array(given, field.type))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            raise BadInput(
                f"profile {profile}, source column {field.name}: values between row {seen + 1:,} and row"
                f" {seen + len(rows):,} are no {field.type} like those before; cast the column in the extract query,"
                " e.g. to text"
            ) from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


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
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)


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
