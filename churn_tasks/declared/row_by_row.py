"""Whether an extract gives each row for itself, so that rows which come later take none of the others away."""

import sqlglot
from sqlglot import exp

WEIGHS_ROWS = (
    exp.AggFunc,
    exp.Distinct,
    exp.Except,
    exp.Group,
    exp.Having,
    exp.Intersect,
    exp.Limit,
    exp.Qualify,
    exp.Window,
)


def is_row_by_row(sql: str, dialect: str) -> bool:
    """Whether no part of a SELECT holds rows against each other; one that cannot be parsed is taken to.

    >>> is_row_by_row("SELECT a, b FROM t WHERE known_date < DATE '2024-04-06'", "postgres")
    True
    >>> is_row_by_row("SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, version DESC", "postgres")
    False
    """
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except sqlglot.errors.SqlglotError:
        return False
    return tree.find(*WEIGHS_ROWS) is None
