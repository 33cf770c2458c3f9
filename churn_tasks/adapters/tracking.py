"""MLflow: one parent run a month, a child run for each candidate, and the registry of model versions.

A try that died leaves runs RUNNING. The next try of the month takes the parent up again, ends the dead children, and
takes over what a finished child has registered, so a month ends with one parent, one child a candidate and one
version each. What an MLflow server may hold is not trusted when read back: see ``model_files``.
"""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_tasks.adapters.model_files import digests, read_model
from churn_tasks.core.errors import BadInput, ConnectionTrouble
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, default_process_variable

for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "GIT_PYTHON_REFRESH": "quiet",
}.items():
    default_process_variable(_name, _value)

import mlflow  # noqa: E402 - reads the variables above when imported
from mlflow.entities import Metric, Param  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import ModelSignature  # noqa: E402
from mlflow.types import ColSpec, Schema  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MONTH, CANDIDATE, TRAINING, PARENT = (
    "churn.month",
    "churn.candidate",
    "churn.training",
    "mlflow.parentRunId",
)
TABLES = "mlflow.loggedArtifacts"
REQUIREMENTS = ("scikit-learn", "lightgbm", "numpy", "pandas", "scipy", "skops")
TEMPORARY = (
    "INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_CONFLICT",
)


@dataclass(frozen=True)
class Logged:
    """A candidate that MLflow holds in full: its run, and the version it is registered as."""

    run_id: str
    version: int


@dataclass
class Record:
    """What is written of one candidate.

    Attributes:
        parameters, metrics: by name; metrics that are None are left out.
        tables, documents, figures: by file name; documents are anything JSON can hold.
    """

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, "pd.DataFrame"] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, "Figure"] = field(default_factory=dict)


@contextmanager
def _named_trouble(what: str) -> Iterator[None]:
    """MLflow's errors as ours. Its messages may print rows of data, so only the code is repeated."""
    try:
        yield
    except MlflowException as error:
        kind = ConnectionTrouble if error.error_code in TEMPORARY else BadInput
        raise kind(f"MLflow, {what}: {error.error_code}") from None


class Tracking:
    """MLflow for one profile: experiment ``churn_<profile>``.

    Without ``CHURN_MLFLOW_URL`` an SQLite file in the state folder.
    """

    def __init__(self, settings: Settings) -> None:
        self.model_name = settings.model.name
        self.experiment_name = f"churn_{settings.profile}"
        self.folder = settings.environment.state_dir.resolve() / "mlflow"
        url = (
            settings.environment.mlflow_url or f"sqlite:///{self.folder / 'mlflow.db'}"
        )
        self.url = url.replace("postgresql://", "postgresql+psycopg://")

    @cached_property
    def client(self) -> mlflow.MlflowClient:
        mlflow.set_tracking_uri(self.url)
        mlflow.set_registry_uri(self.url)
        with self._alone():
            client = mlflow.MlflowClient(self.url, self.url)
            client.search_experiments(max_results=1)
        return client

    @cached_property
    def experiment_id(self) -> str:
        """The experiment, made when it is not there. Artifacts of a local store lie beside its database."""
        with _named_trouble("experiment"):
            found = self.client.get_experiment_by_name(self.experiment_name)
            if found:
                return found.experiment_id
            place = (
                None
                if self.url.startswith("http")
                else (self.folder / "artifacts" / self.experiment_name).as_uri()
            )
            kind = {
                "mlflow.experimentKind": "custom_model_development"
            }  # opens as model training, not as GenAI
            return self.client.create_experiment(
                self.experiment_name, artifact_location=place, tags=kind
            )

    @contextmanager
    def month_run(self, month: Month) -> Iterator[str]:
        """The parent run of a month, taken up again when there is one; yields its id.

        Children that an earlier try left RUNNING are ended as KILLED, and versions that they registered are removed:
        nothing can have used them.
        """
        with _named_trouble(f"run of {month}"):
            found = self._runs(
                f"tags.`{MONTH}` = '{month}' AND tags.`churn.kind` = 'month'"
            )
            tags = {
                MONTH: str(month),
                "churn.kind": "month",
                "mlflow.runName": f"{month}",
            }
            parent = (
                found[0]
                if found
                else self.client.create_run(self.experiment_id, tags=tags)
            ).info.run_id
            self.client.update_run(parent, status="RUNNING")
            self._sweep(parent)
        try:
            yield parent
        except BaseException:
            self.client.set_terminated(parent, "FAILED")
            raise
        self.client.set_terminated(parent, "FINISHED")

    def finished(self, parent: str, candidate: str, training: str) -> Logged | None:
        """The candidate of an earlier try of this month that learnt from the same data, if it was finished."""
        with _named_trouble(f"search of {candidate}"):
            wanted = {PARENT: parent, CANDIDATE: candidate, TRAINING: training}
            filters = [f"tags.`{name}` = '{value}'" for name, value in wanted.items()]
            for run in self._runs(
                " AND ".join([*filters, "attributes.status = 'FINISHED'"])
            ):
                for version in self._versions(run.info.run_id):
                    return Logged(run.info.run_id, int(version.version))
        return None

    @contextmanager
    def candidate_run(
        self, parent: str, month: Month, candidate: str, training: str
    ) -> Iterator[str]:
        """A child run; FINISHED only when the block ends, so what is FINISHED is complete. Yields its id."""
        tags = {
            MONTH: str(month),
            CANDIDATE: candidate,
            TRAINING: training,
            PARENT: parent,
            "churn.kind": "candidate",
        }
        with _named_trouble(f"run of {candidate}"):
            run_id = self.client.create_run(
                self.experiment_id,
                tags={**tags, "mlflow.runName": f"{month} {candidate}"},
            ).info.run_id
        try:
            yield run_id
        except BaseException:
            self.client.set_terminated(run_id, "FAILED")
            raise
        self.client.set_terminated(run_id, "FINISHED")

    def log(self, run_id: str, record: Record) -> None:
        """Write parameters, metrics, tables, documents and figures of one run."""
        with _named_trouble("log"):
            at = self.client.get_run(run_id).info.start_time
            metrics = [
                Metric(name, float(value), at, 0)
                for name, value in record.metrics.items()
                if value is not None
            ]
            self.client.log_batch(
                run_id,
                metrics,
                [Param(name, str(value)) for name, value in record.parameters.items()],
            )
            for name, table in record.tables.items():
                self.write_table(run_id, name, table)
            for name, document in record.documents.items():
                self.client.log_dict(run_id, document, name)
            for name, figure in record.figures.items():
                self.client.log_figure(run_id, figure, name)

    def write_table(self, run_id: str, name: str, table: "pd.DataFrame") -> None:
        """A table as JSON (as ``mlflow.load_table`` reads it), CSV and HTML, in place of an earlier one."""
        with _named_trouble(f"table {name}"):
            self.client.log_text(
                run_id,
                table.to_json(orient="split", index=False, force_ascii=False),
                f"{name}.json",
            )
            self.client.log_text(run_id, table.to_csv(index=False), f"{name}.csv")
            self.client.log_text(run_id, table.to_html(index=False), f"{name}.html")
            listed = json.loads(self.client.get_run(run_id).data.tags.get(TABLES, "[]"))
            entry = {
                "path": f"{name}.json",
                "type": "table",
            }  # without this tag MLflow shows and loads no table
            if entry not in listed:
                self.client.set_tag(run_id, TABLES, json.dumps([*listed, entry]))

    def register(
        self,
        run_id: str,
        model: Any,
        numeric: Sequence[str],
        text: Sequence[str],
        trusted: Sequence[str],
    ) -> int:
        """Log a model with its signature and register it; no example rows are stored.

        Args:
            numeric, text: the columns it takes; numbers as float64, so that NaN fits and nothing is narrowed.
            trusted: the types that its file may hold.

        Returns:
            The version of the registered model.
        """
        import mlflow.sklearn

        columns = [ColSpec("double", name) for name in numeric] + [
            ColSpec("string", name) for name in text
        ]
        signature = ModelSignature(
            inputs=Schema(columns), outputs=Schema([ColSpec("double")])
        )
        with _named_trouble("log model"):
            mlflow.set_experiment(
                experiment_id=self.experiment_id
            )  # decides where the files go
            # not within start_run: leaving that would mark the run FINISHED too early
            logged = mlflow.models.Model.log(
                None,
                flavor=mlflow.sklearn,
                name="model",
                run_id=run_id,
                sk_model=model,
                serialization_format="skops",
                skops_trusted_types=list(trusted),
                signature=signature,
                pip_requirements=requirements(),
            )
        with _named_trouble("register model"):
            self._registered_model()
            made = self.client.create_model_version(
                self.model_name,
                logged.model_uri,
                run_id=run_id,
                model_id=logged.model_id,
            )
            return int(made.version)

    def files(self, name: str, version: int) -> dict[str, str]:
        """Digests of the files of a version as they lie in the store."""
        with self._copy(name, version) as folder:
            return digests(folder)

    def load(
        self,
        name: str,
        version: int,
        recorded: Mapping[str, str],
        trusted: Sequence[str],
    ) -> Any:
        """The model of a pinned version, after its files proved to be the recorded ones.

        Raises:
            BadInput: they are not, or the file holds a type that is not trusted. Nothing was loaded.
        """
        with self._copy(name, version) as folder:
            return read_model(folder, recorded, trusted, f"{name} version {version}")

    def set_aliases(self, aliases: Mapping[str, int | None]) -> None:
        """Point each alias at its version, or remove it where that is None; what points right already is left alone."""
        with _named_trouble("aliases"):
            self._registered_model()
            now = self.client.get_registered_model(self.model_name).aliases
            for alias, version in aliases.items():
                if version is None and alias in now:
                    self.client.delete_registered_model_alias(self.model_name, alias)
                elif version is not None and int(now.get(alias, 0)) != version:
                    self.client.set_registered_model_alias(
                        self.model_name, alias, str(version)
                    )

    def aliases(self) -> dict[str, int]:
        """Alias to version, as MLflow has them."""
        found = self.client.get_registered_model(self.model_name).aliases
        return {alias: int(version) for alias, version in found.items()}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: two that make the tables of a fresh database break each other."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _runs(self, condition: str) -> list[Any]:
        return list(
            self.client.search_runs(
                [self.experiment_id], condition, order_by=["attributes.start_time ASC"]
            )
        )

    def _versions(self, run_id: str) -> list[Any]:
        return list(
            self.client.search_model_versions(
                f"name = '{self.model_name}' and run_id = '{run_id}'"
            )
        )

    def _sweep(self, parent: str) -> None:
        for run in self._runs(
            f"tags.`{PARENT}` = '{parent}' AND attributes.status != 'FINISHED'"
        ):
            for version in self._versions(run.info.run_id):
                self.client.delete_model_version(self.model_name, version.version)
            if run.info.status == "RUNNING":
                self.client.set_terminated(run.info.run_id, "KILLED")

    def _registered_model(self) -> None:
        try:
            self.client.create_registered_model(self.model_name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    @contextmanager
    def _copy(self, name: str, version: int) -> Iterator[Path]:
        """A private copy of the files of a version: what is verified is what is read."""
        aside = Path(tempfile.mkdtemp(prefix="churn-model-"))
        try:
            with _named_trouble(f"files of {name} version {version}"):
                source = self.client.get_model_version(name, str(version)).source
                copied = mlflow.artifacts.download_artifacts(
                    artifact_uri=source, dst_path=str(aside), tracking_uri=self.url
                )
            yield Path(copied)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def requirements() -> list[str]:
    """The packages that reading a model needs, pinned to what fitted it; given, because guessing them takes seconds."""
    from importlib.metadata import version

    return [f"{name}=={version(name)}" for name in REQUIREMENTS]
