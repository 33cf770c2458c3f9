"""One alert a failure, whoever calls twice; no phone number in it; a webhook that is down hides nothing."""

import json
import stat
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest

from churn_airflow import bridge
from churn_airflow.alerts import alert, announce
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.step import StepReport


@pytest.fixture
def settings(tmp_path):
    return load_settings("telecom", state_dir=tmp_path)


def failure(try_number: int = 1, task: str = "integrate") -> dict:
    instance = SimpleNamespace(
        dag_id="churn_monthly", run_id="r1", task_id=task, try_number=try_number
    )
    return {
        "ti": instance,
        "exception": CheckFailed("raw_bill 2024-03: bad (e.g. 13912345678)"),
    }


def written(settings) -> list[dict]:
    return [
        json.loads(file.read_text())
        for file in sorted((settings.state_dir / "alerts").iterdir())
    ]


def test_the_same_failure_is_announced_once(settings):
    assert announce("failed", failure(), settings)
    assert not announce("failed", failure(), settings)
    assert len(written(settings)) == 1


def test_another_try_task_or_kind_is_another_failure(settings):
    for kind, context in (
        ("failed", failure()),
        ("failed", failure(2)),
        ("failed", failure(task="warn")),
        ("late", failure()),
    ):
        assert announce(kind, context, settings)
    assert len(written(settings)) == 4


def test_it_says_what_and_where_and_masks_phone_numbers(settings):
    announce("failed", failure(), settings)
    (said,) = written(settings)
    assert (said["dag"], said["task"], said["run"], said["profile"]) == (
        "churn_monthly",
        "integrate",
        "r1",
        "telecom",
    )
    assert said["error"] == "raw_bill 2024-03: bad (e.g. 139****5678)"
    (file,) = (settings.state_dir / "alerts").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_killed_task_has_no_exception(settings):
    announce("failed", {**failure(), "exception": None}, settings)
    assert written(settings)[0]["error"] == "the task was killed"


def test_it_is_sent_on_where_an_address_is_set(tmp_path):
    received = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(
                json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            )
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    settings = load_settings(
        "telecom",
        state_dir=tmp_path,
        alert_url=f"http://127.0.0.1:{server.server_port}/",
    )
    try:
        announce("failed", failure(), settings)
        announce("failed", failure(), settings)
    finally:
        server.shutdown()
        server.server_close()
    assert received == written(settings)


def test_a_webhook_that_is_down_hides_nothing(tmp_path):
    settings = load_settings(
        "telecom", state_dir=tmp_path, alert_url="http://127.0.0.1:9/"
    )
    assert announce("failed", failure(), settings)
    assert len(written(settings)) == 1


def test_an_alert_never_raises(monkeypatch, caplog):
    monkeypatch.setenv("CHURN_PROFILE", "no such profile")
    alert(failure())
    assert "the alert itself failed" in caplog.text


def test_a_refused_restatement_is_announced_and_the_task_goes_on(settings, monkeypatch):
    """The month itself is done; only the late rows of an earlier one were refused."""
    reports = [
        StepReport(
            "check_raw",
            "2024-02-restated-2024-04-06",
            outcome="refused",
            reason="raw_bill 2024-02: bad",
        ),
        StepReport("check_raw", "2024-03"),
    ]
    monkeypatch.setattr(bridge, "load_settings", lambda: settings)
    monkeypatch.setattr(
        bridge, "get_current_context", lambda: {**failure(), "partition_key": "2024-03"}
    )
    monkeypatch.setattr(bridge, "run_task", lambda *_: iter(reports))
    assert [fact["step"] for fact in bridge.run("integrate")] == [
        "check_raw",
        "check_raw",
    ]
    (said,) = written(settings)
    assert (said["kind"], said["error"]) == (
        "refused-2024-02-restated-2024-04-06",
        "raw_bill 2024-02: bad",
    )


def test_an_alarm_of_the_watch_is_announced_and_the_task_goes_on(settings, monkeypatch):
    """The list is out; people are told that its model no longer fits. A watch without alarms says nothing."""
    alarm = "churn_score: psi 0.41, bound 0.25"
    reports = [
        StepReport("publish", "2024-03"),
        StepReport("watch", "2024-03", facts={"recorded": 9, "alarms": alarm}),
        StepReport("watch", "2024-04", facts={"recorded": 9, "alarms": ""}),
    ]
    monkeypatch.setattr(bridge, "load_settings", lambda: settings)
    monkeypatch.setattr(
        bridge, "get_current_context", lambda: {**failure(), "partition_key": "2024-03"}
    )
    monkeypatch.setattr(bridge, "run_task", lambda *_: iter(reports))
    assert len(bridge.run("publish")) == 3
    (said,) = written(settings)
    assert (said["kind"], said["error"]) == ("watch-2024-03", alarm)
