"""The temp tables of matching in a DuckDB connection: how they are made and read."""

from typing import Any

import duckdb

RECORDS = "match_records"
PAIRS = "match_scored"


def make_table(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> int:
    """Make or replace a temp table from a SELECT; gives the number of its rows."""
    made = connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS\n{select}")
    return int(made.fetchall()[0][0])


def counted(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """The rows of a table."""
    (row,) = connection.table(name).count("*").fetchall()
    return int(row[0])


def first_row(connection: duckdb.DuckDBPyConnection, select: str) -> dict[str, Any]:
    """The only row of a SELECT by column name."""
    answer = connection.execute(select)
    names = [column[0] for column in answer.description]
    (row,) = answer.fetchall()
    return dict(zip(names, row, strict=True))
