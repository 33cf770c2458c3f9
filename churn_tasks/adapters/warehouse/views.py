"""The views that people read: replaced in place where PostgreSQL can, so that what others built on them stays."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from churn_tasks.adapters.warehouse.connection import Connection, Cursor
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.yaml_file import read_yaml

MEANINGS = "views.yaml"
LIST_TABLE = INCLUDE / "tables" / "pipeline" / "out_warning_list.yaml"

Meaning = dict[str, str]  # en and zh


def put(connection: Connection, cursor: Cursor, file: Path) -> None:
    """Make one view, or replace it; columns may be added at its end without anybody noticing.

    A view whose columns have other names, types or places than before is dropped and made again.

    Raises:
        psycopg.errors.DependentObjectsStillExist: it would have to be dropped, and other views build on it.
    """
    statement = connection.sql(file.read_text(encoding="utf-8"))
    try:
        with cursor.connection.transaction():
            cursor.execute(statement)
    except psycopg.errors.InvalidTableDefinition:
        name = sql.Identifier(connection.schema, file.stem)
        cursor.execute(sql.SQL("DROP VIEW {}").format(name))
        cursor.execute(statement)


def comments(folder: Path) -> dict[str, dict[str, Any]]:
    """View -> its meaning and the meaning of each column it declares, in both languages."""
    known = {column["name"]: column for column in read_yaml(LIST_TABLE)["columns"]}
    declared = read_yaml(folder / MEANINGS)
    meanings = {}
    for view, text in declared["views"].items():
        columns = {**known, **declared["shared"], **text.get("columns", {})}
        meanings[view] = {"meaning": text["meaning"], "columns": columns}
    return meanings


def comment(connection: Connection, cursor: Cursor, folder: Path) -> None:
    """Comment every view and column that BI tools show.

    Raises:
        SettingsError: a column has no meaning.
    """
    for view, texts in comments(folder).items():
        relation = sql.Identifier(connection.schema, view)
        cursor.execute(
            sql.SQL("COMMENT ON VIEW {} IS {}").format(
                relation, _both(texts["meaning"])
            )
        )
        for column in _columns(cursor, view):
            meaning = texts["columns"].get(column)
            if meaning is None:
                raise SettingsError(
                    f"{folder / MEANINGS}: {view}.{column} has no meaning; add en and zh"
                )
            name = sql.Identifier(connection.schema, view, column)
            cursor.execute(
                sql.SQL("COMMENT ON COLUMN {} IS {}").format(name, _both(meaning))
            )


def _columns(cursor: Cursor, view: str) -> list[str]:
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
        (view,),
    )
    return [name for (name,) in cursor.fetchall()]


def _both(text: Meaning) -> sql.Literal:
    return sql.Literal(f"{text['zh']} | {text['en']}")
