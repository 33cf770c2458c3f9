"""The ledger over HTTP: who may write, what is taken in, and how each kind of bad request is answered."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.core_api.security import get_user
from fastapi.testclient import TestClient

import churn_plugin
from churn_airflow import ledger_api
from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.settings import REPOSITORY, load_settings, process_environment
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JUNE, listed, new_url

REQUESTS = Path(__file__).with_name("api_server_requests.py")
GOOD = {
    "month": "2024-06",
    "customer_id": "customer_1",
    "contact_day": "2024-07-10",
    "channel": "call",
    "agent": "A17",
    "outcome": "reached",
    "cost_cny": 12.5,
}


@pytest.fixture
def warehouse(
    postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    """A list of June with customer_1, to be called, and customer_2, held out."""
    monkeypatch.setenv("CHURN_WAREHOUSE_URL", new_url(postgres))
    monkeypatch.setenv("CHURN_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CHURN_PROFILE", "telecom")
    made = Warehouse(load_settings())
    rows = [listed(1, arm="treat"), listed(2, arm="hold_out")]
    made.publish(made.take_lease(JUNE), "run_a", rows)
    yield made
    made.close()


@pytest.fixture
def stranger() -> TestClient:
    return TestClient(churn_plugin.LedgerWhenAsked())


def client(monkeypatch: pytest.MonkeyPatch, *, may_write: bool = True) -> TestClient:
    app = ledger_api.ledger_app()
    app.dependency_overrides[get_user] = lambda: SimpleNamespace(
        get_name=lambda: "call centre"
    )
    monkeypatch.setattr(ledger_api, "may_write", lambda user: may_write)
    return TestClient(app)


def sent(person: TestClient, *entries: dict[str, Any], **changes: Any) -> Any:
    body = {"source": "dialler", "entries": list(entries), **changes}
    return person.post("/ledger", json=body)


def rows(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.read("SELECT * FROM bi_ledger ORDER BY ledger_id")


def test_without_a_login_nothing_is_answered(
    warehouse: Warehouse, stranger: TestClient
) -> None:
    assert sent(stranger, GOOD).status_code == 401
    assert stranger.post("/ledger", content=b"no json").status_code == 401
    create_auth_manager()
    forged = {"Authorization": "Bearer forged"}
    answer = stranger.post("/ledger", json={}, headers=forged)
    assert answer.status_code == 403, "no token of ours"
    for path in ("/docs", "/redoc"):
        assert stranger.get(path).status_code == 404
    assert rows(warehouse) == []


def test_who_may_not_start_the_month_may_not_write(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = sent(client(monkeypatch, may_write=False), GOOD)
    assert answer.status_code == 403 and "churn_monthly" in answer.json()["detail"]
    assert rows(warehouse) == []


def test_contacts_are_taken_in_once(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = client(monkeypatch)
    held_out = {**GOOD, "customer_id": "customer_2"}
    fax = {**GOOD, "channel": "fax"}
    first = sent(person, GOOD, held_out, fax)
    assert first.status_code == 200
    answer = first.json()
    reasons = answer.pop("reasons")
    assert answer == {
        "rows": 3,
        "added": 2,
        "known": 0,
        "set_aside": 1,
        "held_out": 1,
    }
    assert reasons.keys() == {"3"} and "channel_unknown (allowed: call" in reasons["3"]
    again = sent(person, GOOD, held_out, fax).json()
    assert (again["added"], again["known"]) == (0, 2)
    assert {row["source"] for row in rows(warehouse)} == {
        "dialler, sent by call centre"
    }
    assert [row["rules"] for row in warehouse.ledger_waiting()] == ["channel_unknown"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"month": None}, "month_missing"),
        ({"month": "06/2024"}, "month_unreadable"),
        ({"month": "2024-01"}, "no_list"),
        ({"customer_id": ""}, "customer_id_missing"),
        ({"customer_id": "nobody"}, "unknown_customer"),
        ({"contact_day": None}, "contact_day_missing"),
        ({"contact_day": "yesterday"}, "contact_day_unreadable"),
        ({"contact_day": "2024-07-01"}, "before_list"),
        ({"contact_day": "2025-07-01"}, "after_window"),
        ({"channel": None}, "channel_missing"),
        ({"channel": "pigeon"}, "channel_unknown"),
        ({"agent": " "}, "agent_missing"),
        ({"agent": "13800138000"}, "clear_number"),
        ({"outcome": None}, "outcome_missing"),
        ({"outcome": "fine"}, "outcome_unknown"),
        ({"attempt": 0}, "attempt_outlier"),
        ({"attempt": "first"}, "attempt_unreadable"),
        ({"cost_cny": -1}, "cost_cny_outlier"),
        ({"cost_cny": "dear"}, "cost_cny_unreadable"),
        ({"recall_day": "2024-07-09"}, "recall_before_contact"),
        ({"recall_day": "2030-01-01"}, "recall_too_late"),
        ({"cause_told": "weather"}, "unknown_cause"),
        ({"strategy": "s" * 201}, "strategy_too_long"),
    ],
)
def test_a_bad_contact_is_refused_with_its_reason(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    rule: str,
) -> None:
    answer = sent(client(monkeypatch), {**GOOD, **changes})
    assert answer.status_code == 422
    assert answer.json()["detail"]["reasons"]["1"].startswith(rule)
    assert rows(warehouse) == []
    (waiting,) = warehouse.ledger_waiting()
    assert waiting["rules"] == rule, "set aside, not lost"


def test_a_bad_request_is_refused_as_a_whole(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = client(monkeypatch)
    strange = sent(person, GOOD, {**GOOD, "mood": "good"})
    assert strange.status_code == 422 and "row 2 has mood" in strange.json()["detail"]
    assert sent(person).status_code == 422
    assert sent(person, GOOD, source=" ").status_code == 422
    assert sent(person, GOOD, sender="me").status_code == 422
    assert sent(person, {**GOOD, "agent": ["A17"]}).status_code == 422
    assert sent(person, *([GOOD] * (ledger_api.MOST_ROWS + 1))).status_code == 422
    assert person.post("/ledger", content=b"{").status_code == 422
    assert rows(warehouse) == [] and warehouse.ledger_waiting() == []


def test_loading_the_plugin_imports_neither_fastapi_nor_the_product() -> None:
    """Airflow loads it in every process; what else it loads is Airflow's own."""
    code = (
        "import sys, airflow.plugins_manager; before = set(sys.modules); import churn_plugin;"
        " new = set(sys.modules) - before;"
        " print(sorted(m for m in new if m.split('.')[0] in ('fastapi', 'churn_tasks', 'pandas', 'psycopg')))"
    )
    environment = {**process_environment(), "PYTHONPATH": str(REPOSITORY / "plugins")}
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert told.stdout.splitlines()[-1] == "[]"


def test_the_api_server_mounts_it_and_asks_who_sends(tmp_path: Path) -> None:
    """Airflow's own application with the plugins folder as it stands; 422: let in, and the row is none."""
    environment = {
        **process_environment(),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
    }
    told = subprocess.run(
        [sys.executable, str(REQUESTS)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    names = ("nobody", "elsewhere", "VIEWER", "USER")
    answers = [line for line in told.stdout.splitlines() if line.startswith(names)]
    assert answers == ["nobody 401", "elsewhere 404", "VIEWER 403", "USER 422"]
