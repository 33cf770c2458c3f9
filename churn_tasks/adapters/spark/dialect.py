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

from churn_tasks.adapters.spark.constructs import refuse_strangers
from churn_tasks.adapters.spark.rules import FLOATING, RULES, is_date, kind_of
from churn_tasks.core.errors import BadInput

# table -> column -> type, in the words of DuckDB
Schema = Mapping[str, Mapping[str, str]]


def spark_sql(sql: str, parameters: Mapping[str, Any], tables: Schema) -> str:
    """The query for Spark, with the parameters in it as literals of their types.

    Args:
        sql: one SELECT in DuckDB's dialect.
        parameters: a value for every ``$name`` in it.
        tables: every table that it reads.

    Raises:
        BadInput: SQLGlot cannot read the query, a column is not in the tables, a parameter has no value, or the query
            says something of which it is not known that Spark gives the same rows.
    """
    try:
        tree = typed(sql, parameters, tables)
        refuse_strangers(tree)
        for node in reversed(list(tree.walk())):  # what is inside first
            rule = RULES.get(type(node))
            if rule is None:
                continue
            said = rule(node)
            if said is node:
                continue
            if node is tree:
                tree = said
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
    schema: dict[str, object] = {name: dict(types) for name, types in tables.items()}
    qualified = qualify(tree, schema=schema, dialect="duckdb", quote_identifiers=False)
    _join_chains(qualified)
    return annotate_types(
        qualified, schema=schema, dialect="duckdb", expression_metadata=_TYPES
    )


def _name_apart(tree: exp.Expr) -> None:
    """Give every inner ``WITH`` names of its own: for Spark, SQLGlot lifts them all to the top, where they meet."""
    clauses = reversed(list(tree.find_all(exp.With)))
    inner = [clause for clause in clauses if clause.parent is not tree]
    # innermost first, so that what an outer clause renames is its own
    for number, clause in enumerate(inner):
        for each in clause.expressions:
            new = f"{each.alias}_{number}_inner"
            if clause.parent:
                _rename_table(clause.parent, each.alias, new)
            each.args["alias"].set("this", exp.to_identifier(new))


def _rename_table(select: exp.Expr, name: str, new: str) -> None:
    """Read a ``WITH`` by its new name; what calls it by the old one finds that as its alias."""
    for table in select.find_all(exp.Table):
        if table.name == name and not table.db:
            alias = table.args.get("alias")
            if alias is None:
                alias = exp.TableAlias(this=exp.to_identifier(name))
            table.set("alias", alias)
            table.set("this", exp.to_identifier(new))


def _mark_chains(tree: exp.Expr) -> None:
    """Note at every ``JOIN ... USING (k)`` which sources had ``k`` joined before it, while USING still says so."""
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_")
        first = [source.this.alias_or_name] if source else []
        joined: dict[str, list[str]] = {}
        for join in select.args.get("joins") or ():
            for key in join.args.get("using") or ():
                before = joined.setdefault(key.name, list(first))
                join.meta.setdefault("before", {})[key.name] = list(before)
                before.append(join.alias_or_name)


def _join_chains(tree: exp.Expr) -> None:
    """Join on what any source before has: SQLGlot asks the first alone, which is NULL for who is not in it."""
    for join in tree.find_all(exp.Join):
        before = join.meta.get("before", {})
        if not any(len(sources) > 1 for sources in before.values()):
            continue
        for equal in list(join.args["on"].find_all(exp.EQ)):
            if isinstance(equal.this, exp.Column):
                name = equal.this.name
                sources = before.get(name, [])
                if len(sources) > 1:
                    columns = [exp.column(name, table=source) for source in sources]
                    equal.set("this", exp.func("COALESCE", *columns))


def literal(value: object) -> exp.Expr:
    """A value of Python as a literal of its SQL type; what is text is quoted by SQLGlot, never pasted."""
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, (list, tuple)):
        return exp.Array(expressions=[literal(one) for one in value])
    if isinstance(value, date):
        return _dated(value)
    if isinstance(value, float):
        return _cast_text(str(value), "DOUBLE")
    if isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        return _cast_text(str(value), f"DECIMAL(38, {places})")
    if isinstance(value, int):
        return exp.Literal.number(value)
    return exp.Literal.string(str(value))


def _dated(value: date) -> exp.Expr:
    if isinstance(value, datetime):
        return _cast_text(value.isoformat(sep=" "), "TIMESTAMP")
    return _cast_text(str(value), "DATE")


def _cast_text(text: str, kind: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), kind, dialect="duckdb")


def _difference(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """DuckDB counts days between two dates; SQLGlot would call the difference a date."""
    if is_date(node.this) and is_date(node.expression):
        return annotator._set_type(node, exp.DType.BIGINT)
    return _arithmetic(annotator, node)


def _arithmetic(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """What is made with a DOUBLE is a DOUBLE; SQLGlot would call it a DECIMAL where the other is one."""
    if {kind_of(node.this), kind_of(node.expression)} & FLOATING:
        return annotator._set_type(node, exp.DType.DOUBLE)
    return DuckDB.EXPRESSION_METADATA[type(node)]["annotator"](annotator, node)


def _quotient(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """DuckDB's ``/`` gives a DOUBLE, whatever it divides."""
    return annotator._set_type(node, exp.DType.DOUBLE)


def _number(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """``0.95`` is a DECIMAL to both engines; SQLGlot would call it a DOUBLE."""
    if isinstance(node, exp.Literal) and not node.is_string:
        has_point, has_power = "." in node.name, "e" in node.name.lower()
        if has_point and not has_power:
            return annotator._set_type(node, exp.DType.DECIMAL)
    return DuckDB.EXPRESSION_METADATA[exp.Literal]["annotator"](annotator, node)


def _of_its_argument(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """A rounded DECIMAL is a DECIMAL; SQLGlot would call it a DOUBLE."""
    return annotator._set_type(node, node.this.type)


def _text(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    return annotator._set_type(node, exp.DType.VARCHAR)


_TYPES = {
    **DuckDB.EXPRESSION_METADATA,
    exp.Sub: {"annotator": _difference},
    exp.Add: {"annotator": _arithmetic},
    exp.Mul: {"annotator": _arithmetic},
    exp.Div: {"annotator": _quotient},
    exp.Literal: {"annotator": _number},
    exp.Round: {"annotator": _of_its_argument},
    exp.Floor: {"annotator": _of_its_argument},
    exp.Ceil: {"annotator": _of_its_argument},
    exp.Left: {"annotator": _text},
    exp.Right: {"annotator": _text},
    exp.Replace: {"annotator": _text},
    exp.Pad: {"annotator": _text},
}
