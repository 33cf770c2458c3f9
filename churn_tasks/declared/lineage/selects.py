"""The parts of a qualified SELECT that decide about a value or about its rows, as SQLGlot holds them."""

from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

CONDITIONS = ("where", "group", "having", "qualify")


def query_of(scope: Scope) -> Any:
    """The SELECT or UNION of a scope; sqlglot types it as any expression."""
    return scope.expression


def selects_below(scope: Scope) -> list[Scope]:
    """The SELECTs of a UNION, however it is nested; of a SELECT itself."""
    if not scope.set_operation_scopes:
        return [scope]
    selects = []
    for part in scope.set_operation_scopes:
        selects += selects_below(part)
    return selects


def item_named(select: exp.Select, column: str | None) -> exp.Expr | None:
    """What a SELECT puts into a column; of no column None."""
    for item in select.selects:
        if item.alias_or_name == column:
            return item
    return None


def first_source(select: exp.Select) -> str:
    """The name of what stands after FROM; empty without."""
    source = select.args.get("from_")
    if source is None:
        return ""
    name: str = source.this.alias_or_name
    return name


def only_union(scope: Scope) -> Scope | None:
    """The UNION that a SELECT reads and nothing beside it; None where it reads something else."""
    select = query_of(scope)
    source = scope.sources.get(first_source(select))
    if select.args.get("joins") or not isinstance(source, Scope):
        return None
    if not source.set_operation_scopes:
        return None
    return source


def conditions(select: exp.Select, names: tuple[str, ...] = CONDITIONS) -> list[Any]:
    """WHERE, GROUP BY, HAVING and QUALIFY, as far as a SELECT has them."""
    parts = [select.args.get(name) for name in names]
    return [part for part in parts if part is not None]


def named_windows(select: exp.Select, item: exp.Expr) -> list[exp.Expr]:
    """The WINDOW clause, where an item counts over windows."""
    if not item.find(exp.Window):
        return []
    return select.args.get("windows") or []


def is_one_row(query: exp.Query) -> bool:
    """Whether it sums up everything: such a SELECT has one row whatever it is made of."""
    if query.args.get("group"):
        return False
    if not any(item.find(exp.AggFunc) for item in query.selects):
        return False
    return not any(item.find(exp.Window) for item in query.selects)


def joins_that_count(select: exp.Select, used: set[str]) -> list[exp.Join]:
    """Joins whose condition matters to a value: inner ones, and left ones where the value uses their table.

    The condition of a FULL JOIN drops no row of either side.
    """
    joins = []
    for join in select.args.get("joins") or []:
        is_used = not join.side or join.alias_or_name in used
        if join.side != "FULL" and is_used:
            joins.append(join)
    return joins


def row_givers(select: exp.Select, used: set[str]) -> list[str]:
    """Sources whose rows decide how many rows there are. In a FULL JOIN none does so alone."""
    joins = select.args.get("joins") or []
    inner = [join.alias_or_name for join in joins if not join.side]
    first = first_source(select)
    if first not in used and any(join.side == "FULL" for join in joins):
        return inner
    return [first, *inner]
