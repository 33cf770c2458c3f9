"""``standard_<table>``: the rows of one month in the types and units of the contract, whatever form they came in.

One row out for each row in, in the same order of columns as the contract, and beside them

* ``unreadable``: the first column whose value is there and cannot be read, else NULL,
* ``formula``: the first column whose text a spreadsheet would run (``core/formulas.py``), else NULL,
* ``delivered``: the row as it came, as JSON text; made only where it is asked for,
* ``month``: first day of the month.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from churn_tasks.core.formulas import formula_sql
from churn_tasks.core.settings import INCLUDE
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.standardise.reading import (
    STEPS,
    Delivery,
    ReadColumn,
    read_column,
    step_name,
)

SPACED, FORMULA = "spaced ", "formula "
MACROS: Path = INCLUDE / "standard" / "reading.sql"


@dataclass(frozen=True)
class StandardView:
    """The SQL of one table and month.

    Attributes:
        rows: relation of the month's rows as delivered, with ``month``.
        declared: column to what the profile's section ``standardise`` says of it.
    """

    table: RawTable
    rows: str
    delivery: Delivery
    declared: Mapping[str, Standard]

    @cached_property
    def columns(self) -> list[ReadColumn]:
        """How each column of the contract is read."""
        return [
            read_column(
                column, self.declared.get(column.name), self.delivery, self.table.table
            )
            for column in self.table.columns
        ]

    @property
    def source(self) -> str:
        """FROM: the rows with the spellings found for some columns, and step by step what is read of the others."""
        relation = self._looked_up()
        for step in range(len(STEPS)):
            added = [
                f"{c.steps[step]} AS {step_name(c.name, step)}"
                for c in self.columns
                if c.steps[step]
            ]
            if added:
                relation = f"(SELECT *, {', '.join(added)} FROM {relation} AS raw)"
        return f"FROM {relation} AS raw"

    def _looked_up(self) -> str:
        """The rows, each with its columns of the tables of spellings as ``<column>:<form>``."""
        joins, found = "", ""
        for name, fields in sorted(self.delivery.looked_up.items()):
            joins += f' LEFT JOIN "spelt_{self.table.table}_{name}" AS "spelt {name}"'
            joins += f' ON "spelt {name}".delivered = raw."{name}"'
            found += "".join(
                f', "spelt {name}"."{field}" AS "{name}:{field}"' for field in fields
            )
        return (
            f"(SELECT raw.*{found} FROM {self.rows} AS raw{joins})"
            if joins
            else self.rows
        )

    def sql(self) -> str:
        """The SELECT of the view."""
        columns = self.columns
        values = ", ".join(f'{column.value} AS "{column.name}"' for column in columns)
        failures = " ".join(
            f"WHEN {c.failed} THEN '{c.name}'" for c in columns if c.failed
        )
        unreadable = f"CASE {failures} END" if failures else "NULL::VARCHAR"
        return (
            f"SELECT {values}, {unreadable} AS unreadable, {self._formula()} AS formula,"
            f" {self._delivered()} AS delivered, raw.month AS month {self.source}"
        )

    def _formula(self) -> str:
        """Looked for only in columns in which the month holds one."""
        cases = " ".join(
            f"""WHEN {formula_sql(name).replace(f'"{name}"', f'raw."{name}"')} THEN '{name}'"""
            for name in self.table.column_names
            if name in self.delivery.formulas
        )
        return f"CASE {cases} END" if cases else "NULL::VARCHAR"

    def _delivered(self) -> str:
        there = [
            c.name
            for c in self.table.delivered_columns
            if c.name in self.delivery.types
        ]
        # every value as text: JSON knows no NaN, and reads a long number as the nearest double
        fields = ", ".join(f'"{name}" := raw."{name}"::VARCHAR' for name in there)
        return f"to_json(struct_pack({fields}))::VARCHAR"


def probe_sql(table: RawTable, types: Mapping[str, str], rows: str) -> str | None:
    """One row: of each delivered text column, whether it has spaces to trim, and whether it holds formulas.

    Most months need neither, and then reading a text column costs nothing. Tokens are ours and not looked at.
    """
    texts = [
        c.name
        for c in table.delivered_columns
        if c.type == "text" and c.name in types and c.pii != "token"
    ]
    if not texts:
        return None
    columns = ", ".join(
        f'coalesce(bool_or(is_spaced("{name}")), false) AS "{SPACED}{name}",'
        f' coalesce(bool_or({formula_sql(name)}), false) AS "{FORMULA}{name}"'
        for name in texts
    )
    return f"SELECT {columns} FROM {rows}"
