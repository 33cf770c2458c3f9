"""Services end completely: children, grandchildren in process groups of their own, and those that ignore a request."""

import sys
import time

import psutil
import pytest

from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.core.settings import process_environment
from churn_tasks.local import processes
from churn_tasks.local.processes import Processes, Session

# A parent with two children: one in a process group of its own, one that ignores a polite request.
FAMILY = """
import os, signal, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
subprocess.Popen(sleep, process_group=0)
subprocess.Popen([sys.executable, "-c", stubborn])
time.sleep(600)
"""


@pytest.fixture
def services(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "GRACE_SECONDS", 1.0)
    services = Processes(tmp_path / "local")
    yield services
    services.stop()


def family(services: Processes) -> Session:
    services.start("family", [sys.executable, "-c", FAMILY], process_environment())
    session = services._read()["family"]
    wait(lambda: len(session.members()) == 3 and "ready" in services.log_tail("family"))
    return session


def wait(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pids: list[int]) -> list[int]:
    return [
        pid
        for pid in pids
        if psutil.pid_exists(pid)
        and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]


def test_nothing_is_left(services):
    pids = [process.pid for process in family(services).members()]
    assert len(alive(pids)) == 3
    assert services.stop() == ["family"]
    assert alive(pids) == []
    assert not services.running("family")


def test_ending_the_leader_alone_would_leave_its_children(services):
    """The control: what a plain terminate() does."""
    session = family(services)
    psutil.Process(session.leader).terminate()
    wait(lambda: not session.has_leader())
    assert len(session.members()) == 2
    assert services.stop() == ["family"]
    assert session.members() == []


def test_a_second_start_keeps_the_first(services):
    first = family(services)
    services.start("family", [sys.executable, "-c", FAMILY], process_environment())
    assert services._read()["family"] == first


def test_only_the_named_service_is_stopped(services):
    for name in ("one", "two"):
        services.start(
            name,
            [sys.executable, "-c", "import time; time.sleep(600)"],
            process_environment(),
        )
    assert services.stop(["one"]) == ["one"]
    assert (services.running("one"), services.running("two")) == (False, True)


def test_a_number_that_was_given_to_another_process_is_left_alone(services):
    """The process number lives again, but began at another time than the one written down."""
    session = family(services)
    services._write({"family": Session(session.leader, session.started - 60)})
    assert services.stop() == []
    assert len(session.members()) == 3
    services._write({"family": session})


def test_a_service_that_died_is_named_with_its_last_words(services):
    services.start(
        "short",
        [sys.executable, "-c", "print('the port is taken'); raise SystemExit(1)"],
        process_environment(),
    )
    wait(lambda: not services.running("short"))
    with pytest.raises(
        ConnectionTrouble, match=r"(?s)short ended by itself.*the port is taken"
    ):
        services.fail_if_gone("short")
