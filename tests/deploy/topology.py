"""docker-compose.yml under podman: a copy of the project that is built, started, asked and stopped."""

import base64
import csv
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.core.settings import REPOSITORY

PROJECT = "churn-test"
IMAGE = "churn-warning:0.1.0"
CODE = ("churn_tasks", "plugins", "dags", "include")
BUILT_BY = (
    "Dockerfile",
    ".dockerignore",
    "docker-compose.yml",
    "requirements.txt",
    "requirements-services.txt",
)
CHECKED = (
    "postgres",
    "mlflow",
    "api-server",
    "scheduler",
    "dag-processor",
    "triggerer",
)
ENDED = ("exited", "stopped")  # podman says the latter until it has cleaned up
READY_S = 600
MONTHS_S = 1800
LOOK_EVERY_S = 5


def said(*command: str, folder: Path | None = None) -> str:
    """What a command prints; where it fails, an AssertionError with the end of what it said."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (
        f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}"
    )
    return done.stdout


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def wait_for(what: str, is_so: Callable[[], bool], seconds: int) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"{what}: not within {seconds} seconds"
        time.sleep(LOOK_EVERY_S)


def project(folder: Path, commit: str = "") -> Path:
    """What the image is built from, copied into a folder.

    Args:
        commit: whose code is taken; the packages and the way of building are always today's. Empty for today's code.
    """
    folder.mkdir()
    for name in BUILT_BY:
        shutil.copy2(REPOSITORY / name, folder / name)
    shutil.copytree(REPOSITORY / "deploy", folder / "deploy")
    if commit:
        archive = folder / "code.tar"
        said("git", "archive", f"--output={archive}", commit, *CODE, folder=REPOSITORY)
        said("tar", "--extract", f"--file={archive}", folder=folder)
        archive.unlink()
        return folder
    compiled = shutil.ignore_patterns("__pycache__")
    for name in CODE:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=compiled)
    return folder


def commit_before_the_newest_migration() -> str:
    """So that the warehouse that it has filled has to be brought up to date."""
    folder = REPOSITORY / "include" / "sql" / "warehouse" / "migrations"
    newest = max(folder.glob("*.sql"))
    log = ("git", "log", "--diff-filter=A", "--max-count=1", "--format=%H", "--")
    added = said(*log, str(newest), folder=REPOSITORY).strip()
    assert added, f"{newest.name} is not committed"
    return f"{added}^"


def environment(profile: str, data: Path) -> str:
    """The text of an .env: every password its own, drawn now."""
    lines = [
        f"AIRFLOW_FERNET_KEY={base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
        "AIRFLOW_BASE_URL=http://localhost:8080",
        f"CHURN_PROFILE={profile}",
        f"CHURN_DATA_FOLDER={data}",
        "CHURN_DATA_PATH=/data",
        "CHURN_DATA_OPTIONS=",
        "CHURN_SOURCE_URL=",
        "CHURN_ALERT_URL=",
    ]
    for name in (
        "POSTGRES_PASSWORD",
        "AIRFLOW_DB_PASSWORD",
        "MLFLOW_DB_PASSWORD",
        "WAREHOUSE_DB_PASSWORD",
        "AIRFLOW_API_SECRET",
        "AIRFLOW_JWT_SECRET",
        "AIRFLOW_ADMIN_PASSWORD",
    ):
        lines.append(f"{name}={secrets.token_hex(32)}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Topology:
    """All services from one folder. Volumes and networks belong to PROJECT, so they outlive a change of the folder."""

    folder: Path

    def build(self) -> None:
        said("podman", "build", "--tag", IMAGE, ".", folder=self.folder)

    def compose(self, *words: str) -> None:
        command = ("podman-compose", "--project-name", PROJECT)
        said(*command, *words, folder=self.folder)

    @contextmanager
    def started(self) -> Iterator[None]:
        try:
            self.compose("up", "--detach", "--no-build")
            wait_for("init", self.is_initialised, READY_S)
            for service in CHECKED:
                self.wait_until_healthy(service)
            yield
        except AssertionError:
            self.say_logs()
            raise
        finally:
            remove_containers()

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return containers(f"label=com.docker.compose.service={service}")[0]

    def is_initialised(self) -> bool:
        state = "--format={{.State.Status}} {{.State.ExitCode}}"
        status, code = said("podman", "inspect", state, self.container("init")).split()
        assert code == "0", "init failed"
        return status in ENDED

    def wait_until_healthy(self, service: str) -> None:
        wait_for(service, lambda: self.is_healthy(service), READY_S)

    def is_healthy(self, service: str) -> bool:
        return succeeds("podman", "healthcheck", "run", self.container(service))

    def restarts(self, service: str) -> int:
        name = self.container(service)
        return int(said("podman", "inspect", "--format={{.RestartCount}}", name))

    def rows(self, database: str, query: str) -> list[list[str]]:
        psql = ("psql", f"--dbname={database}", "--csv", "--tuples-only", "--command")
        name = self.container("postgres")
        text = said("podman", "exec", "--user=postgres", name, *psql, query)
        return list(csv.reader(text.splitlines()))

    def airflow(self, *words: str) -> str:
        return said("podman", "exec", self.container("scheduler"), "airflow", *words)

    def backfill(self, first: str, last: str, done: int) -> None:
        """Have Airflow run months, and wait until they are done.

        Args:
            first, last: months, YYYY-MM; the last one is run as well.
            done: how many months have been run in all then.
        """
        known = "SELECT 1 FROM dag WHERE dag_id = 'churn_monthly'"
        wait_for("the DAG", lambda: bool(self.rows("airflow", known)), READY_S)
        self.airflow("dags", "unpause", "churn_monthly")
        self.airflow(
            "backfill",
            "create",
            "--dag-id=churn_monthly",
            f"--from-date={first}-01",
            f"--to-date={last}-28",
            "--max-active-runs=2",
        )
        wait_for(f"{first} to {last}", lambda: self.are_done(done), MONTHS_S)

    def are_done(self, months: int) -> bool:
        query = "SELECT state FROM dag_run WHERE dag_id = 'churn_monthly'"
        states = []
        for (state,) in self.rows("airflow", query):
            states.append(state)
        assert "failed" not in states, self.failed_task()
        open_backfills = "SELECT 1 FROM backfill WHERE completed_at IS NULL"
        still_open = self.rows(
            "airflow", open_backfills
        )  # closed some time after its runs; a second one waits for that
        return states == ["success"] * months and not still_open

    def failed_task(self) -> str:
        """The end of the log of a task that failed."""
        query = (
            "SELECT run_id, task_id FROM task_instance WHERE state = 'failed' LIMIT 1"
        )
        run, task = self.rows("airflow", query)[0]
        folder = f"/var/lib/churn/airflow_logs/dag_id=churn_monthly/run_id={run}/task_id={task}"
        show = f"tail -n 20 '{folder}'/*.log"
        log = said("podman", "exec", self.container("scheduler"), "sh", "-c", show)
        return f"{run} {task} failed\n{log}"

    def say_logs(self) -> None:
        """Print the end of each container's log; pytest shows it with the failure."""
        for service in ("init", *CHECKED):
            command = ("podman", "logs", "--tail=20", self.container(service))
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            print(f"--- {service}\n{done.stdout}{done.stderr}")  # noqa: T201 - shown by pytest


def containers(*filters: str) -> list[str]:
    """The names of ours; compose tools name them in different ways, and label them alike."""
    command = ["podman", "ps", "--all", "--format={{.Names}}"]
    for each in (f"label=com.docker.compose.project={PROJECT}", *filters):
        command.append(f"--filter={each}")
    return said(*command).split()


def remove_containers() -> None:
    """End and remove them, the database last; `down` leaves those that are about to be started again."""
    postgres = "label=com.docker.compose.service=postgres"
    for name in set(containers()) - set(containers(postgres)):
        said("podman", "rm", "--force", "--time=60", name)
    for name in containers(postgres):
        said("podman", "rm", "--force", "--time=60", name)


def remove_volumes() -> None:
    remove_containers()
    for volume in ("database", "state"):
        said("podman", "volume", "rm", "--force", f"{PROJECT}_{volume}")
