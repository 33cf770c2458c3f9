"""Rejected rows that people accept as they are. Decisions are only added: the latest one on a row counts."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from churn_tasks.adapters.warehouse.connection import Connection, Cursor
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class Release:
    """One person's decision on one rejected row.

    Attributes:
        table_name: the contract the row was delivered under, such as ``bill``.
        row_id: digest of the row as delivered, from the table ``quarantine``.
        rule: the rule it was set aside under.
    """

    table_name: str
    row_id: str
    rule: str
    decided_by: str
    why: str

    @property
    def place(self) -> tuple[str, str]:
        """The row it is about."""
        return self.table_name, self.row_id


_LATEST = """
SELECT DISTINCT ON (table_name, row_id) table_name, row_id, rule, decided_by, why, is_released
FROM quarantine_release
WHERE month = %s
ORDER BY table_name, row_id, release_id DESC
"""


def in_force(connection: Connection, month: Month) -> list[Release]:
    """The releases of a month that were not taken back, ordered by table and row."""
    with connection.transaction("churn_loader") as cursor:
        return _in_force(cursor, month)


def record(
    connection: Connection, month: Month, rows: Iterable[Release], *, is_released: bool
) -> int:
    """Add decisions; one that only repeats what is in force adds nothing.

    Args:
        is_released: False takes releases back.

    Returns:
        Decisions added.
    """
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "quarantine_release")
        released = {row.place for row in _in_force(cursor, month)}
        new = [row for row in rows if (row.place in released) is not is_released]
        append(
            cursor,
            "quarantine_release",
            ("month", "is_released", *(field.name for field in fields(Release))),
            [(month.start, is_released, *astuple(row)) for row in new],
        )
    return len(new)


def _in_force(cursor: Cursor, month: Month) -> list[Release]:
    cursor.execute(_LATEST, (month.start,))
    releases = []
    for *release, is_released in cursor.fetchall():
        if is_released:
            releases.append(Release(*release))
    return releases
