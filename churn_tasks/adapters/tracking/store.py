"""The MLflow store of one profile, and its errors as ours."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
from churn_tasks.core.mlflow_pages import experiment_name, run_page, runs_page
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings

log = logging.getLogger("churn")

EXISTS = "RESOURCE_ALREADY_EXISTS"
GONE = "RESOURCE_DOES_NOT_EXIST"
TEMPORARY = (
    "INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_CONFLICT",
)
# opens as model training, not as GenAI
KIND = {"mlflow.experimentKind": "custom_model_development"}


@contextmanager
def named_trouble(what: str) -> Iterator[None]:
    """MLflow's errors as ours. Its messages may print rows of data, so only the code is repeated."""
    try:
        yield
    except MlflowException as error:
        kind = ConnectionTrouble if error.error_code in TEMPORARY else BadInput
        raise kind(f"MLflow, {what}: {error.error_code}") from None


class Store:
    """Experiment ``churn_<profile>`` of an MLflow server.

    Without ``CHURN_MLFLOW_URL`` an SQLite file in the state folder.
    """

    def __init__(self, settings: Settings) -> None:
        self.model_name = settings.model.name
        self.experiment_name = experiment_name(settings.profile)
        self.folder = settings.environment.state_dir.resolve() / "mlflow"
        own_file = f"sqlite:///{self.folder / 'mlflow.db'}"
        url = settings.environment.mlflow_url or own_file
        self.url = url.replace("postgresql://", "postgresql+psycopg://")

    @cached_property
    def client(self) -> mlflow.MlflowClient:
        mlflow.set_tracking_uri(self.url)
        mlflow.set_registry_uri(self.url)
        place = f"CHURN_MLFLOW_URL {self.place}"
        try:
            with self._alone(), named_trouble(place):
                client = mlflow.MlflowClient(self.url, self.url)
                client.search_experiments(max_results=1)
        except OSError as error:
            raise SettingsError(f"MLflow, {place}: {error.strerror}") from None
        except SQLAlchemyError as error:
            said = type(error).__name__
            raise ConnectionTrouble(f"MLflow, {place}: {said}") from None
        return client

    @property
    def place(self) -> str:
        """Where it is, for people; without account and password."""
        return masked(self.url)

    @cached_property
    def experiment_id(self) -> str:
        """The experiment, made when it is not there.

        Raises:
            BadInput: somebody has deleted it, and MLflow keeps its name until it is cleaned up.
        """
        with named_trouble("experiment"):
            experiment = self._experiment()
            if experiment is None:
                self._make_experiment()
                experiment = self._experiment()
        if experiment is None or experiment.lifecycle_stage != "active":
            raise BadInput(
                f"MLflow at {self.place}: the experiment {self.experiment_name} was deleted, with the runs in it."
                " Bring it back: churn models restore. Or let MLflow forget it for good (mlflow gc); the next run makes"
                " it anew."
            )
        return str(experiment.experiment_id)

    def require_experiment(self) -> None:
        """See that MLflow answers and that the experiment is there; it is made where it never was."""
        said = self.experiment_id
        if self._has_pages:
            said = runs_page(self._server, self.experiment_id)
        log.info("MLflow: experiment %s", said)

    def page_of(self, run_id: str) -> str | None:
        """Address of the page of a run; None where MLflow is a database that nobody serves."""
        if not self._has_pages:
            return None
        return run_page(self._server, self.experiment_id, run_id)

    @property
    def _server(self) -> str:
        """Its address without an account: people log in as themselves."""
        return self.place.replace("***@", "")

    @property
    def _has_pages(self) -> bool:
        return self.url.startswith("http")

    def restore_experiment(self) -> bool:
        """Bring the experiment back, or make it; False when it is there."""
        with named_trouble("experiment"):
            experiment = self._experiment()
            if experiment is None:
                self._make_experiment()
            elif experiment.lifecycle_stage == "active":
                return False
            else:
                self.client.restore_experiment(experiment.experiment_id)
        return True

    def _experiment(self) -> Any | None:
        return self.client.get_experiment_by_name(self.experiment_name)

    def _make_experiment(self) -> None:
        try:
            self.client.create_experiment(
                self.experiment_name, artifact_location=self._artifacts(), tags=KIND
            )
        except MlflowException as error:
            if error.error_code != EXISTS:
                raise  # else another process made it meanwhile

    def _artifacts(self) -> str | None:
        """Where artifacts lie: a server knows itself, those of a local store lie beside its database."""
        if self._has_pages:
            return None
        return (self.folder / "artifacts" / self.experiment_name).as_uri()

    def runs_where(self, condition: str) -> list[Any]:
        """Runs of the experiment, earliest first."""
        runs = self.client.search_runs(
            [self.experiment_id], condition, order_by=["attributes.start_time ASC"]
        )
        return list(runs)

    def versions_of(self, run_id: str) -> list[Any]:
        """Model versions that a run has registered."""
        made_by = f"name = '{self.model_name}' and run_id = '{run_id}'"
        return list(self.client.search_model_versions(made_by))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: two that make the tables of a fresh database break each other."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
