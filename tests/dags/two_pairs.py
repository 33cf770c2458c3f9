"""Two doubtful pairs in the queue, and two people who answer them through Airflow's own API."""

import time
from dataclasses import dataclass
from typing import Any

from churn_tasks.adapters.warehouse import QueuedPair, Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.services import WAREHOUSE, Services

DAG_ID = "churn_review"
PARKED_S = 3  # a task's process ends a moment after its state says that it waits
RECORDS = (
    '{"customer_name": "王晓明", "birth_year": "1980"}',
    '{"customer_name": "王小明", "birth_year": "1980"}',
)
LINES = (("1", "2", 0.9), ("3", "4", 0.8))
WHY = "seen both papers"


@dataclass(frozen=True)
class Answered:
    """What became of the two pairs.

    Attributes:
        asked: what Airflow asked, as its API tells it.
        decided: first line of each decided pair, and the decision.
        why: every reason that was written down.
        decided_by: who decided.
    """

    asked: list[dict[str, Any]]
    decided: list[tuple[str, str]]
    why: set[str]
    decided_by: list[str]


def warehouse_of(services: Services) -> Warehouse:
    return Warehouse(
        load_settings("telecom", warehouse_url=services.instance.cluster.url(WAREHOUSE))
    )


def queue(services: Services) -> None:
    """Put the two pairs to people."""
    warehouse = warehouse_of(services)
    pairs = [_pair(*line) for line in LINES]
    assert warehouse.queue_pairs(Month(2024, 1), pairs, most=9) == 2
    warehouse.close()


def _pair(first: str, second: str, score: float) -> QueuedPair:
    return QueuedPair(
        customer_id_a=first,
        customer_id_b=second,
        probability=score,
        reason="between_the_thresholds",
        evidence=None,
        evidence_zh=None,
        phone_token_a=None,
        record_a=RECORDS[0],
        phone_token_b=None,
        record_b=RECORDS[1],
    )


def answer(services: Services) -> Answered:
    """Switch the DAG on, answer the first pair with "same" and the second with "different", and wait for both."""
    services.airflow.send("PATCH", f"/dags/{DAG_ID}", {"is_paused": False})
    run, asked = _waiting(services, 2)
    in_order = sorted(asked, key=_map_index)
    for each, option in zip(in_order, (0, 1), strict=True):
        place = f"/dags/{DAG_ID}/dagRuns/{run}/taskInstances/decide/{_map_index(each)}/hitlDetails"
        chosen = [each["options"][option]]
        said = {"chosen_options": chosen, "params_input": {"why": WHY}}
        services.airflow.send("PATCH", place, said)
    return _decided(services, asked)


def _map_index(asked: dict[str, Any]) -> int:
    return int(asked["task_instance"]["map_index"])


def _decided(services: Services, asked: list[dict[str, Any]]) -> Answered:
    warehouse = warehouse_of(services)
    until = time.monotonic() + 120
    while len(warehouse.match_decisions()) < 2 and time.monotonic() < until:
        time.sleep(0.5)
    decisions = warehouse.match_decisions()
    decided = [(row.customer_id_a, row.decision) for row in decisions]
    why = {pair["why"] for pair in warehouse.review_pairs()}
    decided_by = [row.decided_by for row in decisions]
    warehouse.close()
    return Answered(asked, decided, why, decided_by)


def _waiting(
    services: Services, count: int, seconds: int = 240
) -> tuple[str, list[dict[str, Any]]]:
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
                time.sleep(PARKED_S)
                return run["dag_run_id"], asked
        time.sleep(0.5)
    raise AssertionError(f"Airflow asks about {len(asked)} pairs, not {count}")
