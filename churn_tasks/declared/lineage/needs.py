"""From a feature back to the columns that a source must deliver for it.

A value depends on the columns in its own expression, and on those that decide which rows it is made of: WHERE, GROUP
BY, HAVING, QUALIFY, and the conditions of joins whose table it uses. Three things keep the answer exact:

* a table joined by LEFT or FULL JOIN counts for the values that use it, and for no others;
* a SELECT without GROUP BY that only sums up has one row always, and ``row_number()`` orders only what is equal;
* a SELECT over UNION ALL is followed branch by branch. Where the branches are told apart by a constant (``'fault' AS
  kind``), a ``FILTER (WHERE kind = 'fault')`` takes nothing from the others.

Who is in the population is asked apart (:meth:`Lineage.population`): every feature needs it, so it tells nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from churn_tasks.declared.codes import allowed_codes
from churn_tasks.declared.contracts import SQL_TYPES, Column, RawTable
from churn_tasks.declared.lineage.branches import columns_of, remaining, taken_parts
from churn_tasks.declared.query import Query


class Leaf(NamedTuple):
    """A column of a contract."""

    table: str
    column: str


Needs = frozenset[Leaf]
NOTHING: Needs = frozenset()
# Tables of Python steps that queries read: the contract each is made from, and the optional columns it is made of.
MADE_OF: dict[str, tuple[str, tuple[str, ...]]] = {
    "customer_line": ("customer", ()),
    "month_complaint_text": ("complaint", ("complaint_text",)),
}
CONDITIONS = ("where", "group", "having", "qualify")


class Lineage:
    """Follows the columns of one choice of queries; each answer is computed once.

    Args:
        queries: of the families month, cohort and features, one for each table.
        raw: the contracts, by name.
    """

    def __init__(self, queries: Iterable[Query], raw: Mapping[str, RawTable]) -> None:
        self.made_by = {query.output.table: query for query in queries}
        self.raw = raw
        self._scopes: dict[str, Scope] = {}
        self._known: dict[tuple[str, str], Needs] = {}

    def of(self, table: str, column: str) -> Needs:
        """What one column of a table that a query makes depends on."""
        if (table, column) not in self._known:
            self._known[table, column] = self._select(self._scope(table), column)
        return self._known[table, column]

    def features(self) -> dict[str, Needs]:
        """Every feature with its needs, in catalogue order."""
        tables = [
            query.output
            for query in self.made_by.values()
            if query.family == "features"
        ]
        return {
            name: self.of(table.table, name)
            for table in tables
            for name in table.column_names
            if name not in table.key
        }

    def fits(self, table: str) -> bool:
        """Whether the tables below a query have the columns that it asks for; a profile's own may lack some."""
        try:
            self._scope(table)
        except OptimizeError:
            return False
        return True

    @cached_property
    def population(self) -> Needs:
        """What must be there for anybody to be a customer; optional reads of the cohort query do not count."""
        optional = set(self.made_by["cohort"].output.optional)
        without = Lineage(
            [query for name, query in self.made_by.items() if name not in optional],
            self.raw,
        )
        return without._rows_of_table("cohort")

    def _rows_of_table(self, table: str) -> Needs:
        return self._select(self._scope(table), None)

    @cached_property
    def _schema(self) -> dict[str, dict[str, str]]:
        tables: dict[str, tuple[Column, ...]] = {
            f"clean_{name}": table.columns for name, table in self.raw.items()
        }
        tables |= {name: query.output.columns for name, query in self.made_by.items()}
        return {
            name: {column.name: SQL_TYPES[column.type] for column in columns}
            | {"month": "DATE"}
            for name, columns in tables.items()
        }

    def _scope(self, table: str) -> Scope:
        if table not in self._scopes:
            query = self.made_by[table]
            tree = sqlglot.parse_one(query.sql, read="duckdb")
            read = (*query.output.reads, *query.output.optional)
            schema: dict[str, object] = {
                name: self._schema.get(
                    name, {"customer_id": "VARCHAR", "month": "DATE"}
                )
                for name in read
            }
            qualified = qualify(
                tree, schema=schema, dialect="duckdb", validate_qualify_columns=False
            )
            scope = build_scope(qualified)
            if scope is None:
                raise ValueError(f"{query.folder}: query.sql is not a SELECT")
            self._scopes[table] = scope
        return self._scopes[table]

    def _select(self, scope: Scope, column: str | None) -> Needs:
        """Needs of one output column of a scope, or of its rows alone."""
        if scope.set_operation_scopes:
            names = _query(scope).named_selects
            position = names.index(column) if column else None
            return NOTHING.union(
                *(self._branch(branch, position) for branch in _branches(scope))
            )
        select = _query(scope)
        item = (
            next((one for one in select.selects if one.alias_or_name == column), None)
            if column
            else None
        )
        return self._expression(scope, item)

    def _branch(self, branch: Scope, position: int | None) -> Needs:
        return self._expression(
            branch, None if position is None else _query(branch).selects[position]
        )

    def _expression(self, scope: Scope, item: exp.Expr | None) -> Needs:
        """Needs of an expression in a scope's SELECT, the choice of its rows included."""
        select = _query(scope)
        first = (
            select.args["from_"].this.alias_or_name if select.args.get("from_") else ""
        )
        union = scope.sources.get(first)
        if (
            isinstance(union, Scope)
            and union.set_operation_scopes
            and not select.args.get("joins")
        ):
            return NOTHING.union(
                *(
                    self._through(branch, union, select, item)
                    for branch in _branches(union)
                )
            )
        parts = [
            part
            for part in (item, *(select.args.get(name) for name in CONDITIONS))
            if part is not None
        ]
        if item is not None and item.find(exp.Window):
            parts += select.args.get("windows") or []
        columns = [column for part in parts for column in columns_of(part)]
        used = {column.table for column in columns}
        columns += [
            column
            for join in _joins(select, used)
            for column in self._conditions(scope, join)
        ]
        whole = [
            name for name in _row_givers(select, first, used) if name in scope.sources
        ]
        found = [self._column(scope, column) for column in columns]
        found += [self._rows(scope.sources[name]) for name in whole]
        found += [
            self._select(inner, name)
            for inner in scope.subquery_scopes
            for name in _query(inner).named_selects
        ]
        return NOTHING.union(*found)

    def _column(self, scope: Scope, column: exp.Column) -> Needs:
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            return self._table_column(source.name, column.name)
        if isinstance(source, Scope) and isinstance(source.expression, exp.Query):
            return self._select(source, column.name)
        return NOTHING  # unnest and the like read no table

    def _table_column(self, table: str, column: str) -> Needs:
        if column == "month" or table == "cohort":
            return NOTHING
        if table.startswith("clean_"):
            return frozenset({Leaf(table.removeprefix("clean_"), column)})
        return (
            self.of(table, column)
            if table in self.made_by
            else self._made_in_python(table)
        )

    def _made_in_python(self, table: str) -> Needs:
        """The required columns of the contract that the table is made from, and those it is made of."""
        raw, read = MADE_OF.get(table, ("", ()))
        columns = self.raw[raw].columns if raw in self.raw else ()
        return frozenset(
            Leaf(raw, column.name)
            for column in columns
            if column.required or column.name in read
        )

    def _rows(self, source: Any) -> Needs:
        if isinstance(source, exp.Table):
            made = source.name in self.made_by and source.name != "cohort"
            return self._rows_of_table(source.name) if made else NOTHING
        if not isinstance(source.expression, exp.Query) or _is_one_row(
            source.expression
        ):
            return NOTHING
        return self._select(source, None)

    def _conditions(self, scope: Scope, join: exp.Join) -> Iterator[exp.Column]:
        """Columns of a join's condition; the key of a table of the lake only says whose row it is."""
        for column in columns_of(join.args["on"]) if join.args.get("on") else ():
            source = scope.sources.get(column.table)
            made = (
                self.made_by.get(source.name) if isinstance(source, exp.Table) else None
            )
            if made is None or column.name not in made.output.key:
                yield column

    def _through(
        self, branch: Scope, union: Scope, select: exp.Select, item: exp.Expr | None
    ) -> Needs:
        """Needs of an expression over a UNION ALL, as far as one branch contributes to it."""
        names = _query(union).named_selects
        given = dict(zip(names, _query(branch).selects, strict=True))
        codes = self._codes(branch)
        where = select.args.get("where")
        kept = remaining(where.this, given, codes) if where else []
        if kept is None:
            return NOTHING
        wanted = [
            *kept,
            *(
                select.args[name]
                for name in ("group", "having", "qualify")
                if select.args.get(name)
            ),
        ]
        if item is not None:
            taken = taken_parts(item, given, codes)
            if taken is None:
                return NOTHING
            wanted += taken
        columns = {column.name for part in wanted for column in columns_of(part)}
        return self._expression(branch, None).union(
            *(self._expression(branch, given[name]) for name in columns)
        )

    def _codes(self, branch: Scope) -> dict[str, tuple[str, ...]]:
        tables = [
            source.name.removeprefix("clean_")
            for source in branch.sources.values()
            if isinstance(source, exp.Table)
        ]
        return (
            allowed_codes(self.raw[tables[0]])
            if len(tables) == 1 and tables[0] in self.raw
            else {}
        )


def _query(scope: Scope) -> Any:
    """The SELECT or UNION of a scope; sqlglot types it as any expression."""
    return scope.expression


def _is_one_row(query: exp.Query) -> bool:
    """Whether it sums up everything: such a SELECT has one row whatever it is made of."""
    return (
        not query.args.get("group")
        and any(item.find(exp.AggFunc) for item in query.selects)
        and not any(item.find(exp.Window) for item in query.selects)
    )


def _branches(scope: Scope) -> list[Scope]:
    """The SELECTs of a UNION, however it is nested."""
    return (
        [one for part in scope.set_operation_scopes for one in _branches(part)]
        if scope.set_operation_scopes
        else [scope]
    )


def _joins(select: exp.Select, used: set[str]) -> list[exp.Join]:
    """Joins whose condition matters to a value: inner ones, and left ones where the value uses their table.

    The condition of a FULL JOIN drops no row of either side.
    """
    joins = select.args.get("joins") or []
    return [
        join
        for join in joins
        if join.side != "FULL" and (not join.side or join.alias_or_name in used)
    ]


def _row_givers(select: exp.Select, first: str, used: set[str]) -> list[str]:
    """Sources whose rows decide how many rows there are. In a FULL JOIN none does so alone."""
    joins = select.args.get("joins") or []
    whole = (
        [first]
        if first and (first in used or not any(join.side == "FULL" for join in joins))
        else []
    )
    return whole + [join.alias_or_name for join in joins if not join.side]
