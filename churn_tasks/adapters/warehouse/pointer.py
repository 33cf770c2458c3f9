"""What each month points to: the table ``manifest``, and every move of it in ``manifest_history``."""

from dataclasses import dataclass
from datetime import date

from churn_tasks.adapters.warehouse.connection import Cursor
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class Knowledge:
    """What a list rests on: the rows known before a day, and whether they were read again after the month's own run."""

    known_until: date | None = None
    is_restated: bool = False


FIRST_LIST = Knowledge()


@dataclass(frozen=True)
class Pointer:
    """The run of a month that people see, and how many there have been."""

    run_id: str | None
    version: int


def pointer(cursor: Cursor, month: Month) -> Pointer:
    """Where a month points; to no run, as version 0, before its first publication."""
    cursor.execute(
        "SELECT run_id, version FROM manifest WHERE month = %s", (month.start,)
    )
    row = cursor.fetchone()
    return Pointer(*row) if row else Pointer(None, 0)


def was_replaced(
    cursor: Cursor, month: Month, run_id: str, knowledge: Knowledge
) -> bool:
    """Whether the month had this list before, and has by now one that knows more."""
    cursor.execute(
        "SELECT 1 FROM manifest AS m INNER JOIN manifest_history AS h ON h.month = m.month"
        " WHERE m.month = %s AND h.run_id = %s AND m.is_restated AND m.known_until > %s",
        (month.start, run_id, knowledge.known_until),
    )
    return cursor.fetchone() is not None


def move(
    cursor: Cursor, month: Month, to: Pointer, token: int, knowledge: Knowledge
) -> None:
    """The pointer moves and the move is remembered; ``published_at`` is the time of this transaction.

    Args:
        token: of the attempt that moves it.
    """
    cursor.execute(
        "INSERT INTO manifest (month, run_id, version, token, known_until, is_restated, published_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, now())"
        " ON CONFLICT (month) DO UPDATE SET run_id = excluded.run_id, version = excluded.version,"
        " token = excluded.token, known_until = excluded.known_until, is_restated = excluded.is_restated,"
        " published_at = excluded.published_at",
        (
            month.start,
            to.run_id,
            to.version,
            token,
            knowledge.known_until,
            knowledge.is_restated,
        ),
    )
    columns = "month, run_id, version, token, known_until, is_restated, published_at"
    cursor.execute(
        f"INSERT INTO manifest_history ({columns}) SELECT {columns} FROM manifest WHERE month = %s",
        (month.start,),
    )
