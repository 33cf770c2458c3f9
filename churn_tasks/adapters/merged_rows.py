"""SQL that makes the rows of some customers again and leaves those of all others as an earlier version has them.

The customers stand in the temp table ``made_again``. A query that never looks from one customer at another gives them
the same rows whether it is shown everybody or them alone; which tables it may be shown so, its declaration says.
"""

from collections.abc import Iterable
from pathlib import Path

from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.columns import SQL_TYPES
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import Table
from churn_tasks.declared.sql_parts import Columns, Names, Relation, subquery

MADE_AGAIN = "made_again"


def narrowed(select: str, tables: Iterable[str]) -> str:
    """A SELECT that sees in these tables the rows of the customers in ``made_again`` alone."""
    shown = ", ".join(map(_alone, tables))
    if not shown:
        return select
    return f"WITH {shown}\nSELECT * FROM (\n{select}\n)"


def _alone(table: str) -> str:
    """The member of a WITH that stands for a table of the lake."""
    name, wanted = identifier(table), f"SELECT customer_id FROM {MADE_AGAIN}"
    rows = f"SELECT * FROM {name} WHERE customer_id IN ({wanted})"
    return f"{name} AS NOT MATERIALIZED (\n    {rows}\n)"


def merged(select: str, table: Table, before: Path) -> str:
    """The rows of a SELECT for the customers in ``made_again``, and those of everybody else from an earlier version."""
    casts = {}
    for column in table.columns:
        name = identifier(column.name)
        casts[column.name] = f"CAST({name} AS {SQL_TYPES[column.type]})"
    return composed(
        "restatement",
        "merged_rows",
        made=Columns.of_texts(casts),
        columns=Names(tuple(table.column_names)),
        query=subquery(select),
        before=partition(before),
    )


def partition(file: Path) -> Relation:
    """One file of the lake with the columns that are in it."""
    return subquery(f"FROM read_parquet({literal(file)}, hive_partitioning=false)")
