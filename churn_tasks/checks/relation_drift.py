"""Schema drift of the tables and files that an extract reads, which can change without its SQL noticing.

A column that the SQL names and that is gone stops the source. So does a changed type that loses values, where the SQL
works with the column (a condition, an expression, a cast): the result then keeps its type and would hide the loss. A
column that is only passed on is judged where it arrives, in the extract's result; what a ``*`` passes on, wholly so.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

import sqlglot
from sqlglot import exp

from churn_tasks.checks.delivered_types import HOLDS, type_word
from churn_tasks.checks.drift import Columns, Finding, new_column, paired
from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import RawTable

Read = Literal[
    "worked", "named", "passed", "no"
]  # used in an expression, selected by name, part of a *, not at all
SAID: dict[Read, str] = {
    "worked": "works with it",
    "named": "passes it on",
    "passed": "passes it on",
    "no": "does not read it",
}


def of_month(relations: Mapping[str, Columns], month: Month) -> dict[str, Columns]:
    """The columns of each relation as far as one month reads it.

    Parts stand as ``relation/part``. Where parts are named for months (``cdr_202408``, ``bills_2024-08.csv``) only this
    month's count: a database or folder that holds the whole history shows all of them all the time.
    """
    wanted = re.compile(rf"(?<!\d){month.year}[-_]?{month.number:02d}(?!\d)")
    found: dict[str, Columns] = {
        name: columns for name, columns in relations.items() if "/" not in name
    }
    for name in found:
        parts = {
            key.partition("/")[2]: columns
            for key, columns in relations.items()
            if key.startswith(f"{name}/")
        }
        own = [columns for part, columns in parts.items() if wanted.search(part)]
        if own:
            found[name] = {
                column: kind for columns in own for column, kind in columns.items()
            }
    return found


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
        gone = {
            n: type_word(kind)
            for n, kind in known.items()
            if n not in columns and read(n) != "passed"
        }
        fresh = {
            n: type_word(kind)
            for n, kind in columns.items()
            if n not in known and read(n) != "passed"
        }
        found = [_gone(table, relation, name, read(name)) for name in gone]
        found += [new_column(table, name, columns[name], relation) for name in fresh]
        findings += paired(found, gone, fresh)
        for name in (name for name in columns if name in known):
            how = "named" if is_mended and read(name) == "worked" else read(name)
            findings += _changed(
                table, relation, name, (known[name], columns[name]), how
            )
    return findings


def columns_read(sql: str, dialect: str) -> Callable[[str], Read]:
    """How a SELECT reads a column of some name. One that cannot be parsed is taken to work with all of them."""
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except sqlglot.errors.SqlglotError:
        return lambda name: "worked"
    found: dict[str, Read] = {}
    for column in tree.find_all(exp.Column):
        holder = (
            column.parent.parent
            if isinstance(column.parent, exp.Alias)
            else column.parent
        )
        plain = (
            isinstance(holder, exp.Select)
            and column.find_ancestor(exp.Where, exp.Join, exp.Order) is None
        )
        name = column.name.lower()
        found[name] = "named" if plain and found.get(name) != "worked" else "worked"
    whole: Read = "passed" if _passes_a_table(tree) else "no"
    return lambda name: found.get(name.lower(), whole)


def _passes_a_table(tree: exp.Expr) -> bool:
    """Whether some SELECT says ``*`` of a table or file, rather than of another SELECT."""
    made = {common.alias for common in tree.find_all(exp.CTE)}
    return any(
        table.find_ancestor(exp.Select) is select and table.name not in made
        for select in tree.find_all(exp.Select)
        if select.is_star
        for table in select.find_all(exp.Table)
    )


def _gone(table: RawTable, relation: str, name: str, how: Read) -> Finding:
    note = f"gone from {relation}; extract/{table.table}.sql {SAID[how]}"
    return Finding(
        "missing", table.table, name, how in ("worked", "named"), note, relation
    )


def _changed(
    table: RawTable, relation: str, name: str, types: tuple[str, str], how: Read
) -> list[Finding]:
    old, new = types
    if old == new:
        return []
    lossless = type_word(old) == type_word(new) != "other" or type_word(
        new
    ) in HOLDS.get(type_word(old), ())
    said = f"{'nothing is lost' if lossless else 'values may be lost'}; extract/{table.table}.sql {SAID[how]}"
    harmful = how == "worked" and not lossless
    return [
        Finding(
            "retyped",
            table.table,
            name,
            harmful,
            f"{new} instead of {old} in {relation}; {said}",
            relation,
        )
    ]
