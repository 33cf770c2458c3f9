"""Model versions: registered with a signature, read back only as the files that were validated, and their aliases."""

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from churn_tasks.adapters.model_files import ModelLost, digests, read_model
from churn_tasks.adapters.tracking.store import EXISTS, GONE, Store, named_trouble

log = logging.getLogger("churn")

RESTORED = "churn.restored_version"


class Models(Store):
    """The registered model of one profile."""

    def register(
        self,
        run_id: str,
        model: Any,
        numeric: Sequence[str],
        text: Sequence[str],
        trusted: Sequence[str],
        requirements: Sequence[str],
        above: int = 0,
    ) -> int:
        """Log a model with its signature and register it; no example rows are stored.

        Args:
            above: the highest number that was ever given; an MLflow that is new or was set back begins above it.
            numeric, text: the columns it takes; numbers as float64, so that NaN fits and nothing is narrowed.
            trusted: the types that its file may hold.
            requirements: packages that reading it needs, pinned; given, because guessing them takes seconds.

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
                pip_requirements=list(requirements),
            )
        with named_trouble("register model"):
            self._ensure_registered_model()
            number = self._number_version(logged.model_id, run_id, above + 1)
            log.info("registered %s version %d", self.model_name, number)
            return number

    def files(self, name: str, version: int) -> dict[str, str]:
        """Digests of the files of a version as they lie in the store."""
        with self.copied(name, version) as folder:
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
        with self.copied(name, version) as folder:
            return read_model(folder, recorded, trusted, f"{name} version {version}")

    def is_whole(self, name: str, version: int, recorded: Mapping[str, str]) -> bool:
        """Whether MLflow gives the recorded files of a version, and no others."""
        try:
            return self.files(name, version) == dict(recorded)
        except ModelLost:
            return False

    def restore(
        self, name: str, version: int, folder: Path, recorded: Mapping[str, str]
    ) -> int:
        """Give MLflow the files of a version again, in their place or else as a version of its own.

        The number stays where MLflow has not given it away; it never gives a deleted one again. Then the version
        gets the next number and a tag with the one that it had, by which it is found from then on.

        Returns:
            The number under which MLflow has it.
        """
        with named_trouble(f"restore {name} version {version}"):
            self._ensure_registered_model()
            self._refill(name, version, folder, recorded)
            if self.is_whole(name, version, recorded):
                return version
            tags = {RESTORED: str(version)}
            logged = self.client.create_logged_model(
                self.experiment_id, name="model", tags=tags
            )
            self.client.log_model_artifacts(logged.model_id, str(folder))
            self.client.finalize_logged_model(logged.model_id, "READY")
            number = self._number_version(logged.model_id, None, version)
            self.client.set_model_version_tag(name, str(number), RESTORED, str(version))
        return number

    def _refill(
        self, name: str, version: int, folder: Path, recorded: Mapping[str, str]
    ) -> None:
        """Put files back where a version has lost them; files that are somebody else's are left as they are."""
        try:
            if not self.files(name, version).items() <= recorded.items():
                return
        except ModelLost as lost:
            log.info("%s version %d: %s", name, version, lost)
        try:
            # MLflow gives the id of the logged model in the source alone
            model_id = self._registered(name, version).source.rpartition("/")[2]
            self.client.log_model_artifacts(model_id, str(folder))
        except (MlflowException, ModelLost) as gone:
            log.info("%s version %d has no place any more: %s", name, version, gone)

    def _number_version(self, model_id: str, run_id: str | None, least: int) -> int:
        """Register a logged model under a number from ``least`` on; what comes out lower is deleted again.

        MLflow counts on from the highest number that it knows, so this takes no turn where nothing was lost.
        """
        while True:
            made = self.client.create_model_version(
                self.model_name, f"models:/{model_id}", run_id=run_id, model_id=model_id
            )
            if int(made.version) >= least:
                return int(made.version)
            self.client.delete_model_version(self.model_name, made.version)

    def _registered(self, name: str, version: int) -> Any:
        """MLflow's entry of a version: the one that was restored last, else the one of that number.

        Raises:
            ModelLost: there is neither.
        """
        named = f"name = '{name}' AND tags.`{RESTORED}` = '{version}'"
        restored = self.client.search_model_versions(named)
        if restored:
            return max(restored, key=lambda entry: int(entry.version))
        try:
            return self.client.get_model_version(name, str(version))
        except MlflowException as error:
            if error.error_code != GONE:
                raise
            raise ModelLost(f"MLflow at {self.place} has no such version") from None

    def set_aliases(self, aliases: Mapping[str, int | None]) -> None:
        """Point each alias at its version, or remove it where that is None; what points right already is left alone.

        A version that MLflow has lost gets no alias: nothing but people reads one.
        """
        with named_trouble("aliases"):
            self._ensure_registered_model()
            now = self.aliases()
            for alias, decided in aliases.items():
                version = self._number_in_mlflow(decided)
                if version == now.get(alias):
                    continue
                if version is None:
                    self.client.delete_registered_model_alias(self.model_name, alias)
                else:
                    self.client.set_registered_model_alias(
                        self.model_name, alias, str(version)
                    )

    def _number_in_mlflow(self, version: int | None) -> int | None:
        if version is None:
            return None
        try:
            return int(self._registered(self.model_name, version).version)
        except ModelLost as lost:
            log.warning("no alias for version %d: %s", version, lost)
            return None

    def aliases(self) -> dict[str, int]:
        """Alias to version, as MLflow has them."""
        registered = self.client.get_registered_model(self.model_name)
        return {alias: int(version) for alias, version in registered.aliases.items()}

    def _ensure_registered_model(self) -> None:
        try:
            self.client.create_registered_model(self.model_name)
        except MlflowException as error:
            if error.error_code != EXISTS:
                raise

    @contextmanager
    def copied(self, name: str, version: int) -> Iterator[Path]:
        """A private copy of the files of a version: what is verified is what is read.

        Raises:
            ModelLost: MLflow does not have the version or its files.
        """
        aside = Path(tempfile.mkdtemp(prefix="churn-model-"))
        try:
            yield self._download(name, version, aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _download(self, name: str, version: int, aside: Path) -> Path:
        with named_trouble(f"files of {name} version {version}"):
            source = self._registered(name, version).source
            try:
                copied = mlflow.artifacts.download_artifacts(
                    artifact_uri=source, dst_path=str(aside), tracking_uri=self.url
                )
            except MlflowException as error:
                if error.error_code != GONE:
                    raise
                said = f"MLflow at {self.place} has no files of it"
                raise ModelLost(said) from None
            except Exception as error:  # noqa: BLE001 - each artifact store has errors of its own
                said = f"MLflow at {self.place} knows it, and its files cannot be had: {type(error).__name__}"
                raise ModelLost(said) from None
        return Path(copied)


def _signature(numeric: Sequence[str], text: Sequence[str]) -> ModelSignature:
    columns = [ColSpec("double", name) for name in numeric]
    columns += [ColSpec("string", name) for name in text]
    return ModelSignature(Schema(columns), Schema([ColSpec("double")]))
