"""What DuckDB raises where a query cannot go on, told as where it is and what to do next."""

import duckdb

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked

UNFIT = "Mend the query, or the declaration of its columns."
# what the message says, and what to write instead: DuckDB 2 raises where DuckDB 1 gave NULL
REMEDIES = (
    ("Division by zero", "Divide by nullif(..., 0): then such a row has no value."),
    ("Overflow", "Cast to DECIMAL(38, 6) or HUGEINT before adding or multiplying."),
    ("More than one row returned by a subquery", "Aggregate in the subquery."),
    ("Could not parse string", "Read it with try_strptime: then it has no value."),
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory has ended: DuckDB's own, or that of Python, numpy or Arrow."""
    return isinstance(error, MemoryError | duckdb.OutOfMemoryException)


def query_failed(error: duckdb.Error, table: str, month: Month) -> BadInput:
    """The error of a SELECT that makes a partition.

    Args:
        error: anything but the end of memory, which is no fault of the query.
    """
    said = masked(str(error).split("\n", 1)[0])
    for sign, remedy in REMEDIES:
        if sign in said:
            problem = f"cannot be computed: {said}"
            return BadInput(
                evidence(table=table, month=month, problem=problem, remedy=remedy)
            )
    problem = f"does not fit its declaration: {said}"
    return BadInput(evidence(table=table, month=month, problem=problem, remedy=UNFIT))
