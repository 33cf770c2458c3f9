"""What an expression over UNION ALL takes from one of its branches, told by the constants that mark them."""

from dataclasses import dataclass

from sqlglot import exp

from churn_tasks.declared.codes import Codes

Values = frozenset[object]
EITHER = frozenset({True, False})


def columns_of(part: exp.Expr) -> list[exp.Column]:
    """Columns of an expression that its value depends on.

    Those of subqueries in it are left out, and so is the order in which ``row_number()`` counts: it only settles which
    of several rows comes first, and a column that is missing leaves that to the others.
    """
    nodes = part.walk(prune=_is_apart)
    return [node for node in nodes if isinstance(node, exp.Column)]


def _is_apart(node: exp.Expr) -> bool:
    return isinstance(node, exp.Query) or _settles_ties(node)


def _settles_ties(node: exp.Expr) -> bool:
    window = node.parent
    if not isinstance(node, exp.Order) or not isinstance(window, exp.Window):
        return False
    return isinstance(window.this, exp.RowNumber)


@dataclass(frozen=True)
class Branch:
    """One SELECT of a UNION ALL.

    Attributes:
        given: what it puts into each column of the union.
        codes: the closed lists of values of its table.
    """

    given: dict[str, exp.Expr]
    codes: Codes

    def taken_parts(self, item: exp.Expr) -> list[exp.Expr] | None:
        """The parts of an expression that read this branch; None when every aggregate in it filters the branch out."""
        filtered = list(item.find_all(exp.Filter))
        if not filtered:
            return [item]
        parts: list[exp.Expr] = []
        for aggregate in filtered:
            kept = self.remaining(aggregate.expression.this)
            if kept is not None:
                parts += [aggregate.this, *kept]
        for column in columns_of(item):
            if not column.find_ancestor(exp.Filter):
                parts.append(column)
        return parts or None

    def remaining(self, condition: exp.Expr) -> list[exp.Expr] | None:
        """The conjuncts that depend on the row; None when one of them can never hold in this branch."""
        conjuncts = [condition]
        if isinstance(condition, exp.And):
            conjuncts = list(condition.flatten())
        kept = []
        for conjunct in conjuncts:
            outcomes = self._outcomes(conjunct)
            if outcomes == {False}:
                return None
            if outcomes != {True}:
                kept.append(conjunct)
        return kept

    def _outcomes(self, conjunct: exp.Expr) -> frozenset[bool]:
        """What a conjunct can come to, both where that is not known."""
        is_column = isinstance(conjunct, exp.Column)
        column = conjunct if is_column else conjunct.this
        if not isinstance(column, exp.Column):
            return EITHER
        values = self._constants(self.given[column.name])
        if values is None:
            return EITHER
        if is_column:
            return frozenset(value is True for value in values)
        return _compared(conjunct, values)

    def _constants(self, expression: exp.Expr) -> Values | None:
        """Every value that an expression can have, None where that is not known."""
        inner = expression.unalias()
        match inner:
            case exp.Literal():
                return frozenset({inner.name})
            case exp.Boolean():
                return frozenset({bool(inner.this)})
            case exp.Null():
                return frozenset({None})
            case exp.Column() if inner.name in self.codes:
                return frozenset(self.codes[inner.name])
            case exp.Case():
                return self._results(inner)
        return None

    def _results(self, case: exp.Case) -> Values | None:
        """Every value of a CASE; without ELSE it can be NULL."""
        otherwise = case.args.get("default") or exp.Null()
        results = [when.args["true"] for when in case.args["ifs"]]
        results.append(otherwise)
        values: Values = frozenset()
        for result in results:
            constants = self._constants(result)
            if constants is None:
                return None
            values |= constants
        return values


def _compared(comparison: exp.Expr, values: Values) -> frozenset[bool]:
    """What ``column = 'text'`` or ``column LIKE '%text'`` can come to where the column has one of some values."""
    wanted = comparison.args.get("expression")
    if not isinstance(wanted, exp.Literal):
        return EITHER
    if isinstance(comparison, exp.EQ):
        return frozenset(value == wanted.name for value in values)
    if isinstance(comparison, exp.Like):
        return frozenset(_ends_in(value, wanted.name) for value in values)
    return EITHER


def _ends_in(value: object, pattern: str) -> bool:
    """Whether a value is LIKE ``%ending``, the only pattern that is understood."""
    ending = pattern[1:]
    if not pattern.startswith("%") or "%" in ending or "_" in ending:
        raise ValueError(f"LIKE {pattern!r}: only %ending is understood")
    return isinstance(value, str) and value.endswith(ending)
