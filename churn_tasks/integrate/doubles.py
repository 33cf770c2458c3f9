"""Rows of one key: which is the same row again, which a correction, which a line of the same thing, which a conflict.

A month without a repeated key costs one look at the key. The queries lie in ``include/sql/quarantine``.
"""

from dataclasses import dataclass
from functools import partial

from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.sql_parts import Expression, Names, Relation, Value

query = partial(composed, "quarantine")


@dataclass(frozen=True)
class FateCounts:
    """Rows of repeated keys by what becomes of them.

    Attributes:
        double: equal to another row, which stays.
        replaced: given way to one learnt later.
        added_up: lines whose amounts went into another line's.
        conflict: contradicted by another row learnt on the same day.
    """

    double: int = 0
    replaced: int = 0
    added_up: int = 0
    conflict: int = 0


def told_apart_by(table: RawTable) -> Names:
    """What makes a row of a table one of its own: the key, or every delivered column where it has none."""
    return Names(table.key or _delivered(table))


def _learnt(table: RawTable) -> Expression:
    """The day on which the last of a row was learnt: an answer that came in later is no contradiction."""
    days = Names(tuple(table.known_columns))
    return Expression(f"greatest({days.sql})")


def _delivered(table: RawTable) -> tuple[str, ...]:
    return tuple(column.name for column in table.delivered_columns)


def repeated_keys_sql(table: RawTable, standard: str) -> str:
    """The hashes of the keys that stand in more than one of the standard rows."""
    return query("repeated_keys", key=told_apart_by(table), standard=Relation(standard))


def row_fates_sql(table: RawTable, accepted: str, repeated: str) -> str:
    """``key_hash``, ``learnt_date`` and ``fate`` of each accepted row of a repeated key.

    Args:
        repeated: relation with the hashes of these keys.
    """
    every = _delivered(table)
    content = tuple(name for name in every if name not in table.add_up)
    return query(
        "row_fates",
        key=told_apart_by(table),
        content=Names(content),
        learnt=_learnt(table),
        columns=Names(every),
        accepted=Relation(accepted),
        repeated=Relation(repeated),
    )


def fate_counts_sql(fates: str) -> str:
    """One row: the fields of :class:`FateCounts`."""
    return query("fate_counts", fates=Relation(fates))


def conflicting_sql(table: RawTable, judged: str, fates: str) -> str:
    """The judged rows, those in conflict set aside by their rule."""
    return query(
        "conflicting_rows",
        rule=Value(table.conflict_rule.name),
        judged=Relation(judged),
        fates=Relation(fates),
        learnt=_learnt(table),
        key=told_apart_by(table),
    )
