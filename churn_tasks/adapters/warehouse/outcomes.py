"""What lists and candidates came to: figures that are added once the truth is in, never changed."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection, Cursor
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class ListOutcome:
    """The counts of F2 for the list of one month, and days from the list to leaving; rates follow from the counts.

    What records of earlier versions do not hold is None. Their ``left_in_delay`` counts everybody who left before the
    predict window.
    """

    customers: int
    churners: int
    left_in_delay: int
    warned: int
    warned_churners: int
    warned_left_in_delay: int
    left_before_list: int | None = None
    left_later: int | None = None
    rotated: int | None = None
    leavers: int | None = None
    warned_left_before_list: int | None = None
    warned_left_later: int | None = None
    warned_rotated: int | None = None
    warned_in_time: int | None = None
    days_to_leaving_lower: float | None = None
    days_to_leaving_median: float | None = None
    days_to_leaving_upper: float | None = None


def record_outcome(
    connection: Connection,
    month: Month,
    outcome: ListOutcome,
    known_until: date | None = None,
) -> bool:
    """Add what the list of a month came to, the one that was called: not a restated one that came after it.

    An equal record, a month without a list, and a record that rests on less than the one that is there add nothing. Nor
    does one of a month out of which people were taken since it was recorded: its figures stay as they were.

    Args:
        known_until: day up to which the truth is known.

    Returns:
        Whether a row was added.
    """
    counts = [field.name for field in fields(ListOutcome)]
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "result")
        run_id = _called_list(cursor, month)
        if run_id is None:
            return False
        cursor.execute(
            f"SELECT revision, known_until, run_id, {', '.join(counts)} FROM result"
            " WHERE month = %s ORDER BY revision DESC LIMIT 1",
            (month.start,),
        )
        revision, known_before, *known = cursor.fetchone() or (0, None)
        values = [run_id, *astuple(outcome)]
        rests_on_less = known_before and known_until and known_before > known_until
        if known == values or rests_on_less:
            return False
        if revision and _was_someone_taken_out(cursor, month, revision):
            return False
        append(
            cursor,
            "result",
            ("month", "revision", "run_id", *counts, "known_until"),
            [(month.start, revision + 1, *values, known_until)],
        )
        return True


def _was_someone_taken_out(cursor: Cursor, month: Month, revision: int) -> bool:
    """Whether people were taken out of a month after a record of what its list came to."""
    cursor.execute(
        "SELECT 1 FROM erasure INNER JOIN erasure_month USING (erasure_key) INNER JOIN result USING (month)"
        " WHERE month = %s AND revision = %s AND erasure.recorded_at > result.recorded_at LIMIT 1",
        (month.start, revision),
    )
    return cursor.fetchone() is not None


def _called_list(cursor: Cursor, month: Month) -> str | None:
    """The run whose list was called: the month's latest that is no restatement."""
    cursor.execute(
        "SELECT run_id FROM manifest_history WHERE month = %s AND NOT is_restated ORDER BY version DESC LIMIT 1",
        (month.start,),
    )
    row = cursor.fetchone()
    return row[0] if row else None


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
        connection.lock(cursor, "validation")
        for row in rows:
            measures = {name: _plain(value) for name, value in row.items()}
            del measures["candidate"], measures["tested_month"]
            added += _add_measures(
                cursor,
                (month.start, row["tested_month"], row["candidate"]),
                measures,
            )
    return added


def _add_measures(
    cursor: Cursor, key: tuple[date, date, str], measures: Mapping[str, Any]
) -> bool:
    """One row of ``validation``, unless its latest revision says the same."""
    cursor.execute(
        "SELECT revision, measures FROM validation WHERE month = %s AND tested_month = %s AND candidate = %s"
        " ORDER BY revision DESC LIMIT 1",
        key,
    )
    revision, known = cursor.fetchone() or (0, None)
    if known == measures:
        return False
    append(
        cursor,
        "validation",
        ("month", "tested_month", "candidate", "revision", "measures"),
        [(*key, revision + 1, json.dumps(measures, sort_keys=True))],
    )
    return True


def _plain(value: Any) -> Any:
    """A value JSON can hold: numbers as they are, missing ones null, everything else text."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
