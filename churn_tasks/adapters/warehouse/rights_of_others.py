"""Rights on our views that an administrator gave to roles of their own: they outlive a view that is made again."""

from typing import NamedTuple

from psycopg import sql

from churn_tasks.adapters.warehouse.connection import Cursor
from churn_tasks.adapters.warehouse.roles import ROLES

GIVEN = """
WITH given AS (
    SELECT c.oid, 0 AS attnum, c.relname, NULL AS attname, c.relacl AS acl
    FROM pg_class AS c
    WHERE c.relnamespace = quote_ident(%(schema)s)::regnamespace AND c.relkind = 'v'
    UNION ALL
    SELECT c.oid, a.attnum, c.relname, a.attname, a.attacl
    FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = quote_ident(%(schema)s)::regnamespace AND c.relkind = 'v'
)
SELECT g.relname, g.attname, r.privilege_type, pg_get_userbyid(r.grantee), r.is_grantable
FROM given AS g CROSS JOIN LATERAL aclexplode(g.acl) AS r
WHERE r.grantee <> 0 AND pg_get_userbyid(r.grantee) <> ALL (%(ours)s)
ORDER BY g.relname, g.attnum, 3, 4
"""
STANDS = """
SELECT 1 FROM pg_attribute
WHERE attrelid = to_regclass(quote_ident(%s) || '.' || quote_ident(%s))
    AND NOT attisdropped AND attname = coalesce(%s, attname)
LIMIT 1
"""


class Right(NamedTuple):
    """One right on a view, or on a single column of it."""

    view: str
    column: str | None
    privilege: str
    role: str
    with_grant_option: bool


def remembered(cursor: Cursor, schema: str) -> list[Right]:
    """The rights of all roles but ours; PUBLIC has none here, by design."""
    cursor.execute(GIVEN, {"schema": schema, "ours": list(ROLES)})
    return [Right(*row) for row in cursor.fetchall()]


def give_back(cursor: Cursor, schema: str, rights: list[Right]) -> None:
    """Give each right again; one on a view or column that is no more falls away with it."""
    for right in rights:
        cursor.execute(STANDS, (schema, right.view, right.column))
        if cursor.fetchone():
            cursor.execute(_grant(schema, right))


def _grant(schema: str, right: Right) -> sql.Composed:
    what: sql.Composable = sql.SQL(right.privilege)
    if right.column is not None:
        what = sql.SQL("{} ({})").format(what, sql.Identifier(right.column))
    statement = "GRANT {} ON {} TO {}"
    if right.with_grant_option:
        statement += " WITH GRANT OPTION"
    view = sql.Identifier(schema, right.view)
    return sql.SQL(statement).format(what, view, sql.Identifier(right.role))
