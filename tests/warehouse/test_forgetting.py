"""People taken out of the warehouse: lists that were published stay published, and their figures stay."""

from collections.abc import Iterator

import psycopg
import pytest

from churn_tasks.adapters.warehouse import Erasure, ListOutcome, Warehouse
from churn_tasks.core.errors import CheckFailed
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JULY,
    JUNE,
    count,
    listed,
    new_url,
    small_list,
    warehouse_at,
)

OUTCOME = ListOutcome(100, 9, 1, 5, 3, 1)
WITHOUT = ListOutcome(99, 8, 1, 4, 2, 1)


def erasure(key: str = "k1") -> Erasure:
    return Erasure(key, "R-1", "officer", "asked", 1, 1, {JUNE: 1})


@pytest.fixture
def warehouse(postgres: Cluster) -> Iterator[Warehouse]:
    """Two versions of a list, both with customer_2, and what the first came to."""
    made = warehouse_at(new_url(postgres))
    made.publish(made.take_lease(JUNE), "first", small_list(5))
    made.record_outcome(JUNE, OUTCOME)
    made.publish(made.take_lease(JUNE), "second", small_list(5, score=0.6))
    made.publish(made.take_lease(JULY), "july", small_list(3))
    yield made
    made.close()


def take_out(
    warehouse: Warehouse,
    *customers: str,
    key: str = "k1",
    lists: tuple[tuple[str, str], ...] = (),
) -> dict[str, int]:
    remainders = [(JUNE, before, after) for before, after in lists]
    return warehouse.take_out({"customer": customers}, erasure(key), remainders)


def test_rows_go_from_every_version_and_the_figures_stay(warehouse: Warehouse) -> None:
    publications = warehouse.publications()
    assert take_out(warehouse, "customer_2")["warning_list"] == 3
    assert [row["customer_id"] for row in warehouse.published(JUNE)] == [
        f"customer_{n}" for n in (1, 3, 4, 5)
    ]
    for row in publications:
        row["taken_out"] = 1
    assert warehouse.publications() == publications
    assert [(row["persons"], row["list_rows"]) for row in warehouse.erasures()] == [
        (1, 2)
    ]


def test_a_list_without_them_is_known_as_the_same(warehouse: Warehouse) -> None:
    take_out(warehouse, "customer_2", lists=(("second", "after one"),))
    take_out(warehouse, "customer_4", key="k2", lists=(("after one", "after two"),))
    for list_id in ("second", "after one", "after two"):
        assert warehouse.original_run(JUNE, list_id) == "second"
    rows = [row for row in small_list(5, score=0.6) if row[0] not in (2, 4)]
    again = warehouse.publish(
        warehouse.take_lease(JUNE), warehouse.original_run(JUNE, "after two"), rows
    )
    assert (again.is_new, again.version, again.run_id) == (False, 2, "second")
    assert warehouse.original_run(JUNE, "another") == "another"


def test_the_audit_still_finds_what_is_lost_otherwise(warehouse: Warehouse) -> None:
    """Negative control: one row more than were taken out, or another one."""
    take_out(warehouse, "customer_2")
    url = warehouse.settings.environment.warehouse_url
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "DELETE FROM churn_telecom.warning_list WHERE run_id = 'second' AND rank = 3"
        )
    with pytest.raises(
        CheckFailed, match=r"changed_content 1.*rows_missing_or_extra 1"
    ):
        warehouse.publish(warehouse.take_lease(JUNE), "second", [])


def test_a_list_that_was_made_before_and_is_published_after(
    warehouse: Warehouse,
) -> None:
    rows = [listed(rank) for rank in (1, 2, 4)]
    with pytest.raises(CheckFailed, match="rank_gaps"):
        warehouse.publish(warehouse.take_lease(JULY), "with a gap", rows)
    published = warehouse.publish(
        warehouse.take_lease(JULY), "one gone", rows, taken_out=1
    )
    assert published.is_new and published.rows == 4
    gaps = [listed(rank) for rank in (1, 2, 5)]
    with pytest.raises(CheckFailed, match="rank_gaps 1"):
        warehouse.publish(warehouse.take_lease(JULY), "two gone", gaps, taken_out=1)


def test_what_a_list_came_to_stays_as_it_was_recorded(warehouse: Warehouse) -> None:
    take_out(warehouse, "customer_2")
    assert not warehouse.record_outcome(JUNE, WITHOUT)
    assert warehouse.read("SELECT churners, warned FROM bi_result") == [
        {"churners": 9, "warned": 5}
    ]
    # a month that nobody was taken out of is recorded as ever
    assert warehouse.record_outcome(JULY, OUTCOME) and warehouse.record_outcome(
        JULY, WITHOUT
    )


def test_doing_it_again_changes_nothing(warehouse: Warehouse) -> None:
    take_out(warehouse, "customer_2")
    assert set(take_out(warehouse, "customer_2").values()) == {0}
    url = warehouse.settings.environment.warehouse_url
    assert count(url, "SELECT taken_out FROM run WHERE run_id = 'second'") == 1
    assert count(url, "SELECT count(*) FROM erasure") == 1
