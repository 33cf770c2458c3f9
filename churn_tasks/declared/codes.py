"""The codes that a contract allows for a column, read from its row rules."""

import sqlglot
from sqlglot import exp

from churn_tasks.declared.contracts import RawTable

Codes = dict[str, tuple[str, ...]]  # column to the values that it accepts


def allowed_codes(table: RawTable) -> Codes:
    """Columns that accept a closed list of values: those with a rule that rejects what is ``NOT IN`` the list.

    A list that holds only together with another condition (``a NOT IN (...) AND b``) allows everything.
    """
    codes: Codes = {}
    for rule in table.rules:
        condition = sqlglot.parse_one(rule.reject_when, read="duckdb")
        for alternative in _alternatives(condition):
            listed = _closed_list(alternative)
            if listed is not None:
                codes[listed.this.name] = tuple(
                    code.name for code in listed.expressions
                )
    return codes


def _alternatives(condition: exp.Expr) -> list[exp.Expr]:
    """The parts of which any one rejects the row."""
    if isinstance(condition, exp.Or):
        return list(condition.flatten())
    return [condition]


def _closed_list(alternative: exp.Expr) -> exp.In | None:
    """The ``column IN (values)`` that the alternative denies; None where it is something else."""
    if not isinstance(alternative, exp.Not):
        return None
    listed = alternative.this
    if not isinstance(listed, exp.In) or not listed.expressions:
        return None
    if not isinstance(listed.this, exp.Column):
        return None
    return listed
