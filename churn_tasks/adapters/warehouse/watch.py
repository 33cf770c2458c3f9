"""What watching the model in force has found, month by month; rows are added, never changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.promotions import Champion
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month

FOUND = ("subject", "measure", "value", "bound", "status", "note")
COLUMNS = ("model_name", "model_version", *FOUND)


def record_watch(
    connection: Connection,
    month: Month,
    model: Champion,
    rows: Sequence[Mapping[str, Any]],
) -> int:
    """Add what was found in a month; nothing where its latest revision says the same.

    Args:
        rows: ``subject``, ``measure``, ``value``, ``bound``, ``status`` and ``note`` each, in order of the first two.

    Returns:
        Rows added.
    """
    found = []
    for row in rows:
        of_row = [row[name] for name in FOUND]
        found.append((model.model_name, model.model_version, *of_row))
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "model_watch")
        cursor.execute(
            f"SELECT revision, {', '.join(COLUMNS)} FROM model_watch AS w WHERE month = %s AND revision ="
            " (SELECT max(revision) FROM model_watch WHERE month = w.month)"
            ' ORDER BY subject COLLATE "C", measure COLLATE "C"',
            (month.start,),
        )
        known = cursor.fetchall()
        if found == [row[1:] for row in known]:
            return 0
        revision = known[0][0] + 1 if known else 1
        append(
            cursor,
            "model_watch",
            ("month", "revision", *COLUMNS),
            [(month.start, revision, *row) for row in found],
        )
    return len(found)
