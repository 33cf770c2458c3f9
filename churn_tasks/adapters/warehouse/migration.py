"""Tables, views, roles and comments of the warehouse, from ``include/sql/warehouse``.

The files run in order in one transaction, each can run again, and a digest remembers that they have.
"""

import hashlib
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from churn_tasks.adapters.warehouse.connection import Connection, one
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE

FOLDER = INCLUDE / "sql" / "warehouse"
LIST_TABLE = INCLUDE / "tables" / "pipeline" / "out_warning_list.yaml"
_REMEMBERED = "CREATE TABLE IF NOT EXISTS {schema}.migration (digest text PRIMARY KEY, applied_at timestamptz NOT NULL)"


def _files() -> list[Path]:
    return sorted(FOLDER.glob("*.sql"))


def digest() -> str:
    """Digest of everything that shapes the warehouse."""
    shape = [*_files(), FOLDER / "views.yaml", LIST_TABLE]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in shape)).hexdigest()


def is_current(connection: Connection) -> bool:
    """Whether this version of the files is the latest that was applied."""
    with connection.transaction(None) as cursor:
        cursor.execute(
            "SELECT to_regclass(quote_ident(%s) || '.migration') IS NOT NULL",
            (connection.schema,),
        )
        if not one(cursor)[0]:
            return False
    with connection.transaction("churn_loader") as cursor:
        cursor.execute("SELECT digest FROM migration ORDER BY applied_at DESC LIMIT 1")
        return (cursor.fetchone() or [""])[0] == digest()


def migrate(connection: Connection) -> bool:
    """Bring the schema to the shape of the files; does nothing when it has it.

    Returns:
        Whether anything was applied.

    Raises:
        SettingsError: the user may not create roles or schemas.
    """
    try:
        if is_current(connection):
            return False
    except SettingsError:
        pass  # a half-made schema: apply everything again
    with connection.transaction(None) as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('churn warehouse migration'))"
        )
        for number, path in enumerate(_files()):
            cursor.execute(connection.sql(path.read_text(encoding="utf-8")))
            if (
                number == 0
            ):  # roles and schema stand; from here on everything belongs to the owner
                cursor.execute("SET LOCAL ROLE churn_owner")
                cursor.execute(connection.sql(_REMEMBERED))
        _comment(connection, cursor)
        cursor.execute(
            "INSERT INTO migration VALUES (%s, clock_timestamp())"
            " ON CONFLICT (digest) DO UPDATE SET applied_at = excluded.applied_at",
            (digest(),),
        )
    return True


def comments() -> dict[str, dict[str, Any]]:
    """View -> its meaning and the meaning of each column it declares, in both languages."""
    listed = yaml.safe_load(LIST_TABLE.read_text(encoding="utf-8"))["columns"]
    known = {
        column["name"]: {"en": column["en"], "zh": column["zh"]} for column in listed
    }
    views = yaml.safe_load((FOLDER / "views.yaml").read_text(encoding="utf-8"))
    return {
        view: {
            "meaning": text["meaning"],
            "columns": {**known, **views["shared"], **text.get("columns", {})},
        }
        for view, text in views["views"].items()
    }


def _comment(connection: Connection, cursor: "psycopg.Cursor[Any]") -> None:
    """Comment every view and column that BI tools show. A column without a meaning is an error."""
    for view, texts in comments().items():
        relation = sql.Identifier(connection.schema, view)
        cursor.execute(
            sql.SQL("COMMENT ON VIEW {} IS {}").format(
                relation, _both(texts["meaning"])
            )
        )
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (view,),
        )
        for (column,) in cursor.fetchall():
            if column not in texts["columns"]:
                raise SettingsError(
                    f"{FOLDER / 'views.yaml'}: {view}.{column} has no meaning; add en and zh"
                )
            name = sql.Identifier(connection.schema, view, column)
            cursor.execute(
                sql.SQL("COMMENT ON COLUMN {} IS {}").format(
                    name, _both(texts["columns"][column])
                )
            )


def _both(text: dict[str, str]) -> sql.Literal:
    return sql.Literal(f"{text['zh']} | {text['en']}")
