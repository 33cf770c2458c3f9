"""A SELECT over files that stops at a value it cannot read, made to go on without the rows that hold one.

``CAST(day AS DATE)`` stops at the first ``2024-02-30``. Where a SELECT gives each row for itself, each of its
expressions is asked for NULL inside ``TRY``: it says NULL where the expression raised an error, which NULL values do
not. The rows in which one did are set aside; the others are what the SELECT says.

DuckDB 2.0.0 takes an expression that stands twice out of ``TRY``, and raises its error after all: whoever asks must
have ``WITHOUT`` among the ``disabled_optimizers``.
"""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from churn_tasks.declared.row_by_row import WEIGHS_ROWS

WITHOUT = "common_subexpressions"
FAILED, ROW = "column that failed", "row that failed"
PLAIN = (exp.Star, exp.Column, exp.Literal)  # what is read as it stands


@dataclass(frozen=True)
class Guarded:
    """A SELECT that passes over the rows that it cannot read.

    Attributes:
        sql: the SELECT.
        unreadable: gives the rows passed over: ``FAILED``, the column that could not be read (empty for the WHERE), and
            ``ROW``, the row of the first relation.
        relation: that relation.
    """

    sql: str
    unreadable: str
    relation: str


def guarded(sql: str, relations: set[str]) -> list[Guarded]:
    """The SELECT guarded in each of its parts that may stop at a value, the innermost first; none if it weighs rows.

    >>> (way,) = guarded("SELECT CAST(day AS DATE) AS d FROM t WHERE id > 1", {"t"})
    >>> way.sql.partition(" AND ")[0]
    'SELECT TRY(CAST(day AS DATE)) AS "d" FROM t WHERE TRY(id > 1)'
    >>> guarded("SELECT max(day) AS d FROM t", {"t"})
    []
    """
    try:
        whole = sqlglot.parse_one(sql, dialect="duckdb")
    except SqlglotError:
        return []
    read = [table.name.lower() for table in whole.find_all(exp.Table)]
    first = next((name for name in read if name in relations), None)
    if first is None or _weighs_rows(_counted(whole)):
        return []
    ways: list[Guarded] = []
    for place in range(len(list(whole.find_all(exp.Select)))):
        way = _guarded_part(whole.copy(), place, first)
        if way:
            ways.insert(0, way)
    return ways


def _counted(whole: exp.Expr) -> exp.Expr:
    """What stands in ``SELECT count(*) FROM (...)``; any other SELECT itself."""
    inner = whole.find(exp.Subquery)
    if not isinstance(whole, exp.Select) or inner is None:
        return whole
    asked = [expression.unalias() for expression in whole.expressions]
    is_count = len(asked) == 1 and isinstance(asked[0], exp.Count)
    return inner.this if is_count else whole


def _weighs_rows(whole: exp.Expr) -> bool:
    return whole.find(*WEIGHS_ROWS, exp.SetOperation) is not None


def _guarded_part(whole: exp.Expr, place: int, relation: str) -> Guarded | None:
    """The SELECT with one of its parts guarded, counted from the outermost; None where that cannot fail."""
    part = list(whole.find_all(exp.Select))[place]
    origin = part.args.get("from_") or part.args.get("from")
    if origin is None or any(map(_holds_select, part.expressions)):
        return None
    failed = _failed(part)
    if failed is None:
        return None
    told = _unreadable(part, failed, origin.this.alias_or_name)
    _guard(part, failed)
    ctes = _with(whole)
    return Guarded(whole.sql(dialect="duckdb"), f"{ctes}{told}", relation)


def _holds_select(expression: exp.Expr) -> bool:
    return expression.find(exp.Select) is not None


def _with(whole: exp.Expr) -> str:
    """The CTEs of the whole, which a part may read."""
    ctes = whole.args.get("with_") or whole.args.get("with")
    return f"{ctes.sql(dialect='duckdb')} " if ctes else ""


def _failed(select: exp.Select) -> exp.Case | None:
    """The name of the first column that cannot be read in a row; NULL where all can."""
    conditions: list[tuple[str, exp.Expr]] = []
    for expression in select.expressions:
        value = expression.unalias()
        if isinstance(value, PLAIN):
            continue
        if not expression.alias:
            return None
        conditions.append((expression.alias, value))
    where = select.args.get("where")
    if where:
        conditions.insert(0, ("", where.this))
    case = exp.Case()
    for name, value in conditions:
        case = case.when(_raises(value), exp.Literal.string(name))
    return case if conditions else None


def _raises(value: exp.Expr) -> exp.Expr:
    is_null = exp.Is(this=exp.Paren(this=value.copy()), expression=exp.Null())
    return exp.Is(this=_tried(is_null), expression=exp.Null())


def _tried(value: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="TRY", expressions=[value])


def _tried_values(select: exp.Select) -> list[exp.Expr]:
    """The expressions, of which each gives NULL where it cannot be read."""
    tried = []
    for expression in select.expressions:
        value = expression.unalias()
        name = expression.alias_or_name
        if isinstance(value, PLAIN):
            tried.append(expression.copy())
        else:
            tried.append(exp.alias_(_tried(value.copy()), name, quoted=True))
    return tried


def _unreadable(select: exp.Select, failed: exp.Case, first: str) -> str:
    """Conditions may name columns of the SELECT itself, so that these have to stand beside them."""
    rows = select.copy()
    reason = exp.alias_(failed.copy(), FAILED, quoted=True)
    row = exp.alias_(exp.column(first, quoted=True), ROW, quoted=True)
    rows.set("expressions", [*_tried_values(select), reason, row])
    rows.set("where", None)
    rows.set("order", None)
    inner = rows.sql(dialect="duckdb")
    return f'SELECT "{FAILED}", "{ROW}" FROM ({inner}) AS looked_at WHERE "{FAILED}" IS NOT NULL'


def _guard(select: exp.Select, failed: exp.Case) -> None:
    select.set("expressions", _tried_values(select))
    readable: exp.Expr = exp.Is(this=failed.copy(), expression=exp.Null())
    where = select.args.get("where")
    if where:
        readable = exp.And(this=_tried(where.this.copy()), expression=readable)
    select.set("where", exp.Where(this=readable))
