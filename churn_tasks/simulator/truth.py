"""What really happened, for tests and benchmarks alone: no pipeline role may read it."""

import numpy as np
import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import NEVER, dates
from churn_tasks.simulator.lives import HELPS, HURTS, Lives
from churn_tasks.simulator.people import FIRST_ID, People
from churn_tasks.simulator.rotation import Rotation
from churn_tasks.simulator.spoiler import Planted

FIRST_PERSON = 500_001


def subscribers(people: People, lives: Lives) -> pa.Table:
    """Cause and day of leaving of every subscriber, signs shown, and what a contact does to him or her."""
    names = np.array([cause.name for cause in codes.CAUSES])
    effects = np.select(
        [lives.contact_effect == HELPS, lives.contact_effect == HURTS],
        ["keeps", "drives_away"],
        "none",
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


def persons(people: People, again: list[tuple[int, int]] | None = None) -> pa.Table:
    """Number of the person behind every subscriber, or behind those registered ``again``: second number and first."""
    of_all = FIRST_PERSON + people.kinship.holder
    subs_id = (
        people.subs_id
        if again is None
        else np.array([ghost for ghost, _ in again], dtype=np.int64)
    )
    number = (
        of_all
        if again is None
        else of_all[np.array([first for _, first in again], dtype=np.int64) - FIRST_ID]
    )
    return pa.table({"subs_id": subs_id, "person_no": number})


def rotations(people: People, lives: Lives, rotation: Rotation) -> pa.Table:
    """Leavers who came back on a new number."""
    return pa.table(
        {
            "old_subs_id": people.subs_id[rotation.old],
            "new_subs_id": people.subs_id[rotation.new],
            "left_date": dates(lives.leave_day[rotation.old]),
            "joined_date": dates(people.join_day[rotation.new]),
        }
    )


def dirt_rows(month: Month, planted: list[Planted]) -> pa.Table:
    """One row for each spoiled row: table, month, kind, the row's key, and what must become of it."""
    columns = zip(
        *(
            (p.table, str(month), p.kind, key, p.outcome)
            for p in planted
            for key in p.keys
        ),
        strict=True,
    )
    names = ("tab", "mon", "kind", "row_key", "outcome")
    values = list(columns) or [()] * len(names)
    return pa.table(
        {
            name: pa.array(list(each), pa.string())
            for name, each in zip(names, values, strict=True)
        }
    )


def doubles(pairs: list[tuple[int, int]]) -> pa.Table:
    """Subscribers registered twice: the second registration and the first."""
    again, first = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return pa.table(
        {
            "subs_id": pa.array(again, pa.int64()),
            "double_of": pa.array(first, pa.int64()),
        }
    )
