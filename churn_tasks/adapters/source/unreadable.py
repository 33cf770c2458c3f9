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
WEIGHING = ("group", "having", "qualify", "limit", "distinct")


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


def guarded(sql: str, relations: set[str]) -> Guarded | None:
    """The SELECT with its innermost part, which reads the relations, guarded; None where it weighs rows.

    >>> print(guarded("SELECT CAST(day AS DATE) AS d FROM t WHERE id > 1", {"t"}).sql)
    SELECT TRY(CAST(day AS DATE)) AS "d" FROM t WHERE TRY(id > 1) AND NOT TRY((CAST(day AS DATE)) IS NULL) IS NULL
    >>> guarded("SELECT max(day) AS d FROM t", {"t"}) is None
    True
    """
    try:
        whole = sqlglot.parse_one(sql, dialect="duckdb")
    except SqlglotError:
        return None
    inner = _reading(whole, relations)
    if inner is None or _weighs_rows(inner):
        return None
    failed = _failed(inner)
    if failed is None:
        return None
    first = inner.find(exp.Table)
    assert first is not None
    told = _unreadable(inner, failed, first.alias_or_name)
    _guard(inner, failed)
    return Guarded(whole.sql(dialect="duckdb"), told, first.name.lower())


def _reading(whole: exp.Expr, relations: set[str]) -> exp.Select | None:
    """The only SELECT that reads the relations, without any other below it."""
    selects = []
    for select in whole.find_all(exp.Select):
        read = {table.name.lower() for table in _own_tables(select)}
        if read & relations:
            selects.append(select)
    if len(selects) != 1 or selects[0].find(exp.Subquery, exp.Exists):
        return None
    return selects[0]


def _own_tables(select: exp.Select) -> list[exp.Table]:
    tables = []
    for table in select.find_all(exp.Table):
        if table.find_ancestor(exp.Select) is select:
            tables.append(table)
    return tables


def _weighs_rows(select: exp.Select) -> bool:
    if any(select.args.get(part) for part in WEIGHING):
        return True
    return select.find(*WEIGHS_ROWS) is not None


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
