"""What lists have changed, by the run that knew it; rows are added, never changed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month

COLUMNS = ("scope", "name", "state", "figures")


def record_effects(
    connection: Connection, month: Month, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Add what the run of a month knows; nothing where its latest revision says the same.

    Args:
        rows: ``scope``, ``name``, ``state`` and ``figures`` (a mapping of numbers) each.

    Returns:
        Rows added.
    """
    found = {}
    for row in rows:
        found[row["scope"], row["name"]] = (row["state"], dict(row["figures"]))
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "effect")
        cursor.execute(
            "SELECT revision, scope, name, state, figures FROM effect AS e WHERE month = %s AND revision ="
            " (SELECT max(revision) FROM effect WHERE month = e.month)",
            (month.start,),
        )
        before = cursor.fetchall()
        known = {(row[1], row[2]): (row[3], row[4]) for row in before}
        if known == found:
            return 0
        revision = before[0][0] + 1 if before else 1
        added = []
        for (scope, name), (state, figures) in found.items():
            kept = json.dumps(figures, sort_keys=True)
            added.append((month.start, revision, scope, name, state, kept))
        append(cursor, "effect", ("month", "revision", *COLUMNS), added)
    return len(found)
