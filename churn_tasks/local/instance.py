"""What one local installation remembers: its ports, its secrets, its folders. All below the state folder."""

import hashlib
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.core.files import replace_text
from churn_tasks.core.settings import REPOSITORY, Settings, process_environment
from churn_tasks.local.postgres import Cluster
from churn_tasks.local.processes import Processes

HOST = "127.0.0.1"
# below the range from which Linux takes ports for outgoing connections
FIRST_PORT, LAST_PORT = 20_000, 32_000
# services start side by side, and each must see what the others have taken
CHOOSING = threading.Lock()
OWN_VARIABLES = ("AIRFLOW", "MLFLOW_", "CHURN_", "PYTHONPATH", "_MLFLOW")


@dataclass(frozen=True)
class Instance:
    """One installation on this machine. Nothing of it lies outside its state folder but the database's socket."""

    settings: Settings

    @property
    def state_dir(self) -> Path:
        return self.settings.environment.state_dir.resolve()

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.state_dir / "postgres")

    @property
    def processes(self) -> Processes:
        return Processes(self.state_dir / "local")

    def port(self, service: str) -> int:
        """The port of a service: chosen once, then remembered, and chosen anew only if somebody else took it."""
        file = self.state_dir / "local" / "ports.json"
        with CHOOSING:
            ports: dict[str, int] = {}
            if file.exists():
                ports = json.loads(file.read_text(encoding="utf-8"))
            port = ports.get(service)
            if port and (self.processes.running(service) or _is_free(port)):
                return port
            port = _free_port(str(self.state_dir), taken=set(ports.values()))
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_text(file, json.dumps({**ports, service: port}))
            return port

    def secret(
        self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    ) -> str:
        """A secret of this installation, made on first use, readable by its owner alone."""
        file = self.state_dir / "secrets" / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text(encoding="utf-8")
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(make())
        return file.read_text(encoding="utf-8")

    def environment(self, **own: str) -> dict[str, str]:
        """The environment of a service: the user's without settings of another Airflow or MLflow, and ``own``."""
        inherited = {
            name: value
            for name, value in process_environment().items()
            if not name.startswith(OWN_VARIABLES)
        }
        return {
            **inherited,
            "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
            "PYTHONUNBUFFERED": "1",
            **own,
        }


def _free_port(seed: str, taken: set[int]) -> int:
    ports = LAST_PORT - FIRST_PORT
    digest = hashlib.sha256(seed.encode()).hexdigest()
    start = int(digest, 16) % ports
    for offset in range(ports):
        port = FIRST_PORT + (start + offset) % ports
        if port not in taken and _is_free(port):
            return port
    raise OSError(f"no free port between {FIRST_PORT} and {LAST_PORT}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
