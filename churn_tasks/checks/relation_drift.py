"""Schema drift of the tables and files that an extract reads, which can change without its SQL noticing.

A column that the SQL names and that is gone stops the source. So does a changed type that loses values, where the SQL
works with the column (a condition, an expression, a cast): the result then keeps its type and would hide the loss; and
one that loses nothing, where the SQL makes something else of the same values (700001.0 as text, ``column_uses``). A
column without a value has no type, whatever the file says. A
column that is only passed on is judged where it arrives, in the extract's result; what a ``*`` passes on, wholly so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from churn_tasks.checks import column_uses
from churn_tasks.checks.column_uses import Use, differing
from churn_tasks.checks.columns_read import SAID, ColumnsRead, Read
from churn_tasks.checks.delivered_types import (
    HOLDS,
    Columns,
    is_narrower,
    is_spelt_alike,
    type_word,
)
from churn_tasks.checks.drift import Finding, new_column, paired
from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import RawTable


def of_month(relations: Mapping[str, Columns], month: Month) -> dict[str, Columns]:
    """The columns of each relation as far as one month reads it.

    Parts stand as ``relation/part``. Where parts are named for months (``cdr_202408``, ``bills_2024-08.csv``) only this
    month's count: a database or folder that holds the whole history shows all of them all the time.
    """
    wanted = re.compile(rf"(?<!\d){month.year}[-_]?{month.number:02d}(?!\d)")
    whole = {name: columns for name, columns in relations.items() if "/" not in name}
    for name, of_all in whole.items():
        parts = _parts(relations, name)
        own = [columns for part, columns in parts.items() if wanted.search(part)]
        if own:
            types = _together(own)
            whole[name] = {
                column: of_all.get(column, types[column]) for column in types
            }
    return whole


def _parts(relations: Mapping[str, Columns], name: str) -> dict[str, Columns]:
    """The parts of one relation: their names and their columns."""
    own = f"{name}/"
    return {
        key.removeprefix(own): columns
        for key, columns in relations.items()
        if key.startswith(own)
    }


def _together(parts: list[Columns]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for part in parts:
        columns |= part
    return columns


def relation_drift(
    table: RawTable,
    now: Mapping[str, Columns],
    before: Mapping[str, Columns],
    read: ColumnsRead,
    is_mended: bool = False,
) -> list[Finding]:
    """Drift of the tables or files below the extract, as :func:`of_month` gives them.

    Args:
        read: how the extract's SQL reads a column of this name.
        is_mended: the extract was changed since the last accepted delivery: somebody has seen to the change of a type.
    """
    findings: list[Finding] = []
    for relation in sorted(now.keys() & before.keys()):
        columns, known = now[relation], before[relation]
        findings += _come_and_gone(table, relation, columns, known, read)
        for name in _retyped_columns(columns, known):
            types = (known[name], columns[name])
            findings.append(_retyped(table, relation, name, types, read, is_mended))
    return findings


def _retyped_columns(columns: Columns, known: Columns) -> Iterator[str]:
    """Columns of another type than before; one without a value has lost nothing, and has nothing to lose."""
    for name in columns.keys() & known.keys():
        words = {type_word(columns[name]), type_word(known[name])}
        if columns[name] != known[name] and "null" not in words:
            yield name


def _come_and_gone(
    table: RawTable,
    relation: str,
    columns: Columns,
    known: Columns,
    read: ColumnsRead,
) -> list[Finding]:
    """Columns that are gone, new, or both under two names; what a ``*`` passes on is judged where it arrives."""
    gone = dict(_others(known, columns, read))
    fresh = dict(_others(columns, known, read))
    findings = [_gone(table, relation, name, read(name)) for name in gone]
    findings += [new_column(table, name, columns[name], relation) for name in fresh]
    return paired(findings, gone, fresh)


def _others(
    columns: Columns, known: Columns, read: ColumnsRead
) -> Iterator[tuple[str, str]]:
    """Columns that are not among the known ones, with the words of their types."""
    for name, kind in columns.items():
        if name not in known and read(name) != "passed":
            yield name, type_word(kind)


def _seen_to(how: Read) -> Read:
    """In a mended extract somebody has looked at what the SQL works with."""
    return "named" if how == "worked" else how


def _gone(table: RawTable, relation: str, name: str, how: Read) -> Finding:
    note = f"gone from {relation}; extract/{table.table}.sql {SAID[how]}"
    is_harmful = how in ("worked", "named")
    return Finding("missing", table.table, name, is_harmful, note, relation)


def _retyped(
    table: RawTable,
    relation: str,
    name: str,
    types: tuple[str, str],
    read: ColumnsRead,
    is_mended: bool,
) -> Finding:
    old, new = types
    how = _seen_to(read(name)) if is_mended else read(name)
    is_lossless = _holds(type_word(old), type_word(new)) and not is_narrower(old, new)
    loss, said = "values may be lost", SAID[how]
    is_harmful = how == "worked" and not is_lossless
    if is_lossless:
        otherwise = [] if is_mended else _differing(old, new, read.uses(name))
        loss, said = "nothing is lost", " and ".join(otherwise) or said
        is_harmful = bool(otherwise)
    if is_harmful and is_lossless:
        loss = "the same values are written or compared otherwise"
    note = f"{new} instead of {old} in {relation}; {loss}; extract/{table.table}.sql {said}"
    return Finding("retyped", table.table, name, is_harmful, note, relation)


def _differing(old: str, new: str, uses: Iterable[Use]) -> list[str]:
    """What an extract does with a column that comes out otherwise now, in words, each once."""
    if is_spelt_alike(old, new):
        return []
    said = []
    for use in differing(type_word(old), type_word(new), uses):
        if column_uses.SAID[use] not in said:
            said.append(column_uses.SAID[use])
    return said


def _holds(old: str, new: str) -> bool:
    """Whether a new type holds each value of the old one; of a type nobody knows that is not sure."""
    if old == new:
        return old != "other"
    return new in HOLDS.get(old, ())
