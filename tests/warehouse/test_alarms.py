"""Alarms of the daily watch in the warehouse: once each, ranked with the list, masked, and gone when asked for."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from churn_tasks.adapters.warehouse import Erasure, Warehouse, WatchedDay
from churn_tasks.core.months import Month
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JUNE, as_role, listed, new_url, warehouse_at

AUGUST = Month.parse("2024-08")
NUMBER = "13800001234"


@pytest.fixture
def url(postgres: Cluster) -> str:
    return new_url(postgres)


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    made = warehouse_at(url)
    made.store_numbers([("token_a", NUMBER)])
    yield made
    made.close()


def fired(customer: str, trigger: str = "port_requested", **changes: Any) -> Any:
    row = {
        "month": AUGUST.start, "customer_id": customer, "trigger": trigger, "event_date": date(2024, 8, 14),
        "known_date": date(2024, 8, 14), "priority": 100, "evidence_en": f"{trigger} of {customer}",
        "evidence_zh": "依据", "phone_token": f"token_{customer}", "region_code": "R1", "person_id": None,
        "list_month": None, "list_rank": None, "churn_score": None, "has_left": False,
    }  # fmt: skip
    return {**row, **changes}


def watch(
    warehouse: Warehouse, day: int, *rows: Any, asked: Any = None, missing: str = ""
) -> int:
    names = asked or ["port_requested", "rival_called"]
    watched = WatchedDay(
        date(2024, 8, day),
        {AUGUST: names},
        10,
        0,
        missing,
        missing,
        {"cdr": {"rows": 10}},
    )
    return warehouse.record_day(watched, rows)


def alarms(warehouse: Warehouse) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = {}
    for row in warehouse.alarms(AUGUST):
        told = (row["first_day"].day, row["event_date"].day, row["ended_why"])
        found[row["customer_id"], row["trigger"]] = told
    return found


def test_an_alarm_is_raised_once_whatever_comes_after_it(warehouse: Warehouse) -> None:
    """The same day again, a later day, another date of the event: one alarm, as it was first raised."""
    assert watch(warehouse, 14, fired("a")) == 1
    assert watch(warehouse, 14, fired("a")) == 1, "the day still was the first"
    assert watch(warehouse, 15, fired("a", event_date=date(2024, 8, 13))) == 0
    assert watch(warehouse, 13, fired("a")) == 0
    assert alarms(warehouse) == {("a", "port_requested"): (14, 14, None)}
    assert len(warehouse.watched_days()) == 3


def test_a_key_with_the_date_of_the_event_would_raise_it_twice(
    warehouse: Warehouse, url: str
) -> None:
    """Negative control: a correction of the date is another key."""
    watch(warehouse, 14, fired("a"))
    with psycopg.connect(url) as admin:
        admin.execute(
            "CREATE TABLE naive (customer_id text, trigger text, event_date date,"
            " PRIMARY KEY (customer_id, trigger, event_date))"
        )
        for day in (14, 13):
            admin.execute(
                "INSERT INTO naive VALUES ('a', 'port_requested', %s) ON CONFLICT DO NOTHING",
                (date(2024, 8, day),),
            )
        assert admin.execute("SELECT count(*) FROM naive").fetchone() == (2,)


def test_what_is_taken_back_ends_and_what_is_there_again_opens(
    warehouse: Warehouse,
) -> None:
    watch(warehouse, 14, fired("a"), fired("b"), fired("c", "rival_called"))
    watch(warehouse, 15, fired("b", has_left=True), asked=["port_requested"])
    assert alarms(warehouse) == {
        ("a", "port_requested"): (14, 14, "taken_back"),
        ("b", "port_requested"): (14, 14, "left"),
        ("c", "rival_called"): (14, 14, None),  # nobody asked for it on the 15th
    }
    watch(warehouse, 14)  # an older day, which knows of nothing: later ones knew more
    assert alarms(warehouse)["c", "rival_called"][2] is None
    watch(warehouse, 16, fired("a"))
    assert alarms(warehouse)["a", "port_requested"] == (14, 14, None)


def test_who_has_left_already_is_nobody_to_call(warehouse: Warehouse) -> None:
    assert watch(warehouse, 14, fired("a", has_left=True)) == 0
    assert alarms(warehouse) == {}


def test_staff_call_from_list_and_alarms_ranked_together(
    warehouse: Warehouse, url: str
) -> None:
    """A port request, a listed customer at 90 %, the other listed one with a call to a rival, an ended alarm."""
    lease = warehouse.take_lease(JUNE)
    rows = [listed(1, score=0.9), listed(2, score=0.3)]
    warehouse.publish(lease, "june", rows)
    watch(
        warehouse, 14, fired("a"), fired("customer_2", "rival_called", priority=75), fired("ended")
    )  # fmt: skip
    watch(
        warehouse, 15, fired("a"), fired("customer_2", "rival_called", priority=75),
        missing="no data for cdr since 2024-08-15",
    )  # fmt: skip
    with as_role(url, "churn_retention") as reader:
        called = reader.execute(
            "SELECT place, customer_id, urgency, triggers, list_rank, phone_number, is_complete"
            " FROM retention_alarm ORDER BY place"
        ).fetchall()
        region = reader.execute(
            "SELECT count(*) FROM retention_alarm WHERE region_code = 'R1'"
        ).fetchone()
    assert called == [
        (1, "a", 100, "port_requested", None, NUMBER, False),
        (2, "customer_1", 90, None, 1, None, False),
        (3, "customer_2", 75, "rival_called", 2, None, False),
    ]
    assert region == (2,)


def test_who_is_held_out_is_not_called_for_an_alarm_while_the_draw_stands(
    warehouse: Warehouse, url: str
) -> None:
    """Whichever of the person's lines raises it; when the draw has ended, and of nobody else."""
    drawn = [
        listed(1, arm="hold_out", arm_until=date(2024, 9, 1)),
        listed(2, arm="hold_out", arm_until=date(2024, 8, 15)),
        listed(3, arm="panel"),
        listed(4, arm="treat", arm_until=date(2024, 9, 1)),
    ]
    warehouse.publish(warehouse.take_lease(JUNE), "june", drawn)
    other_line = fired("second_line", person_id="Pcustomer_1")
    fires = [fired(f"customer_{rank}") for rank in (1, 2, 3, 4)]
    watch(warehouse, 15, other_line, *fires, fired("beside"))
    with as_role(url, "churn_retention") as staff:
        rows = staff.execute("SELECT customer_id FROM retention_alarm").fetchall()
    assert {cells[0] for cells in rows} == {"customer_2", "customer_4", "beside"}


def test_alarms_of_months_that_are_watched_no_more_are_no_calls(
    warehouse: Warehouse, url: str
) -> None:
    watch(warehouse, 14, fired("old", month=Month.parse("2024-06").start), fired("a"))
    with as_role(url, "churn_retention") as reader:
        called = reader.execute("SELECT customer_id FROM retention_alarm").fetchall()
    assert called == [("a",)]


def test_numbers_are_clear_for_retention_staff_alone(
    warehouse: Warehouse, url: str
) -> None:
    watch(warehouse, 14, fired("a"))
    shown = str(warehouse.alarms(AUGUST))
    assert "138****1234" in shown and NUMBER not in shown
    with (
        as_role(url, "churn_bi") as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute("SELECT * FROM retention_alarm")


def test_nothing_of_an_alarm_can_be_changed_but_how_it_ended(
    warehouse: Warehouse, url: str
) -> None:
    watch(warehouse, 14, fired("a"))
    with as_role(url, "churn_loader") as loader:
        for statement in (
            "UPDATE trigger_alarm SET evidence_en = 'x'",
            "UPDATE trigger_alarm SET first_day = '2024-08-01'",
            "DELETE FROM trigger_alarm",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                loader.execute(statement)
        with pytest.raises(psycopg.errors.CheckViolation):
            loader.execute("UPDATE trigger_alarm SET ended_why = 'left'")


def test_who_is_taken_out_has_no_alarms_left(warehouse: Warehouse) -> None:
    watch(warehouse, 14, fired("a"), fired("a", "rival_called"), fired("b"))
    erasure = Erasure("k", "R-1", "officer", "asked", 1, 1, {AUGUST: 1})
    taken = warehouse.take_out({"customer": ["a"]}, erasure, [])
    assert taken["trigger_alarm"] == 2
    assert set(alarms(warehouse)) == {("b", "port_requested")}
