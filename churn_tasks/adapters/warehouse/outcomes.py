"""What lists and candidates came to: figures that are added once the truth is in, never changed."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class ListOutcome:
    """The counts of F2 for the list of one month; rates follow from them."""

    customers: int
    churners: int
    left_in_delay: int
    warned: int
    warned_churners: int
    warned_left_in_delay: int


def record_outcome(
    connection: Connection,
    month: Month,
    outcome: ListOutcome,
    known_until: date | None = None,
) -> bool:
    """Add what the list of a month came to, the one that was called: not a restated one that came after it.

    An equal record, a month without a list, and a record that rests on less than the one that is there add nothing.

    Args:
        known_until: day up to which the truth is known.

    Returns:
        Whether a row was added.
    """
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))",
            (f"{connection.schema}.result",),
        )
        cursor.execute(
            "SELECT run_id FROM manifest_history WHERE month = %s AND NOT is_restated ORDER BY version DESC LIMIT 1",
            (month.start,),
        )
        published = cursor.fetchone()
        if not published:
            return False
        cursor.execute(
            "SELECT revision, known_until, run_id, customers, churners, left_in_delay, warned, warned_churners,"
            " warned_left_in_delay FROM result WHERE month = %s ORDER BY revision DESC LIMIT 1",
            (month.start,),
        )
        revision, known_before, *known = cursor.fetchone() or (0, None)
        values = [published[0], *astuple(outcome)]
        if known == values or (
            known_before and known_until and known_before > known_until
        ):
            return False
        cursor.execute(
            "INSERT INTO result (month, revision, run_id, customers, churners, left_in_delay, warned, warned_churners,"
            " warned_left_in_delay, known_until) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (month.start, revision + 1, *values, known_until),
        )
        return True


def record_validation(
    connection: Connection, month: Month, rows: Iterable[Mapping[str, Any]]
) -> int:
    """Add how each candidate of a run did; rows that are there already add nothing.

    Args:
        rows: ``candidate``, ``tested_month`` (its first day) and any number of measures each.

    Returns:
        Rows added.
    """
    added = 0
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))",
            (f"{connection.schema}.validation",),
        )
        for row in rows:
            key = (month.start, row["tested_month"], row["candidate"])
            measures = {
                name: _plain(value)
                for name, value in row.items()
                if name not in ("candidate", "tested_month")
            }
            cursor.execute(
                "SELECT revision, measures FROM validation WHERE month = %s AND tested_month = %s AND candidate = %s"
                " ORDER BY revision DESC LIMIT 1",
                key,
            )
            revision, known = cursor.fetchone() or (0, None)
            if known != measures:
                cursor.execute(
                    "INSERT INTO validation (month, tested_month, candidate, revision, measures)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    (*key, revision + 1, json.dumps(measures, sort_keys=True)),
                )
                added += 1
    return added


def _plain(value: Any) -> Any:
    """A value JSON can hold: numbers as they are, missing ones null, everything else text."""
    if isinstance(value, bool) or value is None:
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str) else str(value)
