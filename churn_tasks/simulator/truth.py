"""What really happened, for tests and benchmarks alone: no pipeline role may read it."""

import numpy as np
import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.simulator.causes import CAUSES
from churn_tasks.simulator.columns import coded, dates
from churn_tasks.simulator.lives import HELPS, HURTS, Lives
from churn_tasks.simulator.people import FIRST_ID, People
from churn_tasks.simulator.rotation import Rotation
from churn_tasks.simulator.spoiler import Double, Planted

FIRST_PERSON = 500_001
EFFECTS = ("none", "keeps", "drives_away")  # of a contact
DIRT_COLUMNS = ("tab", "mon", "kind", "row_key", "outcome")


def subscribers(people: People, lives: Lives) -> pa.Table:
    """Cause and day of leaving of every subscriber, signs shown, and what a contact does to him or her."""
    causes = np.array([cause.name for cause in CAUSES])
    helps = lives.contact_effect == HELPS
    hurts = lives.contact_effect == HURTS
    return pa.table(
        {
            "subs_id": people.subs_id,
            "join_date": dates(people.join_day),
            "leave_date": dates(lives.leave_day),
            "cause": pa.array(causes[lives.cause], mask=lives.stays),
            "shown_signs": lives.shown_signs,
            "contact_effect": coded(EFFECTS, helps + 2 * hurts),
            "kept_by_contact": lives.kept_by_contact,
            "driven_by_contact": lives.driven_by_contact,
        }
    )


def persons(people: People) -> pa.Table:
    """Number of the person behind every subscriber."""
    number = FIRST_PERSON + people.kinship.holder
    return pa.table({"subs_id": people.subs_id, "person_no": number})


def persons_registered_again(people: People, doubles: list[Double]) -> pa.Table:
    """The same for second registrations."""
    pairs = fuzzy_doubles(doubles)
    first = pairs.column("double_of").to_numpy() - FIRST_ID
    number = FIRST_PERSON + people.kinship.holder[first]
    return pa.table({"subs_id": pairs.column("subs_id"), "person_no": number})


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
    rows = []
    for spoiled in planted:
        for key in spoiled.keys:
            row = (spoiled.table, str(month), spoiled.kind, key, spoiled.outcome)
            rows.append(dict(zip(DIRT_COLUMNS, row, strict=True)))
    texts = pa.schema([(column, pa.string()) for column in DIRT_COLUMNS])
    return pa.Table.from_pylist(rows, texts)


def fuzzy_doubles(doubles: list[Double]) -> pa.Table:
    """Subscribers registered twice: the second registration and the first."""
    again = [double.again for double in doubles]
    first = [double.first for double in doubles]
    return pa.table(
        {
            "subs_id": pa.array(again, pa.int64()),
            "double_of": pa.array(first, pa.int64()),
        }
    )
