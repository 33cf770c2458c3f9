"""Standard forms that need more than SQL, found once for each distinct spelling: names, addresses, mapped codes.

A column with a million rows has few spellings, or at worst one for each customer; they are read in Python once and
joined back by DuckDB. A table of spellings is ``spelt_<table>_<column>``: ``delivered`` and, for each form asked for,
the standard value and the rules that led to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from churn_tasks.core.sql_text import identifier
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import Column, RawTable
from churn_tasks.declared.sql_parts import Name, Relation
from churn_tasks.integrate.standardise.addresses import FORMS as ADDRESS_FORMS
from churn_tasks.integrate.standardise.addresses import AddressBook
from churn_tasks.integrate.standardise.mappings import load_mapping
from churn_tasks.integrate.standardise.names import Read, standard_name

if TYPE_CHECKING:
    import duckdb

Reader = Callable[[str], Read]
BATCH = 100_000
query = partial(composed, "standard")


def spelling_table(table: RawTable, column: str) -> str:
    """The name of the table of spellings of one delivered column."""
    return f"spelt_{table.table}_{column}"


def forms_wanted(
    table: RawTable, declared: Mapping[str, Standard], delivered: set[str]
) -> dict[str, set[str]]:
    """Delivered column to the forms that are made of it."""
    wanted: dict[str, set[str]] = {}
    for column in table.columns:
        source, form = _made_of(column, declared)
        if source in delivered:
            wanted.setdefault(source, set()).add(form)
    return wanted


def _made_of(column: Column, declared: Mapping[str, Standard]) -> tuple[str, str]:
    """The column whose spellings are looked up for this one, and in which form; empty texts where none is."""
    if column.derived:
        return column.derived.of, column.derived.form
    if column.name in declared and declared[column.name].mapping:
        return column.name, "mapping"
    return "", ""


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
        distinct = query("distinct_texts", column=Name(name), rows=Relation(rows))
        _make(connection, spelling_table(table, name), distinct, readers)


def _make(
    connection: "duckdb.DuckDBPyConnection",
    name: str,
    distinct: str,
    readers: Mapping[str, Reader],
) -> None:
    """One table of spellings, read batch by batch."""
    columns = ("delivered", *fields_of(set(readers)))
    typed = ", ".join(f"{identifier(column)} VARCHAR" for column in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} ({typed})")
    for texts in _batches(connection, distinct):
        connection.register("some_spellings", _read(texts, readers))
        connection.execute(f"INSERT INTO {identifier(name)} FROM some_spellings")
        connection.unregister("some_spellings")


def _batches(
    connection: "duckdb.DuckDBPyConnection", distinct: str
) -> Iterator[list[str]]:
    spellings = connection.execute(distinct).fetchall()
    texts = [text for (text,) in spellings if text is not None]
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]


def _read(texts: Sequence[str], readers: Mapping[str, Reader]) -> pa.Table:
    """Each text with what every reader makes of it."""
    columns: dict[str, list[str | None]] = {"delivered": list(texts)}
    for form, reader in sorted(readers.items()):
        read = [reader(text) for text in texts]
        columns[form] = [value for value, _ in read]
        columns[f"{form}_rules"] = [rules for _, rules in read]
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return pa.table(arrays)
