"""Which columns the condition of a tier uses, and that it is one that can be judged of every customer.

It uses nothing but columns, figures and words. DuckDB is given it once, on one made-up row, when the settings are
read: what it would only say at the first month whose truth is in, it says then.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from churn_tasks.core.definition import Tier
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.columns import SQL_TYPES, ColumnType

COMBINED = (exp.And, exp.Or, exp.Not)
COMPARED = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Is, exp.In, exp.Between),
)
COMPUTED = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Coalesce)
VALUES = (exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean)
PLAIN = (*COMBINED, *COMPARED, *COMPUTED, *VALUES, exp.Paren)
NO_NUMBER = literal("no number, no day")  # DuckDB would read '120' as a number
Types = Mapping[str, ColumnType]  # by column


def tier_columns(tiers: Sequence[Tier], known: Types) -> set[str]:
    """The columns that the conditions of all tiers ask for.

    Args:
        known: what is known of a customer at as_of.

    Raises:
        SettingsError: a condition is no condition, holds more than comparisons, asks for something else, or compares
            what cannot be compared; naming the tier, and what it may say.
    """
    asked: set[str] = set()
    for tier in tiers:
        condition = _condition(tier)
        columns = {column.name for column in condition.find_all(exp.Column)}
        unknown = sorted(columns - set(known))
        if unknown:
            raise SettingsError(
                f"tier {tier.name}: nothing is known at as_of by the name {', '.join(unknown)};"
                f" there are {', '.join(sorted(known))}"
            )
        types = {name: known[name] for name in sorted(columns)}
        _refuse_numbers_as_truths(tier, condition, types)
        _refuse_unfit_values(tier, types)
        asked |= columns
    return asked


def _condition(tier: Tier) -> exp.Expr:
    """The condition in parts, each of them allowed."""
    try:
        condition = parse_one(tier.when, read="duckdb")
    except SqlglotError as error:
        raise SettingsError(
            f"tier {tier.name}: when is no condition: {tier.when}"
        ) from error
    nodes = list(condition.walk())
    strange = {type(node).__name__ for node in nodes if not isinstance(node, PLAIN)}
    if strange:
        raise SettingsError(
            f"tier {tier.name}: when may compare and combine, not use {', '.join(sorted(strange))}"
        )
    if any(node.comments for node in nodes):
        raise SettingsError(
            f"tier {tier.name}: when holds a comment: {tier.when}. Say it in meaning, or behind # of the file"
        )
    return condition


def _refuse_numbers_as_truths(tier: Tier, condition: exp.Expr, types: Types) -> None:
    """Refuse a number or a text where a yes or no belongs: DuckDB would count every number but 0 as a yes."""
    for truth in _where_truths_belong(condition):
        if not _is_truth(truth, types):
            raise _refusal(tier, types, f"{truth.sql()} is neither true nor false")


def _where_truths_belong(condition: exp.Expr) -> list[exp.Expr]:
    truths = [condition]
    for node in condition.find_all(*COMBINED, exp.Is):
        if isinstance(node, exp.Is):
            if isinstance(node.expression, exp.Boolean):
                truths.append(node.this)
            continue
        truths.append(node.this)
        if not isinstance(node, exp.Not):
            truths.append(node.expression)
    return truths


def _is_truth(part: exp.Expr, types: Types) -> bool:
    inner = part.unnest()
    if isinstance(inner, exp.Column):
        return types[inner.name] == "boolean"
    if isinstance(inner, exp.Coalesce):
        return all(_is_truth(each, types) for each in (inner.this, *inner.expressions))
    return isinstance(inner, (*COMBINED, *COMPARED, exp.Boolean))


def _refuse_unfit_values(tier: Tier, types: Types) -> None:
    """Refuse what cannot be compared, such as a text with a number."""
    # here, so that reading the DAGs does not import DuckDB
    import duckdb

    columns, values = ["one INTEGER"], ["1"]
    for name, kind in types.items():
        columns.append(f"{name} {SQL_TYPES[kind]}")
        values.append(NO_NUMBER if kind == "text" else "NULL")
    with duckdb.connect() as session:
        # a table: of constants DuckDB would work out the answer without reading every value
        session.execute(f"CREATE TABLE known ({', '.join(columns)})")
        session.execute(f"INSERT INTO known VALUES ({', '.join(values)})")
        try:
            session.execute(f"SELECT ({tier.when}) AS holds FROM known").fetchall()
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise _refusal(tier, types, said) from error


def _refusal(tier: Tier, types: Types, said: str) -> SettingsError:
    given = ", ".join(f"{name} ({kind})" for name, kind in types.items())
    about = f" Here: {given}" if given else ""
    return SettingsError(
        f"tier {tier.name}: when: {tier.when}: {said}. Allowed are comparisons of a column with values of its own type,"
        f" combined by AND, OR and NOT, and columns that are true or false.{about}"
    )
