"""A source behind an Airflow connection, resolved by Airflow's own SDK from its environment backend."""

import json
import logging
import os
import traceback
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from churn_tasks.adapters.source import open_source
from churn_tasks.core.errors import ChurnError, ConnectionTrouble, SettingsError
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from tests.lakes import small_profile

SECRET = "p@ss/w:rd-Geheim"
BOSS = {
    "conn_type": "postgres",
    "host": "db.example",
    "login": "reader",
    "password": SECRET,
    "schema": "boss",
}


@pytest.fixture
def defined(monkeypatch: pytest.MonkeyPatch):
    """Define the connection ``boss`` for Airflow."""

    def define(**fields: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_BOSS", json.dumps(fields))

    return define


def settings_of(
    tmp_path: Path, kind: str, name: str = "boss", **environment: Any
) -> Settings:
    source = {
        "kind": kind,
        "connection": name,
        "files": {"lines": "*.csv"} if kind == "files" else {},
    }
    return load_settings(
        str(small_profile(tmp_path, (), source=source)),
        state_dir=tmp_path,
        **environment,
    )


def resolved(settings: Settings) -> Settings:
    from churn_airflow.connections import connected

    return connected(settings)


@pytest.mark.parametrize(
    ("kind", "fields", "url"),
    [
        ("postgres", {"port": 6432}, "postgresql://reader:p%40ss%2Fw%3Ard-Geheim@db.example:6432/boss"),
        ("sql", {}, "postgresql+psycopg://reader:p%40ss%2Fw%3Ard-Geheim@db.example/boss"),
        ("sql", {"conn_type": "mysql"}, "mysql+pymysql://reader:p%40ss%2Fw%3Ard-Geheim@db.example/boss"),
        (
            "sql",
            {"conn_type": "generic", "extra": {"sqlalchemy_scheme": "adbc+snowflake", "warehouse": "wh"}},
            "adbc+snowflake://reader:p%40ss%2Fw%3Ard-Geheim@db.example/boss?warehouse=wh",
        ),
        ("postgres", {"extra": {"sslmode": "require"}, "password": None}, "postgresql://reader@db.example/boss?sslmode=require"),
        ("sql", {"conn_type": "sqlite", "host": "/data/boss.db"}, "sqlite:////data/boss.db"),
    ],
)  # fmt: skip
def test_the_address_is_made_of_the_connection(
    tmp_path: Path, defined: Any, kind: str, fields: dict[str, Any], url: str
) -> None:
    defined(**{**BOSS, **fields})
    assert resolved(settings_of(tmp_path, kind)).environment.source_url == url


def test_the_keys_of_a_storage_are_those_of_the_connection(
    tmp_path: Path, defined: Any
) -> None:
    extra = {"endpoint_url": "http://minio:9000", "region_name": "cn-north-1"}
    defined(conn_type="aws", login="id", password=SECRET, extra=extra)
    found = resolved(settings_of(tmp_path, "files", data_path="s3://drops")).environment
    assert json.loads(found.data_options) == {
        "key": "id", "secret": SECRET, "endpoint_url": "http://minio:9000",
        "client_kwargs": {"region_name": "cn-north-1"},
    }  # fmt: skip
    assert SECRET not in repr(found)


def test_a_profile_without_a_connection_stays_as_it_is(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "sql", "", source_url="sqlite:///x")
    assert resolved(settings) is settings


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        (
            "sql",
            None,
            "'boss', which Airflow does not know; add it under Admin, Connections, or set AIRFLOW_CONN_BOSS",
        ),
        (
            "sql",
            {"conn_type": "hive"},
            "of type 'hive', whose driver is not known.*sqlalchemy_scheme",
        ),
        ("files", {}, "of type 'postgres'; files are read with one of type aws"),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path,
    defined: Any,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    fields: dict[str, Any] | None,
    told: str,
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_BOSS", raising=False)
    if fields is not None:
        defined(**{**BOSS, **fields})
    with pytest.raises(SettingsError, match=told) as caught:
        resolved(settings_of(tmp_path, kind))
    assert SECRET not in str(caught.value)


def test_the_connection_is_read_in_the_task_and_its_password_shown_nowhere(
    tmp_path: Path,
    defined: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    defined(**{**BOSS, "host": "127.0.0.1", "port": 1})
    settings = resolved(settings_of(tmp_path, "postgres"))
    with pytest.raises(ConnectionTrouble) as caught, open_source(settings):
        pass
    told = (
        "".join(traceback.format_exception(caught.value))
        + caplog.text
        + "".join(capfd.readouterr())
        + repr(settings)
    )
    assert "p%40ss" in settings.environment.source_url, "control: it was used"
    for piece in (SECRET, "Geheim", "p%40ss"):
        assert piece not in told


def test_a_real_database_is_read_through_a_connection(
    tmp_path: Path, defined: Any, postgres: Cluster
) -> None:
    postgres.create_database("by_connection")
    socket = postgres.url("by_connection").partition("host=")[2].replace("%2F", "/")
    for kind in ("postgres", "sql"):
        defined(
            conn_type="postgres",
            login="postgres",
            schema="by_connection",
            extra={"host": socket},
        )
        settings = resolved(settings_of(tmp_path, kind))
        with (
            open_source(settings) as source,
            source.batches("SELECT current_database() AS name") as batches,
        ):
            assert batches.read_all().to_pylist() == [{"name": "by_connection"}]


def test_outside_airflow_the_variable_is_named(tmp_path: Path) -> None:
    assert "CHURN_SOURCE_URL" not in os.environ  # noqa: TID251 - the test's own assumption
    with (
        pytest.raises(
            ChurnError, match=r"CHURN_SOURCE_URL is not set \(source\.connection 'boss'"
        ),
        open_source(settings_of(tmp_path, "sql")),
    ):
        pass


def test_the_bridge_hands_the_steps_settings_with_the_address(
    tmp_path: Path, defined: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from churn_airflow import bridge

    defined(**BOSS)
    given = settings_of(tmp_path, "sql")
    monkeypatch.setattr(bridge, "load_settings", lambda: given)
    monkeypatch.setattr(
        bridge,
        "get_current_context",
        lambda: {"partition_key": "2024-03", "ti": Mock()},
    )
    seen: list[Settings] = []
    monkeypatch.setattr(
        bridge,
        "run_task",
        lambda task, settings, month: seen.append(settings) or iter(()),
    )
    with pytest.raises(AirflowSkipException):  # no step ran
        bridge.run("extract")
    assert "db.example" in seen[0].environment.source_url
