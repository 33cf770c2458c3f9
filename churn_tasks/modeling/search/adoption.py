"""A found formula as a feature folder: readable SQL over features of the same month, and the YAML that declares it."""

import json
from collections.abc import Mapping
from typing import Any

from churn_tasks.modeling.search.formula import Formula, feature, joined, sql

# the customer in the declaration of every query
KEY = (
    "{name: customer_id, type: text, required: true, pii: quasi,"
    " en: Subscriber number of the source system, zh: 源系统中的用户编号}"
)
QUERY_SQL = """\
-- {formula}
-- {found_in}
SELECT
    cohort.customer_id,
    {value}
        AS {name}
FROM cohort
{joins}
WHERE cohort.month = $month
"""
JOIN = """\
LEFT JOIN {table} AS {alias}
    ON {alias}.customer_id = cohort.customer_id AND {alias}.month = $month"""
QUERY_YAML = """\
table: feat_{name}
key: [customer_id]
meaning: {{en: A combination of features that the search found, zh: 搜索得到的特征组合}}
params: [month]
reads: [cohort, {tables}]
columns:
  - {key}
  - {{name: {name}, type: double, unit: {unit}, family: {family}, group: {group}, expect: {expect},
     en: {en},
     zh: {zh}}}
"""


def query_sql(
    name: str, formula: Formula, tables: Mapping[str, str], found_in: str
) -> str:
    """``query.sql``: the formula over ``feat_*`` tables of the same month.

    Args:
        tables: each feature of the formula to the table that holds it.
        found_in: what to say of where it comes from.
    """

    def column(leaf: str) -> str:
        return f"CAST({_alias(tables[leaf])}.{leaf} AS DOUBLE)"

    joins = [
        JOIN.format(table=table, alias=_alias(table))
        for table in _read(formula, tables)
    ]
    return QUERY_SQL.format(
        formula=formula,
        found_in=found_in,
        value=sql(formula, column),
        name=name,
        joins="\n".join(joins),
    )


def query_yaml(
    name: str, formula: Formula, tables: Mapping[str, str], stated: Mapping[str, Any]
) -> str:
    """``query.yaml``.

    Args:
        stated: ``unit``, ``family``, ``group``, ``expect``, ``en`` and ``zh`` of the column.
    """
    return QUERY_YAML.format(
        name=name,
        tables=", ".join(_read(formula, tables)),
        key=KEY,
        unit=_quoted(stated["unit"]),
        family=stated["family"],
        group=stated["group"],
        expect=stated["expect"],
        en=_quoted(stated["en"]),
        zh=_quoted(stated["zh"]),
    )


def _read(formula: Formula, tables: Mapping[str, str]) -> list[str]:
    """The tables that hold its features, each once."""
    holding = [tables[leaf] for leaf in formula.leaves()]
    return list(dict.fromkeys(holding))


def _alias(table: str) -> str:
    return table.removeprefix("feat_")


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def read_back(given: Any) -> Formula:
    """A formula from the nested lists of :func:`nested`.

    >>> str(read_back(["/", ["-", "a", "b"], "c"]))
    '(a - b) / c'
    """
    if isinstance(given, str):
        return feature(given)
    sign, left, right = given
    return joined(sign, read_back(left), read_back(right))


def nested(formula: Formula) -> Any:
    """The formula as nested lists, as a file keeps it."""
    if formula.feature:
        return formula.feature
    return [formula.sign, *(nested(part) for part in formula.parts)]
