"""Declarations as the profile's currency makes them: units, costs, and limits of what is absurd.

What ships is written in yuan, and columns keep their names (``amount_cny``) in every currency. An amount is absurd
beyond the limit of its contract and a hundred times what is usual in the month: who bills companies, or has not said
the currency, sends amounts that are all large, and a typing error is one among others.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from churn_tasks.core.currency import NO_MONEY, YUAN, Currency
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.naming import not_among
from churn_tasks.declared.columns import Column
from churn_tasks.declared.contracts import Contracts, RawTable, Table
from churn_tasks.declared.figures import Figure
from churn_tasks.declared.row_rules import Rule

TIMES_USUAL = 100
Declared = TypeVar("Declared", bound=Table)


def unit_in(unit: str, money: Currency) -> str:
    """A unit as the profile counts it.

    >>> from churn_tasks.core.currency import currency
    >>> unit_in("CNY a month", currency("RUB")), unit_in("min", currency("RUB")), unit_in("CNY", currency("none"))
    ('RUB a month', 'min', '')
    """
    if YUAN not in unit:
        return unit
    if money.code == NO_MONEY:
        return ""
    return unit.replace(YUAN, money.code)


def in_currency(table: Declared, money: Currency) -> Declared:
    """A declaration with the units of its columns in the profile's currency."""
    if money.code == YUAN:
        return table
    columns = tuple(_column(column, money) for column in table.columns)
    return _changed(table, columns=columns)


def figures_in_currency(
    figures: Iterable[Figure], money: Currency
) -> tuple[Figure, ...]:
    """Costs that ship in yuan, as about so much of the profile's currency."""
    return tuple(_cost(figure, money) for figure in figures)


def _cost(figure: Figure, money: Currency) -> Figure:
    if YUAN not in figure.unit or money.code == YUAN:
        return figure
    value, unit = figure.value * money.per_yuan, unit_in(figure.unit, money)
    return figure.model_copy(update={"value": value, "unit": unit})


def in_money_of(
    table: RawTable, money: Currency, given: Mapping[str, float]
) -> RawTable:
    """A contract with its units and limits in the profile's currency.

    Args:
        given: limits that the profile states itself, in its currency, as ``<table>.<rule>``.
    """
    if not any(rule.most for rule in table.rules):
        return in_currency(table, money)
    rules = tuple(_rule(rule, table.table, money, given) for rule in table.rules)
    return _changed(in_currency(table, money), rules=rules)


def refuse_unknown_limits(given: Iterable[str], contracts: Contracts) -> None:
    """Refuse limits that no contract has.

    Raises:
        SettingsError: naming them, and those that there are.
    """
    known = sorted(_limit_names(contracts))
    if unknown := not_among(given, known):
        raise SettingsError(
            f"limits: no contract has {', '.join(unknown)}; there are {', '.join(known)}"
        )


def _limit_names(contracts: Contracts) -> Iterator[str]:
    """Every limit that a profile can state, as ``<table>.<rule>``."""
    for table in contracts.values():
        for rule in table.rules:
            if rule.most:
                yield f"{table.table}.{rule.name}"


def limited_column(table: RawTable) -> str | None:
    """The column of a table whose amounts have a limit."""
    for rule in table.rules:
        for column in rule.most:
            return column
    return None


def usual_name(table: str) -> str:
    """The variable of a DuckDB session that holds what is usual in a table of the month; nobody need set it."""
    return f"usual_amount_of_{table}"


def _rule(rule: Rule, table: str, money: Currency, given: Mapping[str, float]) -> Rule:
    """The rule with the profile's limit. One that the profile states holds alone, whatever is usual."""
    if not rule.most:
        return rule
    ((_, yuan),) = rule.most.items()
    stated = given.get(f"{table}.{rule.name}")
    if stated is not None:
        en, zh = _amount(stated, money)
        return _limited(rule, yuan, f"{stated:.15g}", en, zh)
    limit = money.limit(yuan)
    en, zh = _amount(limit, money)
    usual = f"{TIMES_USUAL} * getvariable('{usual_name(table)}')"
    return _limited(
        rule,
        yuan,
        f"greatest({limit:.15g}, {usual})",
        f"{en} and {TIMES_USUAL} times what is usual in the month",
        f"{zh}且超过当月常见金额的 {TIMES_USUAL} 倍",
    )


def _limited(rule: Rule, yuan: float, sql: str, en: str, zh: str) -> Rule:
    """The rule with another limit in the place of the number in yuan, and of ``{limit}`` in its texts."""
    number = rf"(?<![\w.]){yuan:.15g}(?![\w.])"
    changed = {
        "reject_when": re.sub(number, sql, rule.reject_when),
        "en": rule.en.replace("{limit}", en),
        "zh": rule.zh.replace("{limit}", zh),
    }
    return rule.model_copy(update=changed)


def _amount(limit: float, money: Currency) -> tuple[str, str]:
    """An amount as it is written in English and in Chinese."""
    number = f"{limit:,.15g}"
    return f"{number} {unit_in(YUAN, money)}".strip(), f"{number} {money.zh}".strip()


def _column(column: Column, money: Currency) -> Column:
    if YUAN not in column.unit:
        return column
    return column.model_copy(update={"unit": unit_in(column.unit, money)})


def _changed(table: Declared, **fields: object) -> Declared:
    """The declaration anew, since its copy would keep what was derived from the old fields."""
    stated = {name: getattr(table, name) for name in type(table).model_fields}
    return type(table)(**stated | fields)
