"""One row a person from the rows of its lines: a rule for each field, and where each value came from (B5)."""

from typing import Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.contracts import SQL_TYPES, Table

Rule = Literal[
    "primary_line",
    "most_recent",
    "most_frequent",
    "most_complete",
    "smallest",
    "largest",
]
LATEST = "known_date DESC NULLS LAST, customer_id"
ORDER: dict[Rule, str] = {
    "primary_line": f"is_primary DESC, {LATEST}",
    "most_recent": LATEST,
    "most_frequent": f"how_often DESC, {LATEST}",
    "most_complete": f"length(value) DESC, {LATEST}",
    "smallest": f"value, {LATEST}",
    "largest": f"value DESC, {LATEST}",
}


def load_rules(settings: Settings, available: list[str]) -> dict[str, Rule]:
    """Field to rule, for the fields that the contract has.

    Raises:
        SettingsError: a rule or a field of the file does not exist.
    """
    content: dict[str, object] = {}
    for file in (
        INCLUDE / "matching" / "survivorship.yaml",
        settings.profile_dir / "matching" / "survivorship.yaml",
    ):
        if file.is_file():
            content |= yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    try:
        rules = TypeAdapter(dict[str, Rule]).validate_python(content)
    except ValidationError as error:
        raise SettingsError(
            f"matching/survivorship.yaml, profile {settings.profile}: {error}"
        ) from error
    return {name: rule for name, rule in rules.items() if name in available}


def chosen_sql(rules: dict[str, Rule], lines: str) -> str:
    """SELECT of person_id, field, value (as text), customer_id, known_date, rule and candidates, one row a value.

    Args:
        lines: relation with person_id, customer_id, known_date, is_primary, is_only (the person has one line here)
            and the fields.
    """
    return " UNION ALL ".join(
        _field_sql(name, rule, lines) for name, rule in rules.items()
    )


def _field_sql(name: str, rule: Rule, lines: str) -> str:
    """A person of one line needs no choice; sorting those as well would be most of the work."""
    given = f'SELECT person_id, customer_id, known_date, is_primary, CAST("{name}" AS VARCHAR) AS value FROM {lines}'
    several = (
        "SELECT *, count(*) OVER (PARTITION BY person_id, value) AS how_often,"
        " count(DISTINCT value) OVER (PARTITION BY person_id) AS candidates"
        f' FROM ({given} WHERE NOT is_only AND "{name}" IS NOT NULL)'
    )
    columns = "value, customer_id, known_date"
    return (
        f"SELECT person_id, '{name}' AS field, {columns}, '{rule}' AS rule, 1 AS candidates"
        f' FROM ({given} WHERE is_only AND "{name}" IS NOT NULL)'
        f" UNION ALL SELECT person_id, '{name}', {columns}, '{rule}', candidates FROM ({several})"
        f" QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY {ORDER[rule]}) = 1"
    )


def customer_sql(table: Table, rules: dict[str, Rule], chosen: str, counts: str) -> str:
    """SELECT of the table ``customer``.

    Args:
        chosen: relation made from :func:`chosen_sql`.
        counts: relation with person_id, primary_customer_id, line_count and known_line_count.
    """
    types = {column.name: SQL_TYPES[column.type] for column in table.columns}
    own = ("person_id", "primary_customer_id", "line_count", "known_line_count")
    fields = [name for name in types if name not in own]
    shown = ", ".join(
        f"CAST(max(value) FILTER (WHERE field = '{name}') AS {types[name]}) AS {name}"
        if name in rules
        else f"CAST(NULL AS {types[name]}) AS {name}"
        for name in fields
    )
    counted = ", ".join(f"counted.{name}" for name in own)
    return (
        f"SELECT {counted}, {', '.join(f'field.{name}' for name in fields)} FROM {counts} AS counted"
        f" LEFT JOIN (SELECT person_id, {shown} FROM {chosen} GROUP BY person_id) AS field"
        " ON field.person_id = counted.person_id"
    )


def source_sql(chosen: str, source: str) -> str:
    """SELECT of the table ``customer_source``; it repeats no value."""
    return (
        f"SELECT person_id, field, '{source}' AS source_table, customer_id, known_date,"
        f" rule, candidates FROM {chosen}"
    )
