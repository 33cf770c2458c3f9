"""The shape of the warehouse, from ``include/sql/warehouse``: brought up to date in one transaction or left as it was.

    roles (roles.py)    group roles and the schema      whenever anything changed
    migrations/*.sql    tables                          each file once, by number, and never edited afterwards
    views/*.sql         what people read                whenever anything changed
    rights.sql          who may do what                 whenever anything changed

``docs/warehouse_migrations.md`` says how a column is renamed, retyped and dropped.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from churn_tasks.adapters.warehouse import rights_of_others, roles, views
from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE

FOLDER = INCLUDE / "sql" / "warehouse"
REMEMBERED = """
CREATE TABLE IF NOT EXISTS {schema}.migration (digest text PRIMARY KEY, applied_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS {schema}.applied_migration (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""
STANDS_IN_THE_WAY = (
    psycopg.errors.DependentObjectsStillExist,  # of a view or column to drop
    psycopg.errors.FeatureNotSupported,  # a view shows the column to retype
)


def digest(folder: Path = FOLDER) -> str:
    """Digest of everything that shapes the warehouse."""
    files = [*folder.rglob("*.sql"), folder / views.MEANINGS]
    contents = [path.read_bytes() for path in (*sorted(files), views.LIST_TABLE)]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def is_current(connection: Connection, folder: Path = FOLDER) -> bool:
    """Whether this version of the files is the latest that was applied."""
    with connection.transaction(None) as cursor:
        cursor.execute(
            "SELECT to_regclass(quote_ident(%s) || '.migration') IS NOT NULL",
            (connection.schema,),
        )
        if not one(cursor)[0]:
            return False
    with connection.transaction("churn_loader") as cursor:
        return _latest(cursor) == digest(folder)


def migrate(connection: Connection, folder: Path = FOLDER) -> bool:
    """Bring the schema to the shape of the files; does nothing when it has it.

    Returns:
        Whether anything was applied.

    Raises:
        SettingsError: the user may not create what is missing, with the statements that a DBA has to run; views of
            other people stand in the way, each named; an applied migration was edited, or is unknown to this version.
            The warehouse is as it was.
    """
    try:
        if is_current(connection, folder):
            return False
    except SettingsError:
        pass  # a half-made schema: apply everything again
    with connection.transaction(None) as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('churn warehouse migration'))"
        )
        roles.ensure(connection, cursor)
        # roles and schema stand; from here on everything belongs to the owner
        cursor.execute("SET LOCAL ROLE churn_owner")
        cursor.execute(connection.sql(REMEMBERED))
        given = rights_of_others.remembered(cursor, connection.schema)
        _apply_pending(connection, cursor, folder / "migrations")
        for file in sorted((folder / "views").glob("*.sql")):
            with _named_dependents(f"the view {file.stem}"):
                views.put(connection, cursor, file)
        _run(connection, cursor, folder / "rights.sql")
        rights_of_others.give_back(cursor, connection.schema, given)
        views.comment(connection, cursor, folder)
        cursor.execute(
            "INSERT INTO migration VALUES (%s, clock_timestamp())"
            " ON CONFLICT (digest) DO UPDATE SET applied_at = excluded.applied_at",
            (digest(folder),),
        )
    return True


def _latest(cursor: Cursor) -> str | None:
    cursor.execute("SELECT digest FROM migration ORDER BY applied_at DESC LIMIT 1")
    row = cursor.fetchone()
    return row[0] if row else None


def _run(connection: Connection, cursor: Cursor, file: Path) -> None:
    cursor.execute(connection.sql(file.read_text(encoding="utf-8")))


def _apply_pending(connection: Connection, cursor: Cursor, folder: Path) -> None:
    """Run the migrations that the schema has not seen, in the order of their numbers."""
    files = {file.stem: file for file in sorted(folder.glob("*.sql"))}
    cursor.execute("SELECT name, sha256 FROM applied_migration")
    applied = dict(cursor.fetchall())
    _refuse_unknown(sorted(applied.keys() - files.keys()))
    for name, file in files.items():
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        if name not in applied:
            with _named_dependents(f"the migration {name}"):
                _run(connection, cursor, file)
            cursor.execute(
                "INSERT INTO applied_migration (name, sha256) VALUES (%s, %s)",
                (name, sha256),
            )
        elif applied[name] != sha256:
            raise SettingsError(
                f"{file} was edited after this warehouse had applied it. Put it back as it was, and write what is to"
                " change into a migration with the next number."
            )


def _refuse_unknown(names: list[str]) -> None:
    """A newer version has been here: its tables are not ours to write to."""
    if names:
        raise SettingsError(
            f"the warehouse has migrations that this version does not know: {', '.join(names)}. Install the version"
            " that applied them, or restore the warehouse from before it."
        )


@contextmanager
def _named_dependents(what: str) -> Iterator[None]:
    """PostgreSQL's refusal to change what others build on, with the names of their views."""
    try:
        yield
    except STANDS_IN_THE_WAY as error:
        raise SettingsError(
            f"the warehouse was not upgraded and is as it was: {what} changes what other views build on:"
            f" {error.diag.message_detail}. Let their owners drop them, upgrade, and make them again"
            " (docs/warehouse_migrations.md)."
        ) from None
