"""Decisions on rejected rows: only added, the latest one counts, and none is recorded twice."""

import psycopg
import pytest

from churn_tasks.adapters.warehouse import Release
from churn_tasks.core.errors import BadInput
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JULY,
    JUNE,
    SCHEMA,
    as_role,
    new_url,
    warehouse_at,
)

FIRST = Release(
    "bill",
    "0123456789abcdef",
    "amount_absurd",
    "Li",
    "a yearly bill, confirmed by billing",
)
SECOND = Release("cdr", "fedcba9876543210", "duration_absurd", "Li", "a leased line")


@pytest.fixture
def url(postgres: Cluster) -> str:
    return new_url(postgres)


def test_the_latest_decision_on_a_row_counts(url: str) -> None:
    warehouse = warehouse_at(url)
    assert warehouse.releases(JUNE) == []
    assert warehouse.record_releases(JUNE, [SECOND, FIRST]) == 2
    assert warehouse.releases(JUNE) == [FIRST, SECOND]
    assert warehouse.releases(JULY) == []
    undo = Release("bill", FIRST.row_id, FIRST.rule, "Wang", "billing was wrong")
    assert warehouse.record_releases(JUNE, [undo], is_released=False) == 1
    assert warehouse.releases(JUNE) == [SECOND]
    assert warehouse.record_releases(JUNE, [FIRST]) == 1
    assert warehouse.releases(JUNE) == [FIRST, SECOND]
    warehouse.close()


def test_a_decision_in_force_is_not_recorded_again(url: str) -> None:
    warehouse = warehouse_at(url)
    warehouse.record_releases(JUNE, [FIRST])
    assert warehouse.record_releases(JUNE, [FIRST]) == 0
    assert warehouse.record_releases(JUNE, [SECOND], is_released=False) == 0, (
        "nothing to take back"
    )
    with as_role(url, "churn_loader") as loader:
        assert loader.execute("SELECT count(*) FROM quarantine_release").fetchone() == (
            1,
        )
    warehouse.close()


def test_decisions_are_never_changed_or_removed(url: str) -> None:
    warehouse = warehouse_at(url)
    warehouse.record_releases(JUNE, [FIRST])
    warehouse.close()
    with as_role(url, "churn_loader") as loader:
        for statement in (
            "UPDATE quarantine_release SET why = 'x'",
            "DELETE FROM quarantine_release",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                loader.execute(statement)
    with psycopg.connect(url) as owner:  # control: the statement itself is right
        assert owner.execute(f"DELETE FROM {SCHEMA}.quarantine_release").rowcount == 1


def test_a_decision_without_a_name_is_refused(url: str) -> None:
    warehouse = warehouse_at(url)
    with pytest.raises(BadInput, match="warehouse refused: CheckViolation"):
        warehouse.record_releases(
            JUNE, [Release("bill", FIRST.row_id, "amount_absurd", "", "because")]
        )
    warehouse.close()
