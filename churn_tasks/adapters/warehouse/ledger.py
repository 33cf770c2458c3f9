"""What was done about the lists: attempts to contact their customers, added and corrected, never changed.

An entry is one contact (month, customer, day, channel, attempt). The first row of a contact has no ``replaces``, and a
unique index lets there be one; a correction names the row that it replaces, which can be replaced once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.adapters.warehouse.rows import append, records
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

SAID = (
    "month", "customer_id", "contact_day", "channel", "attempt", "agent", "outcome", "strategy", "strategy_version",
    "cause_told", "cost_cny", "recall_day",
)  # fmt: skip
ADDED = ("run_id", "arm", "source", "row_digest")
CORRECTED = ("replaces", "is_withdrawn", "decided_by", "why")
REJECTED = ("row_digest", "source", "line", "customer_id", "rules", "delivered")
_TYPES = """
month date, customer_id text, contact_day date, channel text, attempt integer, agent text, outcome text, strategy text,
strategy_version text, cause_told text, cost_cny numeric, recall_day date, run_id text, arm text, source text,
row_digest text
"""
_CALLED = """
SELECT DISTINCT ON (w.month, w.customer_id) w.month, w.customer_id, w.run_id, w.arm
FROM manifest_history AS h
INNER JOIN warning_list AS w ON w.month = h.month AND w.run_id = h.run_id
WHERE h.month = ANY(%s)
ORDER BY w.month, w.customer_id, h.version
"""
_CURRENT = """
NOT l.is_withdrawn AND NOT EXISTS (SELECT 1 FROM ledger AS later WHERE later.replaces = l.ledger_id)
"""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Correction:
    """What an entry should have said.

    Attributes:
        replaces: number of the entry as it stands.
        said: the columns of ``SAID`` anew; None withdraws the entry.
    """

    replaces: int
    said: Row | None
    decided_by: str
    why: str


def called(connection: Connection, months: Sequence[Month]) -> list[dict[str, Any]]:
    """Month, customer, run and arm of whoever stood on any version of these months' lists, by the first of them."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(_CALLED, ([month.start for month in months],))
        return records(cursor)


def listed_ever(connection: Connection, customers: Sequence[str]) -> set[str]:
    """Of these customers those who stand on any list."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            "SELECT DISTINCT customer_id FROM warning_list WHERE customer_id = ANY(%s)",
            (list(customers),),
        )
        return {customer for (customer,) in cursor.fetchall()}


def recorded(connection: Connection, months: Sequence[Month]) -> list[dict[str, Any]]:
    """Everything ever recorded of these months' lists, replaced entries too."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            f"SELECT {', '.join(SAID)} FROM ledger WHERE month = ANY(%s) ORDER BY ledger_id",
            ([month.start for month in months],),
        )
        return records(cursor)


def add(
    connection: Connection, entries: Sequence[Row], rejected: Sequence[Row]
) -> dict[str, int]:
    """Add entries, and rows that are set aside; a contact or row that is there already adds nothing.

    Args:
        entries: the columns ``SAID`` and ``ADDED`` each.
        rejected: the columns ``REJECTED`` each; ``delivered`` a mapping.

    Returns:
        Rows added, by table.
    """
    names = ", ".join((*SAID, *ADDED))
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "ledger")
        cursor.execute(f"CREATE TEMP TABLE arriving ({_TYPES}) ON COMMIT DROP")
        append(cursor, "arriving", (*SAID, *ADDED), _tuples(entries, (*SAID, *ADDED)))
        cursor.execute(
            f"INSERT INTO ledger ({names}) SELECT {names} FROM arriving ON CONFLICT DO NOTHING"
        )
        added = cursor.rowcount
        aside = 0
        for row in rejected:
            aside += _set_aside(cursor, row)
    return {"ledger": added, "ledger_rejected": aside}


def _tuples(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in rows]


def _set_aside(cursor: Cursor, row: Row) -> int:
    delivered = json.dumps(row["delivered"], ensure_ascii=False, sort_keys=True)
    cursor.execute(
        f"INSERT INTO ledger_rejected ({', '.join(REJECTED)}) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (*(row[name] for name in REJECTED[:-1]), delivered),
    )
    return cursor.rowcount


def waiting(connection: Connection) -> list[dict[str, Any]]:
    """Rows that were set aside and have not been taken in since, in the order in which they came."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            f"SELECT {', '.join(REJECTED)}, recorded_at FROM ledger_rejected AS r"
            " WHERE NOT EXISTS (SELECT 1 FROM ledger AS l WHERE l.row_digest = r.row_digest)"
            " ORDER BY recorded_at, line, row_digest"
        )
        return records(cursor)


def entry(connection: Connection, ledger_id: int) -> dict[str, Any]:
    """One entry as it stands.

    Raises:
        BadInput: there is none of this number, or it was corrected or withdrawn; with the number that counts now.
    """
    with connection.transaction("churn_loader") as cursor:
        return _entry(cursor, ledger_id)


def _entry(cursor: Cursor, ledger_id: int) -> dict[str, Any]:
    cursor.execute(
        f"SELECT {', '.join(SAID)}, {', '.join(ADDED)}, is_withdrawn,"
        " (SELECT later.ledger_id FROM ledger AS later WHERE later.replaces = l.ledger_id) AS replaced_by"
        " FROM ledger AS l WHERE ledger_id = %s",
        (ledger_id,),
    )
    found = records(cursor)
    if not found:
        raise BadInput(
            f"the ledger has no entry {ledger_id}; churn ledger show lists them"
        )
    (row,) = found
    if row["replaced_by"]:
        raise BadInput(
            f"entry {ledger_id} was corrected by entry {row['replaced_by']}: correct that one"
        )
    if row["is_withdrawn"]:
        raise BadInput(f"entry {ledger_id} was withdrawn; import the contact anew")
    return row


def correct(connection: Connection, correction: Correction) -> int:
    """Add a correction; returns the number of the new entry.

    Raises:
        BadInput: there is no such entry, or it was corrected before.
    """
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "ledger")
        before = _entry(cursor, correction.replaces)
        said = {**before, **(correction.said or {})}
        columns = (*SAID, *ADDED, *CORRECTED)
        values = [said[name] for name in (*SAID, *ADDED)]
        values += [correction.replaces, correction.said is None]
        values += [correction.decided_by, correction.why]
        marks = ", ".join(["%s"] * len(columns))
        cursor.execute(
            f"INSERT INTO ledger ({', '.join(columns)}) VALUES ({marks}) RETURNING ledger_id",
            values,
        )
        return int(one(cursor)[0])


def contacts(connection: Connection, until: date) -> list[dict[str, Any]]:
    """Every contact before a day as it stands after corrections: customer, day, channel, outcome, cost."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            "SELECT customer_id, contact_day, channel, outcome, cost_cny FROM ledger AS l"
            f" WHERE contact_day < %s AND {_CURRENT} ORDER BY ledger_id",
            (until,),
        )
        return records(cursor)
