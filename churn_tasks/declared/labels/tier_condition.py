"""Which columns the condition of a tier uses, and that it uses nothing but them, figures and words."""

from collections.abc import Iterable, Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from churn_tasks.core.definition import Tier
from churn_tasks.core.errors import SettingsError

COMBINED = (exp.And, exp.Or, exp.Not, exp.Paren)
COMPARED = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Is, exp.In, exp.Between),
)
COMPUTED = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Coalesce)
VALUES = (exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean)
PLAIN = (*COMBINED, *COMPARED, *COMPUTED, *VALUES)


def tier_columns(tiers: Sequence[Tier], allowed: Iterable[str]) -> set[str]:
    """The columns that the conditions of all tiers ask for.

    Args:
        allowed: what is known of a customer at as_of.

    Raises:
        SettingsError: a condition is no condition, holds more than comparisons, or asks for something else.
    """
    known = set(allowed)
    asked: set[str] = set()
    for tier in tiers:
        columns = _columns(tier)
        unknown = sorted(columns - known)
        if unknown:
            raise SettingsError(
                f"tier {tier.name}: nothing is known at as_of by the name {', '.join(unknown)};"
                f" there are {', '.join(sorted(known))}"
            )
        asked |= columns
    return asked


def _columns(tier: Tier) -> set[str]:
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
    return {node.name for node in nodes if isinstance(node, exp.Column)}
