"""Standard forms that need more than SQL, found once for each distinct spelling: names, addresses, mapped codes.

A column with a million rows has few spellings, or at worst one for each customer; they are read in Python once and
joined back by DuckDB. A table of spellings is ``spelt_<table>_<column>``: ``delivered`` and, for each form asked for,
the standard value and the rules that led to it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.standardise.addresses import FORMS as ADDRESS_FORMS
from churn_tasks.integrate.standardise.addresses import AddressBook
from churn_tasks.integrate.standardise.mappings import load_mapping
from churn_tasks.integrate.standardise.names import Read, standard_name

if TYPE_CHECKING:
    import duckdb

Reader = Callable[[str], Read]
BATCH = 100_000


def forms_wanted(
    table: RawTable, declared: Mapping[str, Standard], delivered: set[str]
) -> dict[str, set[str]]:
    """Delivered column to the forms that are made of it."""
    wanted: dict[str, set[str]] = {}
    for column in table.columns:
        if column.derived and column.derived.of in delivered:
            wanted.setdefault(column.derived.of, set()).add(column.derived.form)
        elif (
            column.name in delivered
            and column.name in declared
            and declared[column.name].mapping
        ):
            wanted.setdefault(column.name, set()).add("mapping")
    return wanted


def fields_of(forms: set[str]) -> tuple[str, ...]:
    """The columns of a table of spellings beside ``delivered``."""
    return tuple(field for form in sorted(forms) for field in (form, f"{form}_rules"))


def make_lookups(
    connection: "duckdb.DuckDBPyConnection",
    table: RawTable,
    declared: Mapping[str, Standard],
    rows: str,
    wanted: Mapping[str, set[str]],
    folders: list[Path],
) -> None:
    """Make the tables of spellings of one month.

    Args:
        rows: relation of the rows as delivered.
        wanted: what :func:`forms_wanted` says.
        folders: where mapping tables lie, the profile's last.
    """
    for name, forms in wanted.items():
        readers: dict[str, Reader] = {}
        if "name" in forms:
            readers["name"] = standard_name
        if "mapping" in forms:
            readers["mapping"] = load_mapping(declared[name].mapping, folders).read
        if forms & set(ADDRESS_FORMS):
            readers |= AddressBook.load(folders).readers(forms & set(ADDRESS_FORMS))
        _make(
            connection,
            f"spelt_{table.table}_{name}",
            f'SELECT DISTINCT "{name}" FROM {rows}',
            readers,
        )


def _make(
    connection: "duckdb.DuckDBPyConnection",
    name: str,
    distinct: str,
    readers: dict[str, Reader],
) -> None:
    """One table of spellings, read batch by batch."""
    columns = ", ".join(
        f'"{field}" VARCHAR' for field in ("delivered", *fields_of(set(readers)))
    )
    connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" ({columns})')
    spellings = connection.execute(distinct).fetchall()
    texts = [text for (text,) in spellings if text is not None]
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        read = {
            form: [reader(text) for text in some] for form, reader in readers.items()
        }
        arrays = {"delivered": some}
        for form, pairs in sorted(read.items()):
            arrays |= {
                form: [value for value, _ in pairs],
                f"{form}_rules": [rules for _, rules in pairs],
            }
        batch = pa.table(
            {key: pa.array(values, pa.string()) for key, values in arrays.items()}
        )
        connection.register("some_spellings", batch)
        connection.execute(f'INSERT INTO "{name}" SELECT * FROM some_spellings')
        connection.unregister("some_spellings")
