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
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from churn_tasks.core.errors import ConnectionTrouble

GRACE_SECONDS = 5.0


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
        text = (
            self.log_file(name).read_text(encoding="utf-8", errors="replace")
            if self.log_file(name).exists()
            else ""
        )
        return "\n".join(text.splitlines()[-lines:])

    def stop(self, names: Iterable[str] | None = None) -> list[str]:
        """End the named services, or all: the leaders are asked, then all members, then they are killed.

        Returns:
            Names of the services that had living processes.

        Raises:
            ConnectionTrouble: a process lives on.
        """
        sessions = {
            name: session
            for name, session in self._read().items()
            if names is None or name in set(names)
        }
        alive = {
            name: session for name, session in sessions.items() if session.members()
        }
        _signal(
            [
                process
                for s in alive.values()
                for process in s.members()
                if process.pid == s.leader
            ],
            signal.SIGTERM,
        )
        for sent in (signal.SIGTERM, signal.SIGKILL):
            if not _wait_until_gone(alive.values(), GRACE_SECONDS):
                _signal(
                    [
                        process
                        for session in alive.values()
                        for process in session.members()
                    ],
                    sent,
                )
        if not _wait_until_gone(alive.values(), GRACE_SECONDS):
            left = sorted(
                process.pid
                for session in alive.values()
                for process in session.members()
            )
            raise ConnectionTrouble(
                f"processes {left} do not end; they were started by {', '.join(alive)}"
            )
        self._write(
            {
                name: session
                for name, session in self._read().items()
                if name not in sessions
            }
        )
        return list(alive)

    @property
    def _file(self) -> Path:
        return self.folder / "processes.json"

    def _read(self) -> dict[str, Session]:
        if not self._file.exists():
            return {}
        return {
            name: Session(**kept)
            for name, kept in json.loads(self._file.read_text(encoding="utf-8")).items()
        }

    def _write(self, sessions: Mapping[str, Session]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = self._file.with_suffix(".new")
        aside.write_text(
            json.dumps({name: asdict(session) for name, session in sessions.items()}),
            encoding="utf-8",
        )
        aside.replace(self._file)


def _session_of(process: psutil.Process) -> int | None:
    with contextlib.suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
        return (
            os.getsid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else None
        )
    return None


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait_until_gone(sessions: Iterable[Session], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(session.members() for session in sessions):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
