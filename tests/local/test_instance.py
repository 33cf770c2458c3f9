"""Ports and secrets: chosen once, remembered, private."""

import socket
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from churn_tasks.core.settings import load_settings
from churn_tasks.local.instance import HOST, Instance


@pytest.fixture
def instance(tmp_path):
    return Instance(load_settings("telecom", state_dir=tmp_path))


def test_a_port_is_remembered_and_two_services_have_two(instance):
    assert (
        instance.port("a")
        == instance.port("a")
        == Instance(instance.settings).port("a")
    )
    assert instance.port("a") != instance.port("b")


def test_services_that_start_side_by_side_get_ports_of_their_own(instance):
    """Without the lock two of them read the file before either has written it."""
    for round_ in range(40):
        names = [f"{round_}-{number}" for number in range(6)]
        with ThreadPoolExecutor(len(names)) as pool:
            ports = list(pool.map(instance.port, names))
        assert len(set(ports)) == len(names)


def test_a_port_that_somebody_took_is_left_to_him(instance):
    before = instance.port("a")
    with socket.socket() as other:
        other.bind((HOST, before))
        other.listen()
        assert instance.port("a") != before


def test_a_secret_is_made_once_and_is_private(instance):
    secret = instance.secret("key")
    assert len(secret) >= 32
    assert instance.secret("key") == secret
    assert instance.secret("other") != secret
    assert (
        stat.S_IMODE((instance.state_dir / "secrets" / "key").stat().st_mode) == 0o600
    )
    assert stat.S_IMODE((instance.state_dir / "secrets").stat().st_mode) == 0o700


def test_settings_of_another_airflow_do_not_reach_ours(instance, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    monkeypatch.setenv("KEPT", "1")
    environment = instance.environment(AIRFLOW_HOME="/own")
    assert environment["KEPT"] == "1"
    assert environment["AIRFLOW_HOME"] == "/own"
    assert "AIRFLOW__CORE__EXECUTOR" not in environment
    assert "MLFLOW_TRACKING_URI" not in environment
