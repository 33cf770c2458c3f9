"""From a raw partition to ``standard_<table>``: everything is looked at once, then the view is made."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.standardise.commas import undecided, undeclared_numbers
from churn_tasks.integrate.standardise.lookup import (
    fields_of,
    forms_wanted,
    make_lookups,
)
from churn_tasks.integrate.standardise.reading import Delivery
from churn_tasks.integrate.standardise.reversals import with_reversals
from churn_tasks.integrate.standardise.view import (
    COMMA,
    MACROS,
    SHORTENED,
    SPACED,
    StandardView,
    probe_sql,
)

if TYPE_CHECKING:
    import duckdb


def make_macros(connection: "duckdb.DuckDBPyConnection") -> None:
    """Make the macros that every ``standard_<table>`` of a connection reads with."""
    connection.execute(MACROS.read_text(encoding="utf-8"))


def prepare_standard(
    connection: "duckdb.DuckDBPyConnection",
    table: RawTable,
    rows: str,
    settings: Settings,
    declared: Mapping[str, Standard],
) -> StandardView:
    """Make the tables of spellings and the temporary view of one table and month.

    Args:
        connection: one that has the macros (:func:`make_macros`).
        rows: relation of the month's rows as delivered, with ``month``.
        declared: column to what the profile says of how it is delivered.
    """
    types = _types(connection, rows)
    wanted = forms_wanted(table, declared, set(types))
    make_lookups(connection, table, declared, rows, wanted, mapping_folders(settings))
    numbers = undeclared_numbers(table, types, declared)
    signs = _signs(connection, probe_sql(table, types, rows, numbers))
    with_commas = sorted(_with_sign(COMMA, signs))
    delivery = Delivery(
        types=types,
        spaced=_with_sign(SPACED, signs),
        undecided=undecided(connection, rows, with_commas),
        shortened=_with_sign(SHORTENED, signs),
        looked_up={name: fields_of(forms) for name, forms in wanted.items()},
        zone=settings.time_zone,
    )
    view = StandardView(table, rows, delivery, declared)
    sql = with_reversals(connection, table, view.sql())
    name = identifier(f"standard_{table.table}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS\n{sql}")
    return view


def days_view(
    connection: "duckdb.DuckDBPyConnection",
    table: RawTable,
    rows: str,
    settings: Settings,
) -> StandardView:
    """How the days are read on which something of the rows became known; every other column is empty there.

    Args:
        rows: relation of rows as delivered, with ``month``.
    """
    days = {}
    for name, kind in _types(connection, rows).items():
        if name in table.known_columns:
            days[name] = kind
    delivery = Delivery(types=days, zone=settings.time_zone)
    return StandardView(table, rows, delivery, declared_for(settings, table.table))


def _types(connection: "duckdb.DuckDBPyConnection", rows: str) -> dict[str, str]:
    """Column of a relation to its DuckDB type."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
    return {name: kind for name, kind, *_ in described}


def declared_for(settings: Settings, table: str) -> dict[str, Standard]:
    """Column to what the profile declares of it, for one table."""
    declared: dict[str, Standard] = {}
    for where, standard in settings.standardise.items():
        name, column = where.split(".", 1)
        if name == table:
            declared[column] = standard
    return declared


def mapping_folders(settings: Settings) -> list[Path]:
    """Where mapping tables lie: those that are shipped, then the profile's own."""
    return [INCLUDE / "mappings", settings.profile_dir / "mappings"]


def _signs(connection: "duckdb.DuckDBPyConnection", probe: str | None) -> list[str]:
    """The signs that some value of the month shows."""
    if probe is None:
        return []
    answer = connection.execute(probe)
    names = [column[0] for column in answer.description]
    (values,) = answer.fetchall()
    return [name for name, value in zip(names, values, strict=True) if value]


def _with_sign(sign: str, shown: list[str]) -> frozenset[str]:
    """The columns that show it."""
    return frozenset(name.removeprefix(sign) for name in shown if name.startswith(sign))
