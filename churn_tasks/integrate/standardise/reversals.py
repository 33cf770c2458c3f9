"""Lines that take an amount back, found once a month before any rule judges a row: a rule sees one side of a pair only.

What becomes of them stands in the column ``reversal`` of ``standard_<table>``, for the rules of the contract.
"""

from functools import partial
from typing import TYPE_CHECKING

from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable, Reversals
from churn_tasks.declared.sql_parts import (
    Condition,
    Expression,
    Name,
    Relation,
    subquery,
)

if TYPE_CHECKING:
    import duckdb

query = partial(composed, "standard")


def with_reversals(
    connection: "duckdb.DuckDBPyConnection", table: RawTable, standard: str
) -> str:
    """The SELECT of a month's standard rows with their reversals, which are looked up now.

    A month without any, and a table that knows none, cost nothing later.

    Args:
        standard: SELECT of the rows without.
    """
    declared = table.reversals
    if declared is None:
        return standard
    name = identifier(f"reversals_{table.table}")
    found = reversals_sql(declared, subquery(standard))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {found}")
    ((known,),) = connection.execute(f"SELECT count(reversal) FROM {name}").fetchall()
    if not known:
        return standard
    return query(
        "with_reversals",
        item=Name(declared.item),
        document=Name(declared.document),
        amount=Name(declared.amount),
        read=subquery(standard),
        reversals=Relation(name),
    )


def reversals_sql(declared: Reversals, read: Relation) -> str:
    """The SELECT of what becomes of each line that takes back or is taken back."""
    cancels = "NULL::VARCHAR"
    if declared.cancels:
        cancels = identifier(declared.cancels)
    return query(
        "reversals",
        item=Name(declared.item),
        document=Name(declared.document),
        amount=Name(declared.amount),
        cancels=Expression(cancels),
        takes_back=Condition(declared.takes_back),
        read=read,
    )
