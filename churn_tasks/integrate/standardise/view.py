"""``standard_<table>``: the rows of one month in the types and units of the contract, whatever form they came in.

One row out for each row in, in the same order of columns as the contract, and beside them

* ``unreadable``: the first column whose value is there and cannot be read, else NULL,
* ``shortened``: the first column whose number a spreadsheet has shortened, else NULL,
* ``delivered``: the row as it came, as JSON text; made only where it is asked for,
* ``reversal``: what becomes of a line that takes an amount back or is taken back (:mod:`.reversals`), else NULL,
* ``month``: first day of the month.

The queries lie in ``include/sql/standard``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from churn_tasks.core.settings import INCLUDE
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.sql_expressions import Branch, case, list_of
from churn_tasks.declared.sql_parts import (
    Columns,
    Expression,
    Joins,
    LeftJoin,
    Relation,
    subquery,
)
from churn_tasks.integrate.standardise.lookup import spelling_table
from churn_tasks.integrate.standardise.reading import (
    STEPS,
    Delivery,
    ReadColumn,
    raw_column,
    read_column,
    step_name,
)

SPACED, COMMA, SHORTENED = "spaced ", "comma ", "shortened "
MACROS: Path = INCLUDE / "standard" / "reading.sql"
query = partial(composed, "standard")


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
        columns = []
        for column in self.table.columns:
            declared = self.declared.get(column.name)
            columns.append(
                read_column(column, declared, self.delivery, self.table.table)
            )
        return columns

    @cached_property
    def read(self) -> Relation:
        """The rows with the spellings found for some columns, and step by step what is read of the others.

        The columns' SQL calls it ``raw``.
        """
        relation = self._with_spellings()
        for step in range(len(STEPS)):
            added: dict[str, str] = {}
            for column in self.columns:
                if sql := column.steps[step]:
                    added[step_name(column.name, step)] = sql
            if added:
                columns = Columns.of_texts(added)
                relation = subquery(query("with_step", step=columns, rows=relation))
        return relation

    def _with_spellings(self) -> Relation:
        """The rows, each with its columns of the tables of spellings as ``<column>:<form>``."""
        rows = Relation(self.rows)
        joins: list[LeftJoin] = []
        fields: dict[str, str] = {}
        for name, looked_up in sorted(self.delivery.looked_up.items()):
            alias = f"spelt {name}"
            table = Relation(identifier(spelling_table(self.table, name)))
            same = {"delivered": Expression(raw_column(name))}
            joins.append(LeftJoin(table, alias, same))
            for field in looked_up:
                fields[f"{name}:{field}"] = f"{identifier(alias)}.{identifier(field)}"
        if not joins:
            return rows
        return subquery(
            query(
                "with_spellings",
                fields=Columns.of_texts(fields),
                rows=rows,
                spellings=Joins(tuple(joins)),
            )
        )

    def sql(self) -> str:
        """The SELECT of the view."""
        values = {column.name: column.value for column in self.columns}
        row = f"struct_pack({list_of(self._fields())})"
        return query(
            "standard_rows",
            values=Columns.of_texts(values),
            unreadable=Expression(case(self.failures())),
            shortened=Expression(case(self._shortened())),
            delivered=Expression(f"to_json({row})::VARCHAR"),
            read=self.read,
        )

    def failures(self) -> Iterator[Branch]:
        """Of each column that cannot always be read: when not, and its name."""
        for column in self.columns:
            if column.failed:
                yield column.failed, literal(column.name)

    def _shortened(self) -> Iterator[Branch]:
        """Of each column in which the month holds a shortened number: where, and its name."""
        for name in self.table.column_names:
            if name in self.delivery.shortened:
                yield f"is_shortened({raw_column(name)})", literal(name)

    def _fields(self) -> Iterator[str]:
        """Every value as text: JSON knows no NaN, and reads a long number as the nearest double."""
        for column in self.table.delivered_columns:
            name = column.name
            if name in self.delivery.types:
                yield f"{identifier(name)} := {raw_column(name)}::VARCHAR"


def known_days_sql(view: StandardView) -> str:
    """A SELECT of the days on which something of the rows became known; see ``runner/standard.py:known_days``."""
    values = {column.name: column.value for column in view.columns}
    days = [f"CAST({values[name]} AS DATE)" for name in view.table.known_columns]
    texts = []
    for column in view.columns:
        if column.failed:
            texts.append((column.failed, f"CAST({raw_column(column.name)} AS VARCHAR)"))
    return query(
        "known_days",
        known_date=Expression(days[0]),
        latest=Expression(f"greatest({list_of(days)})"),
        unreadable=Expression(case(view.failures())),
        value=Expression(case(texts)),
        read=view.read,
    )


def probe_sql(
    table: RawTable, types: Mapping[str, str], rows: str, numbers: Iterable[str] = ()
) -> str | None:
    """One row: of each delivered text column, whether it has spaces to trim or holds shortened numbers.

    Args:
        numbers: numeric columns that arrive as text; whether some value holds a comma.

    Most months need neither, and then reading a text column costs nothing. Tokens are ours and not looked at.
    """
    signs: dict[str, str] = {}
    for column in table.delivered_columns:
        name = column.name
        if column.type == "text" and column.pii != "token" and name in types:
            signs[SPACED + name] = _anywhere(f"is_spaced({identifier(name)})")
    for name in numbers:
        signs[COMMA + name] = _anywhere(f"has_comma({identifier(name)})")
    for column in table.ids:
        if column.name in types:
            shortened = _anywhere(f"is_shortened({identifier(column.name)})")
            signs[SHORTENED + column.name] = shortened
    if not signs:
        return None
    return query("text_signs", signs=Columns.of_texts(signs), rows=Relation(rows))


def _anywhere(condition: str) -> str:
    return f"coalesce(bool_or({condition}), false)"
