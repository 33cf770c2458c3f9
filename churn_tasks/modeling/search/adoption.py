"""A found formula as a feature folder: readable SQL over features of the same month, and the YAML that declares it."""

import json
from collections.abc import Mapping
from typing import Any

from churn_tasks.modeling.search.formula import Formula, feature, joined, sql, written

KEY = (
    "{name: customer_id, type: text, required: true, pii: quasi,"
    " en: Subscriber number of the source system, zh: 源系统中的用户编号}"
)


def query_sql(
    name: str, formula: Formula, tables: Mapping[str, str], found_in: str
) -> str:
    """``query.sql``: the formula over ``feat_*`` tables of the same month.

    Args:
        tables: each feature of the formula to the table that holds it.
        found_in: what to say of where it comes from.
    """
    aliases = {
        table: table.removeprefix("feat_")
        for table in dict.fromkeys(tables[leaf] for leaf in formula.leaves())
    }

    def column(leaf: str) -> str:
        return f"CAST({aliases[tables[leaf]]}.{leaf} AS DOUBLE)"

    joins = "\n".join(
        f"LEFT JOIN {table} AS {alias}\n    ON {alias}.customer_id = cohort.customer_id AND {alias}.month = $month"
        for table, alias in aliases.items()
    )
    return (
        f"-- {written(formula, str)}\n-- {found_in}\n"
        f"SELECT\n    cohort.customer_id,\n    {sql(formula, column)}\n        AS {name}\n"
        f"FROM cohort\n{joins}\nWHERE cohort.month = $month\n"
    )


def query_yaml(
    name: str, formula: Formula, tables: Mapping[str, str], stated: Mapping[str, Any]
) -> str:
    """``query.yaml``.

    Args:
        stated: ``unit``, ``family``, ``group``, ``expect``, ``en`` and ``zh`` of the column.
    """
    reads = ", ".join(
        ["cohort", *dict.fromkeys(tables[leaf] for leaf in formula.leaves())]
    )
    quoted = {
        key: json.dumps(str(stated[key]), ensure_ascii=False)
        for key in ("unit", "en", "zh")
    }
    return (
        f"table: feat_{name}\nkey: [customer_id]\n"
        "meaning: {en: A combination of features that the search found, zh: 搜索得到的特征组合}\n"
        f"params: [month]\nreads: [{reads}]\ncolumns:\n  - {KEY}\n"
        f"  - {{name: {name}, type: double, unit: {quoted['unit']}, family: {stated['family']},"
        f" group: {stated['group']}, expect: {stated['expect']},\n"
        f"     en: {quoted['en']},\n     zh: {quoted['zh']}}}\n"
    )


def read_back(given: Any) -> Formula:
    """A formula from the nested lists of :func:`kept`.

    >>> str(read_back(["/", ["-", "a", "b"], "c"]))
    '(a - b) / c'
    """
    if isinstance(given, str):
        return feature(given)
    sign, left, right = given
    return joined(sign, read_back(left), read_back(right))


def kept(formula: Formula) -> Any:
    """The formula as nested lists, as a file keeps it."""
    return formula.feature or [formula.sign, *(kept(part) for part in formula.parts)]
