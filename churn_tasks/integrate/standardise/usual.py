"""What is usual among the amounts of a table and month: beyond a hundred times of it a single one is absurd.

The middle of the first rows of the month, which is enough for an order of magnitude and costs no second look at call
records. It is a variable of the DuckDB session, which the contract's rules read (``declared/money.py``).
"""

from typing import TYPE_CHECKING

from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.money import usual_name

if TYPE_CHECKING:
    import duckdb

LOOKED_AT = 20_000
LEAST_ROWS = 10  # of fewer amounts none is usual


def note_usual_amount(
    connection: "duckdb.DuckDBPyConnection", table: str, column: str, rows: str
) -> None:
    """Keep the middle of the amounts of a table, without their signs and without those that are nothing.

    Args:
        rows: relation of the month's rows in contract units; the first ``LOOKED_AT`` are looked at.
    """
    amount = identifier(column)
    first = f"SELECT {amount} FROM {rows} LIMIT {LOOKED_AT}"
    middle = (
        f"SELECT CASE WHEN count(*) >= {LEAST_ROWS} THEN CAST(median(abs({amount})) AS DOUBLE) END"
        f" FROM ({first}) WHERE {amount} <> 0"
    )
    connection.execute(f"SET VARIABLE {usual_name(table)} = ({middle})")
