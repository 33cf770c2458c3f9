"""Group roles and the schema: what is there is used, what is missing is made, what may not be made is asked of a DBA.

Roles have no login; a person or a service is made a member of exactly the one it needs. ``churn_owner`` owns
everything, ``churn_loader`` writes runs, ``churn_bi`` reads masked views, ``churn_retention`` reads numbers, and
``churn_reviewer`` reads the records of doubtful pairs and decides about them.
"""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.core.errors import SettingsError

TAKEN = ("churn_owner", "churn_loader", "churn_bi")  # by whoever sets up
ROLES = (*TAKEN, "churn_retention", "churn_reviewer")
REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedObject,  # of a role that could not be made just before
    psycopg.errors.InvalidParameterValue,
)
MADE_MEANWHILE = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation)
HAS_ROLE = "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s)"
MAY_USE_TEMPORARY = """
SELECT coalesce(bool_and(has_database_privilege(oid, current_database(), 'TEMPORARY')), false)
FROM pg_roles WHERE rolname = 'churn_loader'
"""
IS_MEMBER = """
SELECT coalesce(bool_or(pg_has_role(current_user, oid, 'MEMBER')), false) FROM pg_roles WHERE rolname = %s
"""
OWNER_OF_SCHEMA = (
    "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = %s"
)


def ensure(connection: Connection, cursor: Cursor) -> None:
    """Bring roles, memberships and schema to what the migrations need.

    Raises:
        SettingsError: the user may not do all of it; with every statement that is left for a DBA, in their order.
    """
    for statement in _needed(cursor, connection.schema):
        _try(cursor, statement)
    # looked for again, because PostgreSQL refuses a GRANT with a warning alone
    left = []
    for statement in _needed(cursor, connection.schema):
        left.append(statement.as_string(cursor) + ";")
    if left:
        cursor.execute("SELECT current_user, current_database()")
        user, database = one(cursor)
        statements = "\n    ".join(left)
        raise SettingsError(
            f"the warehouse is not set up, and the user {user} may not do all of it. Either a user who may create roles"
            f" runs once: churn warehouse upgrade. Or a DBA runs this, connected to the database {database}:"
            f"\n    {statements}\nThen go on as before; roles that are there are used as they are."
        )


def _needed(cursor: Cursor, schema: str) -> Iterator[sql.Composed]:
    """The statements that are still needed; each is looked for when those before it were tried."""
    for role in ROLES:
        cursor.execute(HAS_ROLE, (role,))
        if not one(cursor)[0]:
            yield sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(
                sql.Identifier(role)
            )
    cursor.execute("SELECT current_user, current_database()")
    user, database = map(sql.Identifier, one(cursor))
    for role in TAKEN:
        if not _may_take(cursor, role):
            yield _membership(cursor, role, user)
    cursor.execute(MAY_USE_TEMPORARY)
    if not one(cursor)[0]:
        yield sql.SQL("GRANT TEMPORARY ON DATABASE {} TO churn_loader").format(database)
    cursor.execute(OWNER_OF_SCHEMA, (schema,))
    owner = cursor.fetchone()
    name = sql.Identifier(schema)
    if owner is None:
        yield sql.SQL("CREATE SCHEMA {} AUTHORIZATION churn_owner").format(name)
    elif owner[0] != "churn_owner":
        yield sql.SQL("ALTER SCHEMA {} OWNER TO churn_owner").format(name)


def _may_take(cursor: Cursor, role: str) -> bool:
    """Whether ``SET ROLE`` works, which is all that is asked of a membership."""
    try:
        with cursor.connection.transaction(force_rollback=True):
            cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
    except REFUSED:
        return False
    return True


def _membership(cursor: Cursor, role: str, user: sql.Identifier) -> sql.Composed:
    cursor.execute(IS_MEMBER, (role,))
    # a member already, who may not take it: PostgreSQL 16 and later
    suffix = sql.SQL(" WITH SET TRUE" if one(cursor)[0] else "")
    return sql.SQL("GRANT {} TO {}{}").format(sql.Identifier(role), user, suffix)


def _try(cursor: Cursor, statement: sql.Composed) -> None:
    try:
        with cursor.connection.transaction():
            cursor.execute(statement)
    except MADE_MEANWHILE:
        pass  # by the set-up of another profile of this cluster
    except REFUSED:
        pass  # a DBA is asked for it
