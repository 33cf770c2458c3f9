"""Parts of the SQL that measures a table: aggregates are generated for its columns, so they have names here."""

from collections.abc import Iterable

from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import Rule


def named(sql: str, name: str) -> str:
    """An expression under the name of its figure.

    >>> named("count(*)", "bill.rows")
    'count(*) AS "bill.rows"'
    """
    return f"{sql} AS {identifier(name)}"


def listed(parts: Iterable[str]) -> str:
    """What a SELECT selects."""
    return ", ".join(parts)


def any_of(conditions: Iterable[str]) -> str:
    """A condition that holds where one of several does; of none it never holds.

    >>> any_of(["a > 1", "b > 1"]), any_of([])
    ('a > 1 OR b > 1', 'false')
    """
    return " OR ".join(conditions) or "false"


def breaks(rule: Rule) -> str:
    """Whether a row breaks a rule, never NULL."""
    return f"coalesce({rule.reject_when}, false)"


def share(condition: str) -> str:
    """Share of rows for which a condition holds, 0 for a table without rows."""
    return f"coalesce(avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END), 0.0)"
