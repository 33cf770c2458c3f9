"""Loading: skipped when it is there, made anew when it differs or was broken off."""

import psycopg
import pytest

from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import Progress, SimulationSettings, simulate
from churn_tasks.simulator import database as simulator_database

TINY = SimulationSettings(customers=200, months=2, cdr_per_month=3)


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_simulation_is_loaded_once_and_replaced_by_another(postgres: Cluster) -> None:
    url = postgres.create_database("simulator_twice")
    told: list[Progress] = []
    assert simulate(url, TINY, told.append) is True
    assert [(step.month, step.done, step.total) for step in told] == [
        ("2024-01", 1, 2),
        ("2024-02", 2, 2),
    ]
    rows = count(url, "boss.cdr")
    assert simulate(url, TINY, told.append) is False
    assert len(told) == 2
    other = TINY.model_copy(update={"cdr_per_month": 6})
    assert simulate(url, other) is True
    assert count(url, "boss.cdr") > 1.5 * rows
    assert count(url, "sim_truth.simulation") == 1


def test_a_simulation_that_was_broken_off_is_made_anew(
    postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create_database("simulator_broken")

    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(url, TINY, stop)
    half = count(url, "boss.cdr")
    assert not simulator_database.is_loaded(url, TINY)
    assert simulate(url, TINY) is True
    assert count(url, "boss.cdr") > half > 0


def test_a_database_that_does_not_answer_is_worth_another_try() -> None:
    with pytest.raises(ConnectionTrouble, match="does not answer"):
        simulate("postgresql://nobody@/nothing?host=/nonexistent", TINY)
