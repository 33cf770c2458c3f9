"""How a SELECT reads the columns below it, which decides whether a change of one does harm."""

from collections.abc import Iterator
from typing import Literal

import sqlglot
from sqlglot import exp

from churn_tasks.checks.column_uses import Use, uses_of

# used in an expression, selected by name, part of a *, not at all
Read = Literal["worked", "named", "passed", "no"]
SAID: dict[Read, str] = {
    "worked": "works with it",
    "named": "passes it on",
    "passed": "passes it on",
    "no": "does not read it",
}
CONDITIONS = (exp.Where, exp.Join, exp.Order)


class ColumnsRead:
    """How a SELECT reads a column of some name, and what it makes of it.

    Attributes:
        tree: the SELECT; None where it cannot be parsed, which is taken to work with every column, nobody knows how.
    """

    def __init__(self, tree: exp.Expr | None) -> None:
        self.tree = tree
        self._by_name: dict[str, Read] = {}
        self._otherwise: Read = "worked"
        if tree is None:
            return
        for column in tree.find_all(exp.Column):
            name = column.name.lower()
            is_worked = self._by_name.get(name) == "worked" or not _is_passed_on(column)
            self._by_name[name] = "worked" if is_worked else "named"
        self._otherwise = "passed" if _passes_a_table(tree) else "no"

    def __call__(self, name: str) -> Read:
        return self._by_name.get(name.lower(), self._otherwise)

    def uses(self, name: str) -> frozenset[Use]:
        """What is made of the column, where it is more than handed on."""
        if self.tree is None:
            return frozenset({"other"})
        return uses_of(self.tree, name)


def columns_read(sql: str, dialect: str) -> ColumnsRead:
    """How a SELECT reads its columns. One that cannot be parsed is taken to work with all of them."""
    try:
        return ColumnsRead(sqlglot.parse_one(sql, read=dialect))
    except sqlglot.errors.SqlglotError:
        return ColumnsRead(None)


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
