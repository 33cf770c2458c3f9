"""Rejected rows that people accept as they are. Decisions are only added: the latest one on a row counts."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from churn_tasks.adapters.warehouse.connection import Connection
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


_LATEST = """
SELECT DISTINCT ON (table_name, row_id) table_name, row_id, rule, decided_by, why, is_released
FROM quarantine_release
WHERE month = %s
ORDER BY table_name, row_id, release_id DESC
"""


def in_force(connection: Connection, month: Month) -> list[Release]:
    """The releases of a month that were not taken back, ordered by table and row."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(_LATEST, (month.start,))
        return [Release(*row[:-1]) for row in cursor.fetchall() if row[-1]]


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
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))",
            (f"{connection.schema}.quarantine_release",),
        )
        cursor.execute(_LATEST, (month.start,))
        released = {
            (table, row_id)
            for table, row_id, *_, is_in_force in cursor.fetchall()
            if is_in_force
        }
        new = [
            row
            for row in rows
            if ((row.table_name, row.row_id) in released) is not is_released
        ]
        cursor.executemany(
            "INSERT INTO quarantine_release (month, is_released, table_name, row_id, rule, decided_by, why)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(month.start, is_released, *astuple(row)) for row in new],
        )
    return len(new)
