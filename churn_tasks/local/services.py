"""Everything that runs on this machine for one profile, started and stopped together."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from churn_tasks.core.mlflow_pages import experiment_name
from churn_tasks.core.settings import Settings
from churn_tasks.local.airflow import Airflow
from churn_tasks.local.backfill import DAG_ID
from churn_tasks.local.instance import HOST, Instance
from churn_tasks.local.mlflow import MlflowServer

SOURCE, WAREHOUSE = "source", "warehouse"  # databases


@dataclass(frozen=True)
class Services:
    """PostgreSQL, Airflow, MLflow and the pages of one installation."""

    instance: Instance

    @property
    def settings(self) -> Settings:
        return self.instance.settings

    @cached_property
    def mlflow(self) -> MlflowServer:
        return MlflowServer(self.instance)

    @cached_property
    def airflow(self) -> Airflow:
        return Airflow(self.instance, self.pipeline_environment)

    @property
    def is_simulated(self) -> bool:
        """Whether the source is the simulated operator: a database is wanted and none is given."""
        return (
            self.settings.source.kind == "postgres"
            and not self.settings.environment.source_url
        )

    @property
    def source_url(self) -> str:
        return self.settings.environment.source_url or self.instance.cluster.url(SOURCE)

    @property
    def pipeline_environment(self) -> dict[str, str]:
        """What the steps are told: the caller's own addresses, and local ones where none is given."""
        given = self.settings.environment
        told = {
            "CHURN_PROFILE": str(self.settings.profile_dir),
            "CHURN_STATE_DIR": str(self.instance.state_dir),
            "CHURN_SOURCE_URL": self.source_url,
            "CHURN_WAREHOUSE_URL": given.warehouse_url
            or self.instance.cluster.url(WAREHOUSE),
            "CHURN_MLFLOW_URL": given.mlflow_url or self.mlflow.url,
            "CHURN_DATA_PATH": self._data_path(),
            "CHURN_DATA_OPTIONS": given.data_options,
            "CHURN_TOKEN_KEY_FILE": str(self.settings.token_key_file.resolve()),
            "CHURN_ALERT_URL": given.alert_url,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        return {name: value for name, value in told.items() if value}

    def _data_path(self) -> str:
        """A folder in full, for services have working folders of their own; the address of a storage as it is."""
        given = self.settings.environment.data_path
        if isinstance(given, Path):
            return str(given.resolve())
        return given or ""

    def start_postgres(self) -> None:
        self.instance.cluster.start()
        for database in (SOURCE, WAREHOUSE):
            self.instance.cluster.create_database(database)

    def start_airflow(self) -> None:
        """Start Airflow and wait until it knows the DAG."""
        if not self.airflow.running():
            self.airflow.migrate()
            self.airflow.start()
        self.airflow.wait(DAG_ID)

    def start_mlflow(self) -> None:
        """Start MLflow and wait until it answers."""
        if not self.instance.processes.running("mlflow"):
            self.mlflow.migrate()
        self.mlflow.start()
        self.mlflow.wait()

    def start_pages(self) -> None:
        """Serve reports and Data Docs."""
        folders = {
            "report": self.settings.report_dir,
            "data-docs": self.settings.data_docs_dir,
            "catalogue": self.settings.catalogue_dir,
        }
        for folder in folders.values():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [sys.executable, "-m", "churn_tasks.local.web", str(self.pages_port)]
        command += [f"{name}={folder}" for name, folder in folders.items()]
        self.instance.processes.start(
            self.pages_service, command, self.instance.environment()
        )

    @property
    def pages_service(self) -> str:
        return f"{self.settings.profile}-pages"

    @cached_property
    def pages_port(self) -> int:
        return self.instance.port(self.pages_service)

    def addresses(self) -> dict[str, str]:
        """Where to look, and how to log in."""
        pages = f"http://{HOST}:{self.pages_port}"
        runs = self.mlflow.page_of(experiment_name(self.settings.profile))
        return {
            "Airflow": f"{self.airflow.url}  (user admin, password {self.airflow.password})",
            "MLflow": f"{runs}  (no log-in; this machine only)",
            "Report": f"{pages}/report/",
            "Data Docs": f"{pages}/data-docs/",
            "Features": f"{pages}/catalogue/",
            "Warehouse": self.instance.cluster.url(WAREHOUSE),
        }


def stop_everything(instance: Instance, say: Callable[[str], None]) -> None:
    """Stop what any profile of this installation has running."""
    for name in instance.processes.stop():
        say(f"stopped {name}")
    if instance.cluster.running():
        instance.cluster.stop()
        say("stopped postgres")
