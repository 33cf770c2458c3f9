"""Airflow on this machine: its settings, its processes, and questions to its REST API."""

import base64
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_tasks.core.errors import ConnectionTrouble, SettingsError
from churn_tasks.core.settings import REPOSITORY
from churn_tasks.local.instance import HOST, Instance

if TYPE_CHECKING:
    import httpx

USER, PASSWORDS = "admin", "airflow_passwords.json"
COMPONENTS = ("api-server", "scheduler", "dag-processor")
PRELOAD = "churn_airflow.preload"
PATIENCE_S = 60  # for one answer, on a machine that has much else to do


@dataclass(frozen=True)
class Airflow:
    """Airflow of one installation.

    Attributes:
        pipeline_environment: what its tasks are told: the ``CHURN_*`` variables.
    """

    instance: Instance
    pipeline_environment: Mapping[str, str]

    @cached_property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @cached_property
    def port(self) -> int:
        return self.instance.port(self.service("api-server"))

    @property
    def database(self) -> str:
        """Name of the metadata database; profiles share nothing, or one's months would pass for the other's."""
        return f"airflow_{self.instance.settings.profile}"

    def service(self, component: str) -> str:
        """Name under which a component runs here."""
        return f"{self.instance.settings.profile}-{component}"

    @property
    def password(self) -> str:
        """Password of ``admin``, made at random on first use."""
        passwords = json.loads(self._password_file().read_text(encoding="utf-8"))
        return str(passwords[USER])

    @property
    def home(self) -> Path:
        return self.instance.settings.state_dir / "airflow"

    def migrate(self) -> None:
        """Make the metadata database and bring it to this version's schema."""
        self.instance.cluster.create_database(self.database)
        done = subprocess.run(
            [*_program(), "db", "migrate"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ConnectionTrouble(
                f"airflow db migrate failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )

    def start(self) -> None:
        """Start the processes that are not running. Returns at once; see :meth:`wait`."""
        environment = self.environment()
        for component in COMPONENTS:
            command = [*_program(), component]
            if component == "scheduler":  # its log server would listen everywhere
                command.append("--skip-serve-logs")
            self.instance.processes.start(self.service(component), command, environment)

    def running(self) -> bool:
        """Whether every process lives."""
        return all(
            self.instance.processes.running(self.service(component))
            for component in COMPONENTS
        )

    def wait(self, dag_id: str, seconds: float = 180) -> None:
        """Wait until scheduler and API answer and the DAG is known.

        Raises:
            ConnectionTrouble: a process has ended, or the time is over; with the end of a log.
        """
        deadline = time.monotonic() + seconds
        while not self._is_ready(dag_id):
            self.fail_if_gone()
            if time.monotonic() > deadline:
                raise ConnectionTrouble(
                    f"Airflow did not become ready in {seconds:.0f} s.\n{self._log_tails()}"
                )
            time.sleep(0.3)

    def _log_tails(self) -> str:
        tails = []
        for component in COMPONENTS:
            name = self.service(component)
            tails.append(f"{name}: {self.instance.processes.log_tail(name, 5)}")
        return "\n".join(tails)

    def fail_if_gone(self) -> None:
        """Raise ConnectionTrouble with the end of its log when one of the processes has ended by itself."""
        for component in COMPONENTS:
            self.instance.processes.fail_if_gone(self.service(component))

    def refuse_import_errors(self) -> None:
        """Raise SettingsError when a DAG file cannot be read: its tasks would wait for ever."""
        errors = self.get("/importErrors")["import_errors"]
        if errors:
            last_line = errors[0]["stack_trace"].strip().splitlines()[-1]
            raise SettingsError(
                f"Airflow cannot read {errors[0]['filename']}: {last_line}"
            )

    def get(self, path: str, **parameters: Any) -> Any:
        """Answer of the REST API below ``/api/v2``."""
        return self._ask("GET", path, params=parameters)

    def send(self, method: str, path: str, content: object) -> Any:
        return self._ask(method, path, json=content)

    def _is_ready(self, dag_id: str) -> bool:
        import httpx

        try:
            health = self._client.get("/api/v2/monitor/health").json()
            if health.get("scheduler", {}).get("status") != "healthy":
                return False
            dag = self._client.get(f"/api/v2/dags/{dag_id}", headers=self._headers)
        except (httpx.HTTPError, ValueError):
            return False
        self.refuse_import_errors()
        return bool(dag.status_code == 200)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        import httpx

        try:
            answer = self._client.request(
                method, f"/api/v2{path}", headers=self._headers, **more
            )
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise ConnectionTrouble(
                f"Airflow answered {method} {path} with {answer.status_code}: {answer.text[:500]}"
            ) from error
        except httpx.HTTPError as error:
            raise ConnectionTrouble(
                f"Airflow did not answer {method} {path}: {error}"
            ) from error
        return answer.json()

    @cached_property
    def _client(self) -> "httpx.Client":
        """One client for all questions, because making one costs more than a question does; a connection for each,
        because the server closes idle ones."""
        import httpx

        each_anew = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S, limits=each_anew)

    @cached_property
    def _headers(self) -> dict[str, str]:
        answer = self._client.post(
            "/auth/token", json={"username": USER, "password": self.password}
        )
        answer.raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def environment(self) -> dict[str, str]:
        """Airflow's settings as variables, and what its tasks need to know."""
        settings = {
            **self._core_settings(),
            **self._scheduler_settings(),
            **self._api_settings(),
        }
        variables = {"AIRFLOW_HOME": str(self.home)}
        for name, value in settings.items():
            variables[f"AIRFLOW__{name.upper()}"] = value
        return self.instance.environment(**variables, **self.pipeline_environment)

    def _core_settings(self) -> dict[str, str]:
        address = self.instance.cluster.url(self.database).partition("://")[2]
        return {
            "core__dags_folder": str(REPOSITORY / "dags"),
            "core__plugins_folder": str(REPOSITORY / "plugins"),
            "core__load_examples": "False",
            "core__fernet_key": self.instance.secret("airflow_fernet_key", _fernet_key),
            "database__sql_alchemy_conn": f"postgresql+psycopg2://{address}",
            "database__sql_alchemy_conn_async": f"postgresql+asyncpg://{address}",
            "dag_processor__min_file_process_interval": "600",
            "dag_processor__parsing_processes": "1",
            "dag_processor__print_stats_interval": "0",
            "logging__base_log_folder": str(self.home / "logs"),
            "openlineage__disabled": "True",
        }

    def _scheduler_settings(self) -> dict[str, str]:
        """Four tasks at once at most. They are forked from a process that has imported what they need
        (``plugins/churn_airflow/preload.py``); the scheduler's health check is the first to ask for that process, long
        before a task does. A task that is silent for a minute is taken for dead; it speaks three times in that."""
        return {
            "core__executor": "LocalExecutor",
            "core__parallelism": "4",
            "core__mp_forkserver_preload": PRELOAD,
            "scheduler__mp_start_method": "forkserver",
            "scheduler__enable_health_check": "True",
            "scheduler__scheduler_health_check_server_host": HOST,
            "scheduler__scheduler_health_check_server_port": str(
                self.instance.port(self.service("scheduler"))
            ),
            "scheduler__task_instance_heartbeat_timeout": "60",
            "workers__min_heartbeat_interval": "20",
        }

    def _api_settings(self) -> dict[str, str]:
        return {
            "core__execution_api_server_url": f"{self.url}/execution/",
            "core__simple_auth_manager_users": f"{USER}:admin",
            "core__simple_auth_manager_passwords_file": str(self._password_file()),
            "api__host": HOST,
            "api__port": str(self.port),
            "api__base_url": self.url,
            "api__workers": "1",
            "api__secret_key": self.instance.secret("airflow_api_secret"),
            "api_auth__jwt_secret": self.instance.secret("airflow_jwt_secret"),
        }

    def _password_file(self) -> Path:
        self.instance.secret(PASSWORDS, _passwords)
        return self.instance.state_dir / "secrets" / PASSWORDS


def _program() -> list[str]:
    return [sys.executable, "-m", "airflow"]


def _passwords() -> str:
    return json.dumps({USER: secrets.token_urlsafe(12)})


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
