"""Figures that people accept for a month. Decisions are only added: the latest one on a measure counts."""

from churn_tasks.adapters.warehouse.connection import Connection, Cursor
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.months import Month

_LATEST = """
SELECT DISTINCT ON (measure) measure, accepted_value, decided_by, why, is_accepted
FROM check_acceptance
WHERE month = %s
ORDER BY measure, acceptance_id DESC
"""
_COLUMNS = ("month", "is_accepted", "measure", "accepted_value", "decided_by", "why")


def in_force(connection: Connection, month: Month) -> list[Acceptance]:
    """The acceptances of a month that were not taken back, ordered by measure."""
    with connection.transaction("churn_loader") as cursor:
        return _in_force(cursor, month)


def record(
    connection: Connection, month: Month, acceptance: Acceptance, *, is_accepted: bool
) -> bool:
    """Add a decision; one that only repeats what is in force adds nothing.

    Args:
        is_accepted: False takes an acceptance back.

    Returns:
        Whether it changed something.
    """
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "check_acceptance")
        values = {each.measure: each.value for each in _in_force(cursor, month)}
        now = acceptance.value if is_accepted else None
        if values.get(acceptance.measure) == now:
            return False
        row = (
            month.start,
            is_accepted,
            acceptance.measure,
            acceptance.value,
            acceptance.accepted_by,
            acceptance.why,
        )
        append(cursor, "check_acceptance", _COLUMNS, [row])
    return True


def _in_force(cursor: Cursor, month: Month) -> list[Acceptance]:
    cursor.execute(_LATEST, (month.start,))
    accepted = []
    for *acceptance, is_accepted in cursor.fetchall():
        if is_accepted:
            accepted.append(Acceptance(*acceptance))
    return accepted
