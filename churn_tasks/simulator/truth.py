"""What really happened, for tests and benchmarks alone: no pipeline role may read it."""

import numpy as np
import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import NEVER, dates
from churn_tasks.simulator.lives import HELPS, HURTS, Lives
from churn_tasks.simulator.people import People


def subscribers(people: People, lives: Lives) -> pa.Table:
    """Cause and day of leaving of every subscriber, signs shown, and what a contact does to him or her."""
    names = np.array([cause.name for cause in codes.CAUSES])
    effects = np.select(
        [lives.contact_effect == HELPS, lives.contact_effect == HURTS], ["keeps", "drives_away"], "none"
    )
    return pa.table(
        {
            "subs_id": people.subs_id,
            "join_date": dates(people.join_day),
            "leave_date": dates(lives.leave_day),
            "cause": pa.array(names[lives.cause], mask=lives.leave_day == NEVER),
            "shown_signs": lives.shown_signs,
            "contact_effect": pa.array(effects),
            "kept_by_contact": lives.kept_by_contact,
            "driven_by_contact": lives.driven_by_contact,
        }
    )


def dirt_rows(month: Month, planted: list[tuple[str, str, list[str]]]) -> pa.Table:
    """One row for each spoiled row: table, month, kind and the row's number."""
    tables = [table for table, _, keys in planted for _ in keys]
    kinds = [kind for _, kind, keys in planted for _ in keys]
    keys = [key for _, _, keys in planted for key in keys]
    strings = {"tab": tables, "mon": [str(month)] * len(keys), "kind": kinds, "row_key": keys}
    return pa.table({name: pa.array(values, pa.string()) for name, values in strings.items()})


def doubles(pairs: list[tuple[int, int]]) -> pa.Table:
    """Subscribers registered twice: the second registration and the first."""
    again, first = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return pa.table({"subs_id": pa.array(again, pa.int64()), "double_of": pa.array(first, pa.int64())})
