"""From raw to clean: rows that break a rule are set aside with the reason, doubles are merged, nothing is lost.

The three results partition the raw rows: ``rows_in = rows_out + quarantined + merged`` (rule 4). The queries lie in
``include/sql/quarantine``.
"""

from collections.abc import Mapping
from functools import partial

from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import SQL_TYPES, RawTable
from churn_tasks.declared.sql_expressions import case
from churn_tasks.declared.sql_parts import (
    Columns,
    Expression,
    Names,
    Order,
    Relation,
)

query = partial(composed, "quarantine")


LATE_CLEAN = "late_clean"  # rows that came late, made clean
LATE_DOUBLES = "late_doubles"  # keys of these that were there before


def kept_sql(table: RawTable, accepted: str, *, are_repeated: bool) -> str:
    """One row for each key: the one learnt last, with the amounts of all lines of that day where they are added up.

    Of rows that became known on one day it is the one whose answer did last. Ties are broken by all columns, so that
    the choice is always the same. Of a table without a key each row once.

    Args:
        accepted: relation of rows that break no rule.
        are_repeated: whether any key stands in two of them; else nothing has to be looked at.
    """
    rows = Relation(accepted)
    if not are_repeated:
        return f"SELECT * FROM {rows.sql}"
    if not table.key:
        return query("different_rows", accepted=rows)
    others = [name for name in table.column_names if name not in table.key]
    order = Order.latest_first([*table.known_columns, *others], nulls_last=True)
    key = Names(table.key)
    if table.add_up:
        return query(
            "lines_added_up",
            sums=_sums(table),
            accepted=rows,
            key=key,
            last_learnt_first=order,
        )
    return query("last_learnt", accepted=rows, key=key, last_learnt_first=order)


def _sums(table: RawTable) -> Columns:
    """The amounts of a table that are added up, each over the lines of its key."""
    key = Names(table.key).sql
    types = {column.name: SQL_TYPES[column.type] for column in table.columns}
    sums = {}
    for name in table.add_up:
        total = f"sum({identifier(name)}) OVER (PARTITION BY {key})"
        sums[name] = f"CAST({total} AS {types[name]})"
    return Columns.of_texts(sums)


def judged_sql(table: RawTable, standard: str, learnt: Mapping[str, str] = {}) -> str:
    """The standard rows with one more column, ``rule``: the first rule a row breaks, NULL for an accepted row.

    Args:
        standard: relation of the month's rows as ``standard_<table>`` gives them.
        learnt: rule to its condition, where that is not in the contract but learnt from earlier months.
    """
    broken = [("unreadable IS NOT NULL", "unreadable || '_unreadable'")]
    unreadable = {rule.name for rule in table.unreadable_rules}
    for rule in table.row_rules:
        if rule.name not in unreadable:
            condition = learnt.get(rule.name, rule.reject_when)
            broken.append((condition, literal(rule.name)))
    return query(
        "judged_rows", rule=Expression(case(broken)), standard=Relation(standard)
    )


def accepted_sql(judged: str) -> str:
    """The rows of a relation of judged rows that break no rule, without the columns that were noted about them."""
    return query("accepted_rows", judged=Relation(judged))


def judged_counts_sql(judged: str) -> str:
    """One row: ``total`` and ``quarantined`` of a relation of judged rows."""
    return query("judged_counts", judged=Relation(judged))


def doubles_sql(table: RawTable, before: str) -> str:
    """The keys of ``late_clean`` that a clean version holds already.

    Args:
        before: relation of that version.
    """
    return query("doubles_before", key=Names(table.key), before=Relation(before))


def added_sql(table: RawTable) -> str:
    """The late rows whose key is new to the clean table."""
    return query("late_rows_added", key=Names(table.key))


def replacing_sql(table: RawTable) -> str:
    """The late rows that take the place of one with the same key, which was learnt before them."""
    return query("late_rows_replacing", key=Names(table.key))
