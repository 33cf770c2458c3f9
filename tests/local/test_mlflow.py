"""The MLflow server makes the tables of a new database itself, once; an existing one is upgraded before it starts."""

import subprocess

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
