"""Which columns the condition of a tier uses, and that it uses nothing but them, figures and words."""

from collections.abc import Iterable, Sequence

from churn_tasks.core.definition import Tier
from churn_tasks.core.errors import SettingsError


def tier_columns(tiers: Sequence[Tier], allowed: Iterable[str]) -> set[str]:
    """The columns that the conditions of all tiers ask for.

    Args:
        allowed: what is known of a customer at as_of.

    Raises:
        SettingsError: a condition is no condition, holds more than comparisons, or asks for something else.
    """
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    plain = (
        *(
            exp.And,
            exp.Or,
            exp.Not,
            exp.Paren,
            exp.EQ,
            exp.NEQ,
            exp.GT,
            exp.GTE,
            exp.LT,
            exp.LTE,
            exp.Is,
            exp.In,
        ),
        *(
            exp.Between,
            exp.Column,
            exp.Identifier,
            exp.Literal,
            exp.Null,
            exp.Boolean,
            exp.Neg,
            exp.Coalesce,
        ),
        *(exp.Add, exp.Sub, exp.Mul, exp.Div),
    )
    known, found = set(allowed), set()
    for tier in tiers:
        try:
            tree = parse_one(tier.when, read="duckdb")
        except SqlglotError as error:
            raise SettingsError(
                f"tier {tier.name}: when is no condition: {tier.when}"
            ) from error
        strange = sorted(
            {type(node).__name__ for node in tree.walk() if not isinstance(node, plain)}
        )
        if strange:
            raise SettingsError(
                f"tier {tier.name}: when may compare and combine, not use {', '.join(strange)}"
            )
        columns = {column.name for column in tree.find_all(exp.Column)}
        if not columns <= known:
            raise SettingsError(
                f"tier {tier.name}: nothing is known at as_of by the name {', '.join(sorted(columns - known))};"
                f" there are {', '.join(sorted(known))}"
            )
        found |= columns
    return found
