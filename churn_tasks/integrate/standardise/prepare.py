"""From a raw partition to ``standard_<table>``: everything is looked at once, then the view is made."""

from pathlib import Path
from typing import TYPE_CHECKING

from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.standardise.lookup import (
    fields_of,
    forms_wanted,
    make_lookups,
)
from churn_tasks.integrate.standardise.reading import Delivery
from churn_tasks.integrate.standardise.view import (
    FORMULA,
    MACROS,
    SPACED,
    StandardView,
    probe_sql,
)

if TYPE_CHECKING:
    import duckdb


def prepare_standard(
    connection: "duckdb.DuckDBPyConnection",
    table: RawTable,
    rows: str,
    settings: Settings,
) -> StandardView:
    """Make the macros, the tables of spellings and the temporary view of one table and month.

    Args:
        rows: relation of the month's rows as delivered, with ``month``.
    """
    connection.execute(MACROS.read_text(encoding="utf-8"))
    described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    declared = declared_for(settings, table.table)
    wanted = forms_wanted(table, declared, set(types))
    make_lookups(connection, table, declared, rows, wanted, mapping_folders(settings))
    spaced, formulas = _probed(connection, table, types, rows)
    looked_up = {name: fields_of(forms) for name, forms in wanted.items()}
    delivery = Delivery(types, spaced, formulas, looked_up, settings.time_zone)
    view = StandardView(table, rows, delivery, declared)
    connection.execute(
        f'CREATE OR REPLACE TEMP VIEW "standard_{table.table}" AS {view.sql()}'
    )
    return view


def declared_for(settings: Settings, table: str) -> dict[str, Standard]:
    """Column to what the profile declares of it, for one table."""
    split = {
        tuple(where.split(".", 1)): standard
        for where, standard in settings.standardise.items()
    }
    return {
        column: standard for (name, column), standard in split.items() if name == table
    }


def mapping_folders(settings: Settings) -> list[Path]:
    """Where mapping tables lie: those that are shipped, then the profile's own."""
    return [INCLUDE / "mappings", settings.profile_dir / "mappings"]


def _probed(
    connection: "duckdb.DuckDBPyConnection",
    table: RawTable,
    types: dict[str, str],
    rows: str,
) -> tuple[frozenset[str], frozenset[str]]:
    """Text columns with white space to trim, and text columns with formulas."""
    if (sql := probe_sql(table, types, rows)) is None:
        return frozenset(), frozenset()
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    (values,) = cursor.fetchall()
    found = [name for name, value in zip(names, values, strict=True) if value]
    spaced, formulas = (
        frozenset(name.removeprefix(kind) for name in found if name.startswith(kind))
        for kind in (SPACED, FORMULA)
    )
    return spaced, formulas
