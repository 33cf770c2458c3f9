"""Model versions: registered with a signature, read back only as the files that were validated, and their aliases."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from churn_tasks.adapters.model_files import digests, read_model
from churn_tasks.adapters.tracking.store import Store, named_trouble

REQUIREMENTS = ("scikit-learn", "lightgbm", "numpy", "pandas", "scipy", "skops")


def requirements() -> list[str]:
    """The packages that reading a model needs, pinned to what fitted it; given, because guessing them takes seconds."""
    return [f"{name}=={installed_version(name)}" for name in REQUIREMENTS]


class Models(Store):
    """The registered model of one profile."""

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

        with named_trouble("log model"):
            # decides where the files go
            mlflow.set_experiment(experiment_id=self.experiment_id)
            # not within start_run: leaving that would mark the run FINISHED too early
            logged = mlflow.models.Model.log(
                None,
                flavor=mlflow.sklearn,
                name="model",
                run_id=run_id,
                sk_model=model,
                serialization_format="skops",
                skops_trusted_types=list(trusted),
                signature=_signature(numeric, text),
                pip_requirements=requirements(),
            )
        with named_trouble("register model"):
            self._ensure_registered_model()
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
        with named_trouble("aliases"):
            self._ensure_registered_model()
            now = self.aliases()
            for alias, version in aliases.items():
                if version == now.get(alias):
                    continue
                if version is None:
                    self.client.delete_registered_model_alias(self.model_name, alias)
                else:
                    self.client.set_registered_model_alias(
                        self.model_name, alias, str(version)
                    )

    def aliases(self) -> dict[str, int]:
        """Alias to version, as MLflow has them."""
        registered = self.client.get_registered_model(self.model_name)
        return {alias: int(version) for alias, version in registered.aliases.items()}

    def _ensure_registered_model(self) -> None:
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
            with named_trouble(f"files of {name} version {version}"):
                source = self.client.get_model_version(name, str(version)).source
                copied = mlflow.artifacts.download_artifacts(
                    artifact_uri=source, dst_path=str(aside), tracking_uri=self.url
                )
            yield Path(copied)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _signature(numeric: Sequence[str], text: Sequence[str]) -> ModelSignature:
    columns = [ColSpec("double", name) for name in numeric]
    columns += [ColSpec("string", name) for name in text]
    return ModelSignature(Schema(columns), Schema([ColSpec("double")]))
