"""Schema drift of the tables and files that an extract reads, which can change without its SQL noticing.

A column that the SQL names and that is gone stops the source. So does a changed type that loses values, where the SQL
works with the column (a condition, an expression, a cast): the result then keeps its type and would hide the loss. A
column that is only passed on is judged where it arrives, in the extract's result; what a ``*`` passes on, wholly so.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from churn_tasks.checks.columns_read import SAID, Read
from churn_tasks.checks.delivered_types import HOLDS, Columns, type_word
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
    for name in whole:
        parts = _parts(relations, name)
        own = [columns for part, columns in parts.items() if wanted.search(part)]
        if own:
            whole[name] = _together(own)
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
    read: Callable[[str], Read],
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
        for name in columns:
            if name in known and columns[name] != known[name]:
                how = _seen_to(read(name)) if is_mended else read(name)
                types = (known[name], columns[name])
                findings.append(_retyped(table, relation, name, types, how))
    return findings


def _come_and_gone(
    table: RawTable,
    relation: str,
    columns: Columns,
    known: Columns,
    read: Callable[[str], Read],
) -> list[Finding]:
    """Columns that are gone, new, or both under two names; what a ``*`` passes on is judged where it arrives."""
    gone = dict(_others(known, columns, read))
    fresh = dict(_others(columns, known, read))
    findings = [_gone(table, relation, name, read(name)) for name in gone]
    findings += [new_column(table, name, columns[name], relation) for name in fresh]
    return paired(findings, gone, fresh)


def _others(
    columns: Columns, known: Columns, read: Callable[[str], Read]
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
    table: RawTable, relation: str, name: str, types: tuple[str, str], how: Read
) -> Finding:
    old, new = types
    is_lossless = _holds(type_word(old), type_word(new))
    loss = "nothing is lost" if is_lossless else "values may be lost"
    note = f"{new} instead of {old} in {relation}; {loss}; extract/{table.table}.sql {SAID[how]}"
    is_harmful = how == "worked" and not is_lossless
    return Finding("retyped", table.table, name, is_harmful, note, relation)


def _holds(old: str, new: str) -> bool:
    """Whether a new type holds each value of the old one; of a type nobody knows that is not sure."""
    if old == new:
        return old != "other"
    return new in HOLDS.get(old, ())
