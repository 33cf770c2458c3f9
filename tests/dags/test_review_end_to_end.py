"""A doubtful pair answered through Airflow's own API, by Airflow's own scheduler."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from churn_tasks.adapters.warehouse import QueuedPair, Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.instance import Instance
from churn_tasks.local.services import WAREHOUSE, Services

DAG_ID = "churn_review"
RECORDS = (
    '{"customer_name": "王晓明", "birth_year": "1980"}',
    '{"customer_name": "王小明", "birth_year": "1980"}',
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """PostgreSQL and Airflow of their own, with two pairs in the queue."""
    services = Services(
        Instance(load_settings("telecom", state_dir=tmp_path_factory.mktemp("state")))
    )
    try:
        services.start_postgres()
        warehouse = _warehouse(services)
        pairs = [
            QueuedPair(
                a,
                b,
                score,
                "between_the_thresholds",
                None,
                None,
                None,
                RECORDS[0],
                None,
                RECORDS[1],
            )
            for a, b, score in (("1", "2", 0.9), ("3", "4", 0.8))
        ]
        assert warehouse.queue_pairs(Month(2024, 1), pairs, most=9) == 2
        warehouse.close()
        services.start_airflow()
        yield services
    finally:
        services.instance.processes.stop()
        services.instance.cluster.remove()


def _warehouse(services: Services) -> Warehouse:
    return Warehouse(
        load_settings("telecom", warehouse_url=services.instance.cluster.url(WAREHOUSE))
    )


def _waiting(
    services: Services, count: int, seconds: int = 240
) -> tuple[str, list[dict]]:
    """The run that began when the DAG was switched on, and what it asks people, once it asks about so many pairs."""
    until, asked = time.monotonic() + seconds, []
    while time.monotonic() < until:
        for run in services.airflow.get(f"/dags/{DAG_ID}/dagRuns")["dag_runs"]:
            asked = services.airflow.get(
                f"/dags/{DAG_ID}/dagRuns/{run['dag_run_id']}/hitlDetails"
            )["hitl_details"]
            # before the task is parked Airflow takes an answer and does nothing with it
            if len(asked) == count and {
                each["task_instance"]["state"] for each in asked
            } == {"awaiting_input"}:
                return run["dag_run_id"], asked
        time.sleep(2)
    raise AssertionError(f"Airflow asks about {len(asked)} pairs, not {count}")


@pytest.mark.slow
def test_pairs_are_offered_and_the_answers_written_down(services: Services) -> None:
    services.airflow.send("PATCH", f"/dags/{DAG_ID}", {"is_paused": False})
    run, asked = _waiting(services, 2)
    assert all("＊晓＊" in each["body"] and "王" not in each["body"] for each in asked)
    for each, option in zip(
        sorted(asked, key=lambda each: each["task_instance"]["map_index"]),
        (0, 1),
        strict=True,
    ):
        place = f"/dags/{DAG_ID}/dagRuns/{run}/taskInstances/decide/{each['task_instance']['map_index']}/hitlDetails"
        answer = {
            "chosen_options": [each["options"][option]],
            "params_input": {"why": "seen both papers"},
        }
        services.airflow.send("PATCH", place, answer)
    warehouse = _warehouse(services)
    until = time.monotonic() + 120
    while len(warehouse.match_decisions()) < 2 and time.monotonic() < until:
        time.sleep(2)
    decided = [(row.customer_id_a, row.decision) for row in warehouse.match_decisions()]
    assert decided == [("1", "same"), ("3", "different")]
    assert {pair["why"] for pair in warehouse.review_pairs()} == {"seen both papers"}
    assert all(row.decided_by for row in warehouse.match_decisions())
    warehouse.close()


@pytest.mark.slow
def test_only_line_numbers_passed_through_airflow(services: Services) -> None:
    with psycopg.connect(
        services.instance.cluster.url(services.airflow.database)
    ) as connection:
        kept = connection.execute(
            "SELECT string_agg(value::text, ' ') FROM xcom WHERE dag_id = %s", (DAG_ID,)
        )
        (text,) = kept.fetchone()
    assert '"1"' in text and "王" not in text
