"""The codes that a contract allows for a column, read from its row rules."""

import sqlglot
from sqlglot import exp

from churn_tasks.declared.contracts import RawTable


def allowed_codes(table: RawTable) -> dict[str, tuple[str, ...]]:
    """Columns that accept a closed list of values: those with a rule that rejects what is ``NOT IN`` the list.

    A list that holds only together with another condition (``a NOT IN (...) AND b``) allows everything.
    """
    found: dict[str, tuple[str, ...]] = {}
    for rule in table.rules:
        condition = sqlglot.parse_one(rule.reject_when, read="duckdb")
        parts = (
            list(condition.flatten()) if isinstance(condition, exp.Or) else [condition]
        )
        for part in parts:
            listed = part.this if isinstance(part, exp.Not) else None
            if (
                isinstance(listed, exp.In)
                and isinstance(listed.this, exp.Column)
                and listed.expressions
            ):
                found[listed.this.name] = tuple(
                    value.name for value in listed.expressions
                )
    return found
