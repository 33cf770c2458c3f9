"""Same settings, same bytes; another seed, other bytes."""

import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.simulator import SimulationSettings, database
from churn_tasks.simulator.operator import Operator


def digest(settings: SimulationSettings) -> str:
    sha = hashlib.sha256()
    for delivery in Operator(settings).months():
        for tables in (delivery.boss, delivery.truth):
            for name, table in sorted(tables.items()):
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, table.schema) as writer:
                    writer.write_table(table.combine_chunks())
                sha.update(name.encode() + sink.getvalue().to_pybytes())
    return sha.hexdigest()


def test_same_settings_give_the_same_bytes_and_another_seed_does_not() -> None:
    settings = SimulationSettings(customers=300, months=3, seed=1)
    first = digest(settings)
    assert digest(SimulationSettings(customers=300, months=3, seed=1)) == first
    assert digest(SimulationSettings(customers=300, months=3, seed=2)) != first


def test_a_fingerprint_covers_every_setting() -> None:
    base = SimulationSettings()
    others = {
        "customers": 300, "months": 3, "first_month": Month(2023, 1), "cdr_per_month": 5, "seed": 2,
        "churn_rate": 0.1, "dirt": 0.0, "planted_interaction": 0.3,
        "months_as_planned": 2, "time_zone": "UTC",
    }  # fmt: skip
    assert set(others) == set(SimulationSettings.model_fields), (
        "a new setting must be tried here"
    )
    prints = {
        base.model_copy(update={name: value}).fingerprint
        for name, value in others.items()
    }
    assert len(prints | {base.fingerprint}) == len(others) + 1


def test_rows_of_a_month_carry_numbers_that_no_other_month_uses() -> None:
    """Keys are unique across months, exact doubles aside: dirt off, there are none."""
    operator = Operator(SimulationSettings(customers=300, months=3, dirt=0))
    numbers = [
        delivery.boss["cdr"]["rec_no"].to_numpy() for delivery in operator.months()
    ]
    assert all(len(set(part)) == len(part) > 1000 for part in numbers)
    assert all(earlier.max() < later.min() for earlier, later in pairwise(numbers))


def test_every_table_is_delivered_with_all_columns_of_the_schema() -> None:
    """A column left out would be loaded as nulls without a word."""
    schema = (Path(database.__file__).parent / "schema.sql").read_text(encoding="utf-8")
    wanted = {
        name: [column.split()[0] for column in body.split(",")]
        for name, body in re.findall(
            r"CREATE TABLE boss\.(\w+) \((.*?)\);", schema, re.DOTALL
        )
    }
    delivery = next(
        Operator(SimulationSettings(customers=200, months=1, dirt=0)).months()
    )
    assert len(wanted) == 21
    assert {
        name: sorted(table.column_names) for name, table in delivery.boss.items()
    } == {name: sorted(columns) for name, columns in wanted.items()}
