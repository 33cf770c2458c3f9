"""One lazily opened connection to the warehouse, and transactions that run under exactly one role.

Messages never repeat what PostgreSQL said about values: it prints failing rows in full.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import psycopg
from psycopg import sql

from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
from churn_tasks.core.privacy import masked

Cursor: TypeAlias = "psycopg.Cursor[Any]"
Role = Literal["churn_owner", "churn_loader", "churn_bi", "churn_reviewer"]
LOCK_WAIT = "60s"
CONNECT_SECONDS = 10
SET_UP_WRONGLY = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
)


def one(cursor: Cursor) -> tuple[Any, ...]:
    """The row of a statement that always has one.

    Raises:
        BadInput: it had none.
    """
    row = cursor.fetchone()
    if row is None:
        raise BadInput("warehouse: a row that must be there is missing")
    return tuple(row)


@dataclass
class Connection:
    """Opened when first used; opened again after it was lost.

    Attributes:
        url: ``postgresql://...`` of a user who may take the roles ``churn_loader`` and ``churn_bi``.
        schema: schema of one profile.
        time_zone: in which an instant becomes a day.
    """

    url: str
    schema: str
    time_zone: str = "UTC"
    _open: "psycopg.Connection[Any] | None" = field(default=None, repr=False)

    def sql(self, text: str) -> sql.Composed:
        """A statement whose ``{schema}`` is this schema, quoted as an identifier."""
        return sql.SQL(text).format(schema=sql.Identifier(self.schema))

    @contextmanager
    def transaction(self, role: Role | None) -> Iterator[Cursor]:
        """One transaction under one role; names without a schema mean this schema.

        Raises:
            ConnectionTrouble: the server did not answer, went away, or a lock took too long.
            SettingsError: the user lacks a right or the warehouse was never set up.
            BadInput: the server refused the statement for another reason.
        """
        with _named_trouble():
            opened = self._opened()
            with opened.transaction(), opened.cursor() as cursor:
                self._begin(cursor, role)
                yield cursor

    def _begin(self, cursor: Cursor, role: Role | None) -> None:
        if role:
            cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        cursor.execute(
            "SELECT set_config('search_path', quote_ident(%s) || ', pg_temp', true),"
            " set_config('lock_timeout', %s, true), set_config('TimeZone', %s, true),"
            " set_config('DateStyle', 'ISO, YMD', true)",
            (self.schema, LOCK_WAIT, self.time_zone),
        )

    def lock(self, cursor: Cursor, table: str) -> None:
        """Let one transaction at a time decide what to add to a table; held to the end of this one."""
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))", (f"{self.schema}.{table}",)
        )

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _opened(self) -> "psycopg.Connection[Any]":
        if self._open is None or self._open.closed or self._open.broken:
            if not self.url:
                raise SettingsError(
                    "CHURN_WAREHOUSE_URL is empty: give the address of the warehouse's PostgreSQL"
                )
            self._open = self._connected()
            _refuse_other_encodings(self._open)
        return self._open

    def _connected(self) -> "psycopg.Connection[Any]":
        """A login; what the driver says of a failed one holds no row, so it is repeated."""
        try:
            return psycopg.connect(
                self.url,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                client_encoding="utf8",
            )
        except psycopg.OperationalError as error:
            said = masked(" ".join(str(error).split()))
            raise ConnectionTrouble(
                f"warehouse: no login with the address in CHURN_WAREHOUSE_URL: {said}"
            ) from None


def _refuse_other_encodings(opened: "psycopg.Connection[Any]") -> None:
    """A database that is not UTF-8 cannot hold every name, or gives texts back as bytes (SQL_ASCII)."""
    encoding = opened.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        name = opened.info.dbname
        opened.close()
        raise SettingsError(
            f"the warehouse's database {name} has the encoding {encoding}; it must be UTF8. Make another one and give"
            " its address in CHURN_WAREHOUSE_URL: CREATE DATABASE churn ENCODING 'UTF8'"
            " LOCALE 'C' TEMPLATE template0;"
        )


@contextmanager
def _named_trouble() -> Iterator[None]:
    """Turn the driver's errors into ours, without the values the server printed."""
    try:
        yield
    except SET_UP_WRONGLY as error:
        remedy = "Set the warehouse up once as a user who may create roles"
        raise SettingsError(f"warehouse refused: {_code(error)}. {remedy}") from None
    except psycopg.OperationalError as error:
        raise ConnectionTrouble(f"warehouse: {_code(error)}") from None
    except psycopg.Error as error:
        raise BadInput(f"warehouse refused: {_code(error)}") from None


def _code(error: psycopg.Error) -> str:
    """What happened and to which object; never a value."""
    named = {
        "table": error.diag.table_name,
        "column": error.diag.column_name,
        "constraint": error.diag.constraint_name,
    }
    told = type(error).__name__
    if error.sqlstate:
        told += f" ({error.sqlstate})"
    places = [f"{kind} {name}" for kind, name in named.items() if name]
    if places:
        told += f" at {', '.join(places)}"
    return told
