"""Which relations a query reads, found in its text."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from churn_tasks.core.errors import BadInput

# names of SQLAlchemy's and ADBC's dialects where SQLGlot's differ
DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
KNOWN = {dialect.value for dialect in sqlglot.Dialects}


def relations_in(sql: str, dialect: str) -> list[tuple[str, str]]:
    """Schema (empty where none is written) and name of each table that the query reads, in order; its CTEs are none.

    Raises:
        BadInput: the text cannot be parsed in this dialect.
    """
    name = DIALECTS.get(dialect, dialect)
    try:
        statements = [
            found
            for found in sqlglot.parse(sql, dialect=name if name in KNOWN else None)
            if found
        ]
    except SqlglotError:
        raise BadInput(
            f"which tables an extract query reads cannot be told: it is no {name} that we can parse"
        ) from None
    own = {
        cte.alias_or_name.lower()
        for statement in statements
        for cte in statement.find_all(exp.CTE)
    }
    tables = [
        table
        for statement in statements
        for table in statement.find_all(exp.Table)
        if table.name
    ]
    return sorted(
        {
            (table.db, table.name)
            for table in tables
            if table.db or table.name.lower() not in own
        }
    )
