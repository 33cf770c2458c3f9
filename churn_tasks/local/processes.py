"""Service processes: each in a session of its own, written down, and ended as a whole session.

A session outlives its leader and keeps its number as long as one of its processes lives, also when a child makes a
process group of its own as Airflow's tasks do. So what was started here can be found and ended completely without
ever looking at a process's name.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.core.files import replace_text

GRACE_SECONDS = 5.0
WRITING_DOWN = threading.Lock()  # services start side by side


@dataclass(frozen=True)
class Session:
    """A session that was started here: its leader's number, and when that began, lest the number be used again."""

    leader: int
    started: float

    def has_leader(self) -> bool:
        """Whether the process that was started lives."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.leader)
            return process.status() != psutil.STATUS_ZOMBIE and self._is_own(process)
        return False

    def members(self) -> list[psutil.Process]:
        """Its living processes; none when the number meanwhile belongs to somebody else."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if not self._is_own(psutil.Process(self.leader)):
                return []
        return [
            process
            for process in psutil.process_iter()
            if _session_of(process) == self.leader
        ]

    def _is_own(self, leader: psutil.Process) -> bool:
        return abs(leader.create_time() - self.started) < 1


@dataclass(frozen=True)
class Processes:
    """Services started from one state folder.

    Attributes:
        folder: holds ``processes.json`` and one log file a service.
    """

    folder: Path

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Start a service unless it runs already."""
        if self.running(name):
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log_file(name).open("ab") as log:
            process = subprocess.Popen(
                list(command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, umask=0o077, cwd=self.folder,
            )  # fmt: skip
        session = Session(process.pid, psutil.Process(process.pid).create_time())
        with WRITING_DOWN:
            self._write({**self._read(), name: session})

    def log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def running(self, name: str) -> bool:
        """Whether the leader of the service lives."""
        session = self._read().get(name)
        return session is not None and session.has_leader()

    def fail_if_gone(self, name: str) -> None:
        """Raise ConnectionTrouble with the end of its log when a service has ended by itself."""
        if not self.running(name):
            raise ConnectionTrouble(
                f"{name} ended by itself. The end of {self.log_file(name)}:\n{self.log_tail(name)}"
            )

    def log_tail(self, name: str, lines: int = 30) -> str:
        """The last lines of a service's log; nothing where there is none yet."""
        file = self.log_file(name)
        if not file.exists():
            return ""
        text = file.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self, names: Iterable[str] | None = None) -> list[str]:
        """End the named services, or all: the leaders are asked, then all members, then they are killed.

        Returns:
            Names of the services that had living processes.

        Raises:
            ConnectionTrouble: a process lives on.
        """
        sessions = self._read()
        if names is not None:
            sessions = {name: sessions[name] for name in names if name in sessions}
        alive = {name: each for name, each in sessions.items() if each.members()}
        _end(list(alive.values()))
        left = sorted(process.pid for process in _members(alive.values()))
        if left:
            raise ConnectionTrouble(
                f"processes {left} do not end; they were started by {', '.join(alive)}"
            )
        with WRITING_DOWN:
            kept = self._read()
            for name in sessions:
                kept.pop(name, None)
            self._write(kept)
        return list(alive)

    @property
    def _file(self) -> Path:
        return self.folder / "processes.json"

    def _read(self) -> dict[str, Session]:
        if not self._file.exists():
            return {}
        written = json.loads(self._file.read_text(encoding="utf-8"))
        return {name: Session(**session) for name, session in written.items()}

    def _write(self, sessions: Mapping[str, Session]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = {name: asdict(session) for name, session in sessions.items()}
        replace_text(self._file, json.dumps(written))


def _session_of(process: psutil.Process) -> int | None:
    """The session of a living process."""
    with contextlib.suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
        if process.status() != psutil.STATUS_ZOMBIE:
            return os.getsid(process.pid)
    return None


def _end(sessions: Sequence[Session]) -> None:
    """Ask the leaders, then all members, then kill; each has its time before the next."""
    leaders = {session.leader for session in sessions}
    asked_first = [each for each in _members(sessions) if each.pid in leaders]
    _signal(asked_first, signal.SIGTERM)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _wait_until_gone(sessions, GRACE_SECONDS):
            return
        _signal(_members(sessions), number)
    _wait_until_gone(sessions, GRACE_SECONDS)


def _members(sessions: Iterable[Session]) -> list[psutil.Process]:
    members: list[psutil.Process] = []
    for session in sessions:
        members += session.members()
    return members


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait_until_gone(sessions: Sequence[Session], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _members(sessions):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
