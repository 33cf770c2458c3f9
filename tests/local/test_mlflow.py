"""The MLflow server makes the tables of a new database itself, once, and its address opens the runs of the profile."""

import subprocess

import httpx
import psycopg
import pytest

from churn_tasks.core.settings import load_settings
from churn_tasks.local.instance import Instance
from churn_tasks.local.services import Services


@pytest.fixture
def services(tmp_path):
    services = Services(Instance(load_settings("telecom", state_dir=tmp_path)))
    try:
        services.start_postgres()
        yield services
    finally:
        services.instance.processes.stop()
        services.instance.cluster.remove()


def made_experiment(services: Services, name: str) -> str:
    """As the first month of a profile makes it."""
    api = f"{services.mlflow.url}/api/2.0/mlflow/experiments/create"
    return httpx.post(api, json={"name": name}).json()["experiment_id"]


def versions(services: Services) -> list[tuple[str]]:
    with psycopg.connect(services.instance.cluster.url("mlflow")) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


@pytest.mark.slow
def test_a_new_and_an_existing_database_end_at_one_schema(services, monkeypatch):
    upgraded = []
    run = subprocess.run

    def noted(command, **more):
        if "upgrade" in command:
            upgraded.append(command)
        return run(command, **more)

    monkeypatch.setattr(subprocess, "run", noted)
    services.start_mlflow()
    assert upgraded == []
    made = versions(services)
    assert len(made) == 1
    services.instance.processes.stop(["mlflow"])
    services.start_mlflow()
    assert len(upgraded) == 1
    assert versions(services) == made
    every = f"{services.mlflow.url}/#/experiments"
    assert services.addresses()["MLflow"].startswith(f"{every}  (no log-in")
    number = made_experiment(services, "churn_telecom")
    runs = f"{every}/{number}/runs?workflowType=machine_learning&compareRunsMode=CHART"
    assert services.addresses()["MLflow"].startswith(f"{runs}  (no log-in")


def test_where_nobody_answers_the_address_is_that_of_all_experiments(tmp_path):
    services = Services(Instance(load_settings("telecom", state_dir=tmp_path)))
    every = f"{services.mlflow.url}/#/experiments"
    assert services.mlflow.page_of("churn_telecom") == every
