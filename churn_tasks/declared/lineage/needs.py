"""From a feature back to the columns that a source must deliver for it.

A value depends on the columns in its own expression, and on those that decide which rows it is made of: WHERE, GROUP
BY, HAVING, QUALIFY, and the conditions of joins whose table it uses. Three things keep the answer exact:

* a table joined by LEFT or FULL JOIN counts for the values that use it, and for no others;
* a SELECT without GROUP BY that only sums up has one row always, and ``row_number()`` orders only what is equal;
* a SELECT over UNION ALL is followed branch by branch. Where the branches are told apart by a constant (``'fault' AS
  kind``), a ``FILTER (WHERE kind = 'fault')`` takes nothing from the others.

Who is in the population is asked apart (:meth:`Lineage.population`): every feature needs it, so it tells nothing.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from churn_tasks.declared.codes import Codes, allowed_codes
from churn_tasks.declared.contracts import (
    SQL_TYPES,
    Column,
    Contracts,
    PipelineTables,
)
from churn_tasks.declared.lineage.branches import Branch, columns_of
from churn_tasks.declared.lineage.selects import (
    conditions,
    is_one_row,
    item_named,
    joins_that_count,
    named_windows,
    only_union,
    query_of,
    row_givers,
    selects_below,
)
from churn_tasks.declared.query import Query


class Leaf(NamedTuple):
    """A column of a contract."""

    table: str
    column: str


Needs = frozenset[Leaf]
NOTHING: Needs = frozenset()
Schema = dict[str, str]  # column to SQL type
UNDECLARED: Schema = {"customer_id": "VARCHAR", "month": "DATE"}


class Lineage:
    """Follows the columns of one choice of queries; each answer is computed once.

    Args:
        queries: of the families month, cohort and features, one for each table.
        raw: the contracts, by name.
        pipeline: the tables of Python steps, by name.
    """

    def __init__(
        self,
        queries: Iterable[Query],
        raw: Contracts,
        pipeline: PipelineTables,
    ) -> None:
        self.made_by = {query.output.table: query for query in queries}
        self.raw = raw
        self.pipeline = pipeline
        self._scopes: dict[str, Scope] = {}
        self._known: dict[tuple[str, str | None], Needs] = {}

    def of(self, table: str, column: str) -> Needs:
        """What one column of a table that a query makes depends on."""
        return self._of(table, column)

    def of_every_column(self, table: str) -> Needs:
        """What the columns that a table's SQL names depend on, keys aside; whose rows there are is asked apart."""
        needs: set[Leaf] = set()
        for scope in self._scope(table).traverse():
            for column in scope.columns:
                source = scope.sources.get(column.table)
                is_key = column.name in self._key(source)
                if isinstance(source, exp.Table) and not is_key:
                    needs |= self._table_column(source.name, column.name)
        return frozenset(needs)

    def features(self) -> dict[str, Needs]:
        """Every feature with its needs, in catalogue order."""
        needs = {}
        for query in self.made_by.values():
            if query.family == "features":
                table = query.output
                for name in table.column_names:
                    if name not in table.key:
                        needs[name] = self.of(table.table, name)
        return needs

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
        optional = self.made_by["cohort"].output.optional
        queries = [q for name, q in self.made_by.items() if name not in optional]
        required = Lineage(queries, self.raw, self.pipeline)
        return required._of("cohort", None)

    def _of(self, table: str, column: str | None) -> Needs:
        """Needs of one column of a table, or of its rows alone."""
        known = self._known.get((table, column))
        if known is None:
            known = self._select(self._scope(table), column)
            self._known[table, column] = known
        return known

    @cached_property
    def _schemas(self) -> dict[str, Schema]:
        """What SQL may ask of each contract and of each table that a query makes."""
        tables: dict[str, tuple[Column, ...]] = {}
        for name, contract in self.raw.items():
            tables[f"clean_{name}"] = contract.columns
        for name, query in self.made_by.items():
            tables[name] = query.output.columns
        return {name: _schema(columns) for name, columns in tables.items()}

    def _scope(self, table: str) -> Scope:
        if table not in self._scopes:
            self._scopes[table] = self._qualified(self.made_by[table])
        return self._scopes[table]

    def _qualified(self, query: Query) -> Scope:
        """The SQL of a query with every column under its table's name.

        Raises:
            OptimizeError: it asks for a column that is not there.
        """
        schema: dict[str, object] = {}
        for table in (*query.output.reads, *query.output.optional):
            schema[table] = self._schemas.get(table, UNDECLARED)
        tree = sqlglot.parse_one(query.sql, read="duckdb")
        qualified = qualify(
            tree, schema=schema, dialect="duckdb", validate_qualify_columns=False
        )
        scope = build_scope(qualified)
        if scope is None:
            raise ValueError(f"{query.folder}: query.sql is not a SELECT")
        return scope

    def _select(self, scope: Scope, column: str | None) -> Needs:
        """Needs of one output column of a scope, or of its rows alone."""
        query = query_of(scope)
        if not scope.set_operation_scopes:
            return self._expression(scope, item_named(query, column))
        needs: set[Leaf] = set()
        for branch in selects_below(scope):
            item = None
            if column:
                position = query.named_selects.index(column)
                item = query_of(branch).selects[position]
            needs |= self._expression(branch, item)
        return frozenset(needs)

    def _expression(self, scope: Scope, item: exp.Expr | None) -> Needs:
        """Needs of an expression in a scope's SELECT, the choice of its rows included."""
        union = only_union(scope)
        if union is not None:
            return self._over_union(union, query_of(scope), item)
        select = query_of(scope)
        columns = _deciding_columns(select, item)
        used = {column.table for column in columns}
        for join in joins_that_count(select, used):
            columns += self._condition(scope, join)
        needs: set[Leaf] = set()
        for column in columns:
            needs |= self._column(scope, column)
        for name in row_givers(select, used):
            needs |= self._rows(scope.sources.get(name))
        for inner in scope.subquery_scopes:
            for name in query_of(inner).named_selects:
                needs |= self._select(inner, name)
        return frozenset(needs)

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
        if table in self.made_by:
            return self.of(table, column)
        return self._made_in_python(table)

    def _made_in_python(self, table: str) -> Needs:
        """The required columns of the contracts that a table is made of, and those that it names."""
        if table not in self.pipeline:
            return NOTHING
        needs: set[Leaf] = set()
        for source, named in self.pipeline[table].made_of.items():
            if source in self.raw:
                columns = self.raw[source].columns
                names = [c.name for c in columns if c.required or c.name in named]
                needs.update(Leaf(source, name) for name in names)
        return frozenset(needs)

    def _rows(self, source: Any) -> Needs:
        """What decides which rows a source has."""
        if isinstance(source, exp.Table):
            if source.name in self.made_by and source.name != "cohort":
                return self._of(source.name, None)
            return NOTHING
        if not isinstance(source, Scope):
            return NOTHING
        query = query_of(source)
        if not isinstance(query, exp.Query) or is_one_row(query):
            return NOTHING
        return self._select(source, None)

    def _condition(self, scope: Scope, join: exp.Join) -> Iterator[exp.Column]:
        """Columns of a join's condition; the key of a table of the lake only says whose row it is."""
        condition = join.args.get("on")
        if condition is None:
            return
        for column in columns_of(condition):
            key = self._key(scope.sources.get(column.table))
            if column.name not in key:
                yield column

    def _key(self, source: Any) -> tuple[str, ...]:
        """The key of a table that a query makes; of anything else none."""
        if isinstance(source, exp.Table) and source.name in self.made_by:
            return self.made_by[source.name].output.key
        return ()

    def _over_union(
        self, union: Scope, select: exp.Select, item: exp.Expr | None
    ) -> Needs:
        """Needs of an expression over a UNION ALL: of each branch as far as it contributes."""
        needs: set[Leaf] = set()
        for scope in selects_below(union):
            names = query_of(union).named_selects
            given = dict(zip(names, query_of(scope).selects, strict=True))
            branch = Branch(given, self._codes(scope))
            wanted = _wanted(branch, select, item)
            if wanted is not None:
                needs |= self._expression(scope, None)
                for name in wanted:
                    needs |= self._expression(scope, given[name])
        return frozenset(needs)

    def _codes(self, scope: Scope) -> Codes:
        """The closed lists of values of the only contract that a SELECT reads."""
        sources = scope.sources.values()
        tables = [source.name for source in sources if isinstance(source, exp.Table)]
        if len(tables) != 1:
            return {}
        name = tables[0].removeprefix("clean_")
        contract = self.raw.get(name)
        if contract is None:
            return {}
        return allowed_codes(contract)


def _schema(columns: Iterable[Column]) -> Schema:
    schema = {column.name: SQL_TYPES[column.type] for column in columns}
    return {**schema, "month": "DATE"}


def _deciding_columns(select: exp.Select, item: exp.Expr | None) -> list[exp.Column]:
    """Columns of a value, and of the conditions that choose the rows it is made of."""
    parts = conditions(select)
    if item is not None:
        parts += [item, *named_windows(select, item)]
    columns = []
    for part in parts:
        columns += columns_of(part)
    return columns


def _wanted(
    branch: Branch, select: exp.Select, item: exp.Expr | None
) -> set[str] | None:
    """Columns of a union that a SELECT over it reads of one branch; None where it takes nothing from it."""
    parts = conditions(select, ("group", "having", "qualify"))
    where = select.args.get("where")
    if where is not None:
        kept = branch.remaining(where.this)
        if kept is None:
            return None
        parts += kept
    if item is not None:
        taken = branch.taken_parts(item)
        if taken is None:
            return None
        parts += taken
    return {column.name for part in parts for column in columns_of(part)}
