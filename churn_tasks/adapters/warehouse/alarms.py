"""Alarms of the daily watch: each raised once, and ended when its event is taken back or its customer leaves.

A day is recorded in one transaction that holds a lock: its alarms and what it knew stand there together or not at all.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month

FIRED = (
    "month", "customer_id", "trigger", "event_date", "known_date", "priority", "evidence_en", "evidence_zh",
    "phone_token", "region_code", "person_id", "list_month", "list_rank", "churn_score",
)  # fmt: skip
HELD = (*FIRED, "has_left")


@dataclass(frozen=True)
class WatchedDay:
    """What a day knew.

    Attributes:
        asked: month to the names of the triggers that were asked of it; alarms of others stay as they are.
        rows_taken, rows_rejected: rows of the day, and rows of the months set aside so far.
        missing_en, missing_zh: what is missing, in words; empty when nothing is.
        sources: each table with its rows and the latest day that is known of it.
    """

    day: date
    asked: Mapping[Month, Sequence[str]]
    rows_taken: int
    rows_rejected: int
    missing_en: str
    missing_zh: str
    sources: Mapping[str, Any]


def last_day(connection: Connection) -> date | None:
    """The latest day that was watched."""
    with connection.transaction("churn_loader") as cursor:
        return _last_day(cursor)


def record_day(
    connection: Connection, watched: WatchedDay, fired: Iterable[Mapping[str, Any]]
) -> int:
    """Record a day; doing it again changes nothing.

    A day before the latest one adds what is missing and ends nothing: later days knew more.

    Args:
        fired: every trigger of the months so far, by the names of ``HELD``.

    Returns:
        Alarms that the day was the first to raise.
    """
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "trigger_alarm")
        latest = _last_day(cursor)
        _hold(cursor, fired)
        _raise(cursor, watched.day)
        if latest is None or latest <= watched.day:
            _end(cursor, watched)
        cursor.execute(
            "SELECT count(*) FROM trigger_alarm WHERE first_day = %s", (watched.day,)
        )
        raised = int(one(cursor)[0])
        _note(cursor, watched, raised)
    return raised


def _last_day(cursor: Cursor) -> date | None:
    cursor.execute("SELECT max(day) FROM watch_day")
    day: date | None = one(cursor)[0]
    return day


def _hold(cursor: Cursor, fired: Iterable[Mapping[str, Any]]) -> None:
    cursor.execute(
        "CREATE TEMPORARY TABLE fired_today ON COMMIT DROP AS"
        f" SELECT {', '.join(FIRED)}, false AS has_left FROM trigger_alarm WITH NO DATA"
    )
    rows = ([row[name] for name in HELD] for row in fired)
    append(cursor, "fired_today", HELD, rows)


def _raise(cursor: Cursor, day: date) -> None:
    """Add the alarms that there are not yet; who has left already is nobody to call."""
    names = ", ".join(FIRED)
    cursor.execute(
        f"INSERT INTO trigger_alarm ({names}, first_day) SELECT {names}, %s FROM fired_today WHERE NOT has_left"
        " ON CONFLICT (customer_id, trigger, month) DO NOTHING",
        (day,),
    )


def _end(cursor: Cursor, watched: WatchedDay) -> None:
    """End alarms whose event is there no more, or whose customer has left; what is there again is open again."""
    for month, triggers in watched.asked.items():
        cursor.execute(
            "WITH now AS ("
            " SELECT alarm.customer_id, alarm.trigger, alarm.month,"
            " CASE WHEN fired.customer_id IS NULL THEN 'taken_back' WHEN fired.has_left THEN 'left' END AS why"
            " FROM trigger_alarm AS alarm"
            " LEFT JOIN fired_today AS fired USING (customer_id, trigger, month)"
            " WHERE alarm.month = %s AND alarm.trigger = ANY(%s)"
            ") UPDATE trigger_alarm AS alarm SET ended_why = now.why,"
            " ended_day = CASE WHEN now.why IS NOT NULL THEN %s::date END"
            " FROM now WHERE alarm.customer_id = now.customer_id AND alarm.trigger = now.trigger"
            " AND alarm.month = now.month AND alarm.ended_why IS DISTINCT FROM now.why",
            (month.start, list(triggers), watched.day),
        )


def _note(cursor: Cursor, watched: WatchedDay, raised: int) -> None:
    told = {
        "rows_taken": watched.rows_taken,
        "rows_rejected": watched.rows_rejected,
        "alarms_raised": raised,
        "is_complete": not watched.missing_en,
        "missing_en": watched.missing_en,
        "missing_zh": watched.missing_zh,
        "sources": json.dumps(watched.sources, sort_keys=True, default=str),
    }
    names = ", ".join(told)
    changed = ", ".join(f"{name} = excluded.{name}" for name in told)
    places = ", ".join(["%s"] * len(told))
    cursor.execute(
        f"INSERT INTO watch_day (day, {names}) VALUES (%s, {places})"
        f" ON CONFLICT (day) DO UPDATE SET {changed}",
        (watched.day, *told.values()),
    )
