"""What an expression over UNION ALL takes from one of its branches, told by the constants that mark them.

``given`` is what the branch puts into each column of the union, ``codes`` the closed lists of values of its table.
"""

from sqlglot import exp


def columns_of(part: exp.Expr) -> list[exp.Column]:
    """Columns of an expression that its value depends on.

    Those of subqueries in it are left out, and so is the order in which ``row_number()`` counts: it only settles which
    of several rows comes first, and a column that is missing leaves that to the others.
    """
    nodes = part.walk(
        prune=lambda node: isinstance(node, exp.Query) or _settles_ties(node)
    )
    return [node for node in nodes if isinstance(node, exp.Column)]


def _settles_ties(node: exp.Expr) -> bool:
    window = node.parent
    return (
        isinstance(node, exp.Order)
        and isinstance(window, exp.Window)
        and isinstance(window.this, exp.RowNumber)
    )


def taken_parts(
    item: exp.Expr, given: dict[str, exp.Expr], codes: dict[str, tuple[str, ...]]
) -> list[exp.Expr] | None:
    """The parts of an expression that read this branch; None when every aggregate in it filters the branch out."""
    filters = list(item.find_all(exp.Filter))
    if not filters:
        return [item]
    parts: list[exp.Expr] = []
    for one in filters:
        kept = remaining(one.expression.this, given, codes)
        if kept is not None:
            parts += [one.this, *kept]
    outside = [
        column for column in columns_of(item) if not column.find_ancestor(exp.Filter)
    ]
    return [*parts, *outside] if parts or outside else None


def remaining(
    condition: exp.Expr, given: dict[str, exp.Expr], codes: dict[str, tuple[str, ...]]
) -> list[exp.Expr] | None:
    """The conjuncts that depend on the row; None when one of them can never hold in this branch."""
    conjuncts = (
        list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    )
    kept = []
    for conjunct in conjuncts:
        verdicts = _verdicts(conjunct, given, codes)
        if verdicts == {False}:
            return None
        if verdicts != {True}:
            kept.append(conjunct)
    return kept


def _verdicts(
    conjunct: exp.Expr, given: dict[str, exp.Expr], codes: dict[str, tuple[str, ...]]
) -> set[bool]:
    """What a conjunct can come to, both where that is not known."""
    column = conjunct if isinstance(conjunct, exp.Column) else conjunct.this
    values = (
        _constants(given[column.name], codes)
        if isinstance(column, exp.Column)
        else None
    )
    if values is None:
        return {True, False}
    if isinstance(conjunct, exp.Column):
        return {value is True for value in values}
    if isinstance(conjunct, (exp.EQ, exp.Like)) and isinstance(
        conjunct.expression, exp.Literal
    ):
        pattern = conjunct.expression.name
        return {
            _matches(value, pattern, like=isinstance(conjunct, exp.Like))
            for value in values
        }
    return {True, False}


def _matches(value: object, pattern: str, *, like: bool) -> bool:
    if not like:
        return value == pattern
    if not pattern.startswith("%") or "%" in pattern[1:] or "_" in pattern:
        raise ValueError(f"LIKE {pattern!r}: only %ending is understood")
    return isinstance(value, str) and value.endswith(pattern[1:])


def _constants(
    expression: exp.Expr, codes: dict[str, tuple[str, ...]]
) -> set[object] | None:
    """Every value that an expression can have, None where that is not known."""
    inner = expression.unalias()
    if isinstance(inner, exp.Literal):
        return {inner.name}
    if isinstance(inner, exp.Boolean):
        return {bool(inner.this)}
    if isinstance(inner, exp.Null):
        return {None}
    if isinstance(inner, exp.Column):
        return set(codes[inner.name]) if inner.name in codes else None
    if isinstance(inner, exp.Case):
        results = [one.args["true"] for one in inner.args["ifs"]] + [
            inner.args.get("default") or exp.Null()
        ]
        known = [_constants(result, codes) for result in results]
        return (
            None
            if None in known
            else {value for values in known if values is not None for value in values}
        )
    return None
