"""The rows of versions of a table as one SELECT, however many files each lies in."""

from collections.abc import Iterable
from pathlib import Path

from churn_tasks.adapters.versions import Version, replaces
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.contracts import SQL_TYPES, Table
from churn_tasks.declared.sql_expressions import list_of


def rows_sql(table: Table, versions: Iterable[Version]) -> str:
    """A SELECT of the rows of these versions with their month; declared columns that a file lacks are empty."""
    columns = list_of(
        f"NULL::{SQL_TYPES[column.type]} AS {identifier(column.name)}"
        for column in table.columns
    )
    selects = [f"SELECT {columns}, NULL::DATE AS month WHERE false"]
    added: list[Path] = []
    for version in versions:
        if any(map(replaces, version.files)):
            selects.append(_with_replaced_rows(version, table.key))
        else:
            added += version.files
    if added:
        selects.append(_read(added))
    return " UNION ALL BY NAME ".join(selects)


def _read(files: Iterable[Path]) -> str:
    """A SELECT of the rows of Parquet files with the month of their folder."""
    listed = list_of(literal(path) for path in files)
    return (
        f"SELECT * FROM read_parquet([{listed}], hive_partitioning=true,"
        " hive_types={'month': DATE}, union_by_name=true)"
    )


def _with_replaced_rows(version: Version, key: Iterable[str]) -> str:
    """A SELECT of the rows of one version of which a part replaces rows of the same key."""
    names = list_of(map(identifier, key))
    rows = _read([version.whole])
    for path in version.parts:
        part = _read([path])
        if replaces(path):
            rows = f"SELECT * FROM ({rows}) ANTI JOIN ({part}) USING ({names})"
        rows = f"{rows} UNION ALL BY NAME {part}"
    return rows
