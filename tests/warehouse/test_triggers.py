"""Triggers go out with the list of their month: under its run, by the same flip, masked, and gone when asked for."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from churn_tasks.adapters.warehouse import Erasure, Warehouse
from churn_tasks.core.errors import CheckFailed
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JULY,
    JUNE,
    as_role,
    listed,
    new_url,
    warehouse_at,
)

NUMBER = "13800001234"


def row(customer: str, trigger: str = "port_requested", **changes: Any) -> Any:
    """One trigger, in the order of the warehouse's columns."""
    cells = {
        "customer_id": customer,
        "trigger": trigger,
        "event_date": date(2024, 6, 12),
        "known_date": date(2024, 7, 5),
        "priority": 100,
        "evidence_en": "asked to port",
        "evidence_zh": "申请携号转网",
        "phone_token": f"token_{customer}",
        "region_code": "R1",
    }
    return tuple({**cells, **changes}.values())


def with_ported(score: float = 0.5) -> list[Any]:
    """Two listed customers; the first has asked to port."""
    ported = listed(1, score=score, triggers="port_requested", trigger_set="d1")
    return [ported, listed(2, score=score, trigger_set="d1")]


@pytest.fixture
def warehouse(postgres: Cluster) -> Iterator[Warehouse]:
    made = warehouse_at(new_url(postgres))
    made.store_numbers([("token_beside", NUMBER)])
    yield made
    made.close()


def publish(warehouse: Warehouse, run_id: str, rows: Any, triggers: Any) -> bool:
    lease = warehouse.take_lease(JUNE)
    return warehouse.publish(lease, run_id, rows, triggers=triggers).is_new


def test_customers_on_the_list_and_beside_it_are_there_with_masked_numbers(
    warehouse: Warehouse,
) -> None:
    fired = [row("customer_1"), row("beside", priority=40)]
    assert publish(warehouse, "first", with_ported(), fired)
    shown = warehouse.triggers(JUNE)
    assert [
        (each["customer_id"], each["is_listed"], each["rank"]) for each in shown
    ] == [
        ("customer_1", True, 1),
        ("beside", False, None),
    ]
    assert shown[1]["phone_masked"] == "138****1234"
    assert NUMBER not in str(shown)
    assert warehouse.triggers(JULY) == []
    (first, second) = warehouse.published(JUNE)
    assert (first["triggers"], second["triggers"]) == ("port_requested", None)


def test_a_further_list_brings_its_own_triggers_and_the_same_one_changes_nothing(
    warehouse: Warehouse,
) -> None:
    publish(warehouse, "first", with_ported(), [row("customer_1"), row("beside")])
    assert not publish(warehouse, "first", with_ported(), [row("customer_1")])
    assert len(warehouse.triggers(JUNE)) == 2, "the run has its triggers already"
    publish(warehouse, "second", with_ported(0.6), [row("customer_1")])
    assert [each["customer_id"] for each in warehouse.triggers(JUNE)] == ["customer_1"]
    assert {each["run_id"] for each in warehouse.triggers(JUNE)} == {"second"}


@pytest.mark.parametrize(
    "fired",
    [[], [row("beside")], [row("customer_1"), row("customer_2")]],
    ids=["none", "another customer's", "one the list does not show"],
)
def test_a_list_and_triggers_that_differ_are_not_published(
    warehouse: Warehouse, fired: Any
) -> None:
    with pytest.raises(CheckFailed, match="other_triggers 1"):
        publish(warehouse, "wrong", with_ported(), fired)
    assert warehouse.published(JUNE) == warehouse.triggers(JUNE) == []


def test_who_is_held_out_is_not_called_for_a_trigger_while_the_draw_stands(
    postgres: Cluster,
) -> None:
    """Nor is the panel, ever; analysts see all of them. Who was held out until the day of the event may be called."""
    url = new_url(postgres)
    warehouse = warehouse_at(url)
    draw = {"arm_month": date(2024, 6, 1), "triggers": "port_requested"}
    drawn = [
        listed(1, arm="hold_out", arm_until=date(2024, 9, 1), **draw),
        listed(2, arm="hold_out", arm_until=date(2024, 6, 12), **draw),
        listed(3, arm="panel", triggers="port_requested"),
        listed(4, arm="treat", arm_until=date(2024, 9, 1), **draw),
    ]
    fired = [row(f"customer_{rank}") for rank in (1, 2, 3, 4)] + [row("beside")]
    publish(warehouse, "first", drawn, fired)
    assert len(warehouse.triggers(JUNE)) == 5
    warehouse.close()
    with as_role(url, "churn_retention") as staff:
        found = staff.execute("SELECT customer_id FROM retention_trigger").fetchall()
        assert {cells[0] for cells in found} == {"customer_2", "customer_4", "beside"}


def test_who_is_taken_out_has_no_triggers_left(warehouse: Warehouse) -> None:
    fired = [row("customer_1"), row("customer_1", "rival_called"), row("beside")]
    publish(warehouse, "first", with_ported(), fired)
    erasure = Erasure("k", "R-1", "officer", "asked", 1, 1, {JUNE: 1})
    taken = warehouse.take_out({"customer": ["customer_1"]}, erasure, [])
    assert taken["raised_trigger"] == 2
    assert [each["customer_id"] for each in warehouse.triggers(JUNE)] == ["beside"]
    left = [with_ported()[1]]
    assert not publish(warehouse, "first", left, [row("beside")]), "audited again"
