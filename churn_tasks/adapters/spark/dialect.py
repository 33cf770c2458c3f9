"""One SQL, two engines: the text of a query, written for DuckDB, as text for Spark that gives the same rows.

SQLGlot carries the grammar over. Where the same words mean something else on Spark (``/``, ``CAST``, ``date_diff``,
``dayofweek`` ...), ``rules.py`` says it in other words; those rules need to know the type of every expression, so the
query is first bound, qualified and typed.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import TypeAnnotator, annotate_types
from sqlglot.optimizer.qualify import qualify

from churn_tasks.adapters.spark.rules import RULES, is_date
from churn_tasks.core.errors import BadInput

Schema = Mapping[
    str, Mapping[str, str]
]  # table -> column -> type, in the words of DuckDB


def spark_sql(sql: str, parameters: Mapping[str, Any], tables: Schema) -> str:
    """The query for Spark, with the parameters in it as literals of their types.

    Args:
        sql: one SELECT in DuckDB's dialect.
        parameters: a value for every ``$name`` in it.
        tables: every table that it reads.

    Raises:
        BadInput: SQLGlot cannot read the query, a column is not in the tables, or a parameter has no value.
    """
    try:
        tree = typed(sql, parameters, tables)
        for node in reversed(list(tree.walk())):  # what is inside first
            rule = RULES.get(type(node))
            said = rule(node) if rule else node
            if said is not node:
                tree = said if node is tree else tree
                node.replace(said)
    except SqlglotError as error:
        raise BadInput(f"cannot be carried over to Spark: {error}") from error
    return tree.sql(dialect="spark", comments=False)


def typed(sql: str, parameters: Mapping[str, Any], tables: Schema) -> exp.Expr:
    """The parsed query: parameters bound, every column with its table, every expression with DuckDB's type."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    for node in list(tree.find_all(exp.Parameter, exp.Placeholder)):
        name = node.name
        if name not in parameters:
            raise BadInput(f"the query asks for ${name}, which nobody gives")
        node.replace(literal(parameters[name]))
    _name_apart(tree)
    _mark_chains(tree)
    schema: dict[str, object] = {
        table: dict(columns) for table, columns in tables.items()
    }
    qualified = qualify(tree, schema=schema, dialect="duckdb", quote_identifiers=False)
    _join_chains(qualified)
    return annotate_types(
        qualified, schema=schema, dialect="duckdb", expression_metadata=_TYPES
    )


def _name_apart(tree: exp.Expr) -> None:
    """Give every inner ``WITH`` names of its own: for Spark, SQLGlot lifts them all to the top, where they meet."""
    inner = [
        clause
        for clause in reversed(list(tree.find_all(exp.With)))
        if clause.parent is not tree
    ]
    for number, clause in enumerate(
        inner
    ):  # innermost first, so that what an outer clause renames is its own
        for each in clause.expressions:
            name, new = each.alias, f"{each.alias}_{number}_inner"
            for table in clause.parent.find_all(exp.Table) if clause.parent else ():
                if table.name == name and not table.db:
                    table.set(
                        "alias",
                        table.args.get("alias")
                        or exp.TableAlias(this=exp.to_identifier(name)),
                    )
                    table.set("this", exp.to_identifier(new))
            each.args["alias"].set("this", exp.to_identifier(new))


def _mark_chains(tree: exp.Expr) -> None:
    """Note at every ``JOIN ... USING (k)`` which sources had ``k`` joined before it, while USING still says so."""
    for select in tree.find_all(exp.Select):
        source, joined = select.args.get("from_"), dict[str, list[str]]()
        for join in select.args.get("joins") or ():
            for key in join.args.get("using") or ():
                before = joined.setdefault(
                    key.name, [source.this.alias_or_name] if source else []
                )
                join.meta.setdefault("before", {})[key.name] = list(before)
                before.append(join.alias_or_name)


def _join_chains(tree: exp.Expr) -> None:
    """Join on what any source before has: SQLGlot asks the first alone, which is NULL for who is not in it."""
    for join in tree.find_all(exp.Join):
        chains = {
            name: sources
            for name, sources in join.meta.get("before", {}).items()
            if len(sources) > 1
        }
        for equal in list(join.args["on"].find_all(exp.EQ)) if chains else ():
            sources = chains.get(
                equal.this.name if isinstance(equal.this, exp.Column) else ""
            )
            if sources:
                equal.set(
                    "this",
                    exp.func(
                        "COALESCE",
                        *(exp.column(equal.this.name, table=one) for one in sources),
                    ),
                )


def literal(value: object) -> exp.Expr:
    """A value of Python as a literal of its SQL type; what is text is quoted by SQLGlot, never pasted."""
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, (list, tuple)):
        return exp.Array(expressions=[literal(one) for one in value])
    kinds = {
        datetime: "TIMESTAMP",
        date: "DATE",
        float: "DOUBLE",
        Decimal: _decimal_type(value),
    }
    kind = next(
        (name for python, name in kinds.items() if isinstance(value, python)), None
    )
    if kind:
        text = value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
        return exp.cast(exp.Literal.string(text), kind, dialect="duckdb")
    if isinstance(value, int):
        return exp.Literal.number(value)
    return exp.Literal.string(str(value))


def _decimal_type(value: object) -> str:
    if not isinstance(value, Decimal):
        return "DECIMAL"
    return f"DECIMAL(38, {max(0, -int(value.as_tuple().exponent))})"


def _difference(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """DuckDB counts days between two dates; SQLGlot would call the difference a date."""
    if is_date(node.this) and is_date(node.expression):
        return annotator._set_type(node, exp.DType.BIGINT)
    return DuckDB.EXPRESSION_METADATA[exp.Sub]["annotator"](annotator, node)


def _quotient(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """DuckDB's ``/`` gives a DOUBLE, whatever it divides."""
    return annotator._set_type(node, exp.DType.DOUBLE)


def _number(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """``0.95`` is a DECIMAL to both engines; SQLGlot would call it a DOUBLE."""
    if (
        isinstance(node, exp.Literal)
        and not node.is_string
        and "." in node.name
        and "e" not in node.name.lower()
    ):
        return annotator._set_type(node, exp.DType.DECIMAL)
    return DuckDB.EXPRESSION_METADATA[exp.Literal]["annotator"](annotator, node)


_TYPES = {
    **DuckDB.EXPRESSION_METADATA,
    exp.Sub: {"annotator": _difference},
    exp.Div: {"annotator": _quotient},
    exp.Literal: {"annotator": _number},
}
