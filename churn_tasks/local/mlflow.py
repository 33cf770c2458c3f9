"""The MLflow server on this machine, with PostgreSQL behind it."""

import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property

from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.core.mlflow_pages import runs_page
from churn_tasks.local.instance import HOST, Instance

SERVICE = DATABASE = "mlflow"


@dataclass(frozen=True)
class MlflowServer:
    """One server for all profiles of an installation."""

    instance: Instance

    @cached_property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @cached_property
    def port(self) -> int:
        return self.instance.port(SERVICE)

    @property
    def store(self) -> str:
        address = self.instance.cluster.url(DATABASE).partition("://")[2]
        return f"postgresql+psycopg2://{address}"

    def migrate(self) -> None:
        """Bring the database to this version's schema.

        A new one is left empty: the server makes its tables in one process before it serves from another.
        """
        if not self.instance.cluster.has_database(DATABASE):
            self.instance.cluster.create_database(DATABASE)
            return
        done = subprocess.run(
            [sys.executable, "-m", "mlflow", "db", "upgrade", self.store],
            env=self._environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ConnectionTrouble(f"mlflow db upgrade failed:\n{done.stderr[-2000:]}")

    def start(self) -> None:
        """Start the server unless it runs. Returns at once; see :meth:`wait`."""
        artifacts = self.instance.state_dir / "mlflow"
        artifacts.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", self.store, "--artifacts-destination", str(artifacts),
        ]  # fmt: skip
        self.instance.processes.start(SERVICE, command, self._environment())

    def wait(self, seconds: float = 120) -> None:
        """Wait until the server answers.

        Raises:
            ConnectionTrouble: it has ended, or the time is over; with the end of its log.
        """
        import httpx

        deadline = time.monotonic() + seconds
        while True:
            try:
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                self.instance.processes.fail_if_gone(SERVICE)
            if time.monotonic() > deadline:
                tail = self.instance.processes.log_tail(SERVICE)
                raise ConnectionTrouble(
                    f"MLflow did not become ready in {seconds:.0f} s.\n{tail}"
                )
            time.sleep(0.3)

    def page_of(self, experiment: str) -> str:
        """Address of the runs of an experiment; of the list of experiments while there is no such one."""
        import httpx

        asked = f"{self.url}/api/2.0/mlflow/experiments/get-by-name"
        try:
            named = {"experiment_name": experiment}
            answer = httpx.get(asked, params=named, timeout=5)
        except httpx.HTTPError:
            return self._every_experiment
        if answer.status_code != httpx.codes.OK:
            return self._every_experiment
        return runs_page(self.url, answer.json()["experiment"]["experiment_id"])

    @property
    def _every_experiment(self) -> str:
        return f"{self.url}/#/experiments"

    def _environment(self) -> dict[str, str]:
        return self.instance.environment(
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",
            MLFLOW_DISABLE_TELEMETRY="true",
            DO_NOT_TRACK="true",
        )
