"""How a SELECT reads the columns below it, which decides whether a change of one does harm."""

from collections.abc import Callable, Iterator
from typing import Literal

import sqlglot
from sqlglot import exp

# used in an expression, selected by name, part of a *, not at all
Read = Literal["worked", "named", "passed", "no"]
SAID: dict[Read, str] = {
    "worked": "works with it",
    "named": "passes it on",
    "passed": "passes it on",
    "no": "does not read it",
}
CONDITIONS = (exp.Where, exp.Join, exp.Order)


def columns_read(sql: str, dialect: str) -> Callable[[str], Read]:
    """How a SELECT reads a column of some name. One that cannot be parsed is taken to work with all of them."""
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except sqlglot.errors.SqlglotError:
        return lambda name: "worked"
    by_name: dict[str, Read] = {}
    for column in tree.find_all(exp.Column):
        name = column.name.lower()
        is_worked = by_name.get(name) == "worked" or not _is_passed_on(column)
        by_name[name] = "worked" if is_worked else "named"
    otherwise: Read = "passed" if _passes_a_table(tree) else "no"
    return lambda name: by_name.get(name.lower(), otherwise)


def _is_passed_on(column: exp.Column) -> bool:
    """Whether a SELECT names the column, perhaps under another name, and does nothing else with it."""
    holder = column.parent
    if isinstance(holder, exp.Alias):
        holder = holder.parent
    return isinstance(holder, exp.Select) and not column.find_ancestor(*CONDITIONS)


def _passes_a_table(tree: exp.Expr) -> bool:
    """Whether some SELECT says ``*`` of a table or file, rather than of another SELECT."""
    made = {common.alias for common in tree.find_all(exp.CTE)}
    return any(table.name not in made for table in _tables_with_star(tree))


def _tables_with_star(tree: exp.Expr) -> Iterator[exp.Table]:
    for select in tree.find_all(exp.Select):
        if select.is_star:
            for table in select.find_all(exp.Table):
                if table.find_ancestor(exp.Select) is select:
                    yield table
