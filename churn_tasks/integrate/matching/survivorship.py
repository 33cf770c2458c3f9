"""One row a person from the rows of its lines: a rule for each field, and where each value came from (B5)."""

from functools import partial
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import SQL_TYPES, Column, Table
from churn_tasks.declared.own_file import merged
from churn_tasks.declared.sql_parts import (
    Columns,
    Name,
    Order,
    Relation,
    Value,
    union_all,
)

Rule = Literal[
    "primary_line",
    "most_recent",
    "most_frequent",
    "most_complete",
    "smallest",
    "largest",
]
LATEST = ("known_date DESC NULLS LAST", "customer_id")
PREFERRED: dict[Rule, tuple[str, ...]] = {
    "primary_line": ("is_primary DESC",),
    "most_recent": (),
    "most_frequent": ("how_often DESC",),
    "most_complete": ("length(value) DESC",),
    "smallest": ("value",),
    "largest": ("value DESC",),
}
OF_THE_PERSON = ("person_id", "primary_customer_id", "line_count", "known_line_count")
query = partial(composed, "matching")


def load_rules(settings: Settings, available: list[str]) -> dict[str, Rule]:
    """Field to rule, for the fields that the contract has.

    Raises:
        SettingsError: a rule or a field of the file does not exist.
    """
    file = "matching/survivorship.yaml"
    both = merged(INCLUDE / file, settings.profile_dir / file)
    try:
        rules = TypeAdapter(dict[str, Rule]).validate_python(both.content)
    except ValidationError as error:
        raise both.refused(error) from error
    return {name: rule for name, rule in rules.items() if name in available}


def records_of_persons_sql() -> str:
    """``match_source`` with person_id, is_primary and is_only (no other record is of that person)."""
    return query("records_of_persons")


def line_counts_sql() -> str:
    """How many lines each person of ``survivor_lines`` has; with the primary line."""
    return query("line_counts")


def chosen_sql(rules: dict[str, Rule], lines: str) -> str:
    """SELECT of person_id, field, value (as text), customer_id, known_date, rule and candidates, one row a value.

    Args:
        lines: relation with person_id, customer_id, known_date, is_primary, is_only (the person has one line here)
            and the fields.
    """
    return union_all(_field_sql(name, rule, lines) for name, rule in rules.items())


def _field_sql(name: str, rule: Rule, lines: str) -> str:
    """The query of one field, in brackets: its QUALIFY is its own."""
    select = query(
        "candidate_values",
        field=Name(name),
        field_name=Value(name),
        rule=Value(rule),
        best_first=Order.by(*PREFERRED[rule], *LATEST),
        lines=Relation(lines),
    )
    return f"({select})"


def customer_sql(table: Table, rules: dict[str, Rule], chosen: str, counts: str) -> str:
    """SELECT of the table ``customer``.

    Args:
        chosen: relation made from :func:`chosen_sql`.
        counts: relation with person_id, primary_customer_id, line_count and known_line_count.
    """
    fields = {}
    for column in table.columns:
        if column.name not in OF_THE_PERSON:
            fields[column.name] = _chosen_value(column, rules)
    return query(
        "integrated_customers",
        chosen=Relation(chosen),
        counts=Relation(counts),
        fields=Columns.of_texts(fields),
    )


def _chosen_value(column: Column, rules: dict[str, Rule]) -> str:
    """The value that was chosen, in the column's own type; NULL for a field that the contract does not have."""
    value = "NULL"
    if column.name in rules:
        value = f"max(value) FILTER (WHERE field = {literal(column.name)})"
    return f"CAST({value} AS {SQL_TYPES[column.type]})"


def source_sql(chosen: str, source: str) -> str:
    """SELECT of the table ``customer_source``; it repeats no value."""
    return query("value_sources", chosen=Relation(chosen), source=Value(source))
