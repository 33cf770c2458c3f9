"""Which relations a query reads, found in its text."""

from collections.abc import Iterator
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from churn_tasks.core.errors import BadInput

# names of SQLAlchemy's and ADBC's dialects where SQLGlot's differ
DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
KNOWN = {dialect.value for dialect in sqlglot.Dialects}


class ReadTable(NamedTuple):
    """A table as a query names it."""

    schema: str  # empty where none is written
    name: str

    @property
    def written(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def relations_in(sql: str, dialect: str) -> list[ReadTable]:
    """Each table that the query reads, in order; its CTEs are none.

    Raises:
        BadInput: the text cannot be parsed in this dialect.
    """
    tables: set[ReadTable] = set()
    own: set[str] = set()
    for statement in _parsed(sql, DIALECTS.get(dialect, dialect)):
        own |= {cte.alias_or_name.lower() for cte in statement.find_all(exp.CTE)}
        for table in statement.find_all(exp.Table):
            tables.add(ReadTable(table.db, table.name))
    return sorted(table for table in tables if _is_read(table, own))


def _is_read(table: ReadTable, own: set[str]) -> bool:
    """Whether it is one of the database's: it has a name, which is not that of a CTE of the query."""
    if table.schema:
        return bool(table.name)
    return bool(table.name) and table.name.lower() not in own


def _parsed(sql: str, dialect: str) -> Iterator[exp.Expr]:
    try:
        statements = sqlglot.parse(sql, dialect=dialect if dialect in KNOWN else None)
    except SqlglotError:
        raise BadInput(
            f"which tables an extract query reads cannot be told: it is no {dialect} that we can parse"
        ) from None
    return (statement for statement in statements if statement)
