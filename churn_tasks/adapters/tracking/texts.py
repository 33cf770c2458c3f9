"""Everything that MLflow holds as text of the runs of a profile: parameters, tags, tables, documents."""

import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import mlflow

from churn_tasks.adapters.tracking.store import Store, named_trouble

TEXTS = (".json", ".csv", ".html", ".txt", ".md", ".yaml", ".yml", "")


class Texts(Store):
    """The texts of one profile's experiment, to be looked through."""

    def texts(self) -> Iterator[tuple[str, str]]:
        """Where each text lies, and the text."""
        with named_trouble("texts"):
            if self.client.get_experiment_by_name(self.experiment_name) is None:
                return
            for run in self.runs_where(""):
                run_id = run.info.run_id
                yield f"{run_id} parameters", str(run.data.params)
                yield f"{run_id} tags", str(run.data.tags)
                for path in self._paths(run_id, ""):
                    yield f"{run_id} {path}", self._text(run_id, path)

    def _paths(self, run_id: str, folder: str) -> Iterator[str]:
        """The text files of a run, in whatever folder."""
        for artifact in self.client.list_artifacts(run_id, folder or None):
            if artifact.is_dir:
                yield from self._paths(run_id, artifact.path)
            elif PurePosixPath(artifact.path).suffix in TEXTS:
                yield artifact.path

    def _text(self, run_id: str, path: str) -> str:
        with tempfile.TemporaryDirectory(prefix="churn-text-") as folder:
            copied = mlflow.artifacts.download_artifacts(
                run_id=run_id,
                artifact_path=path,
                dst_path=folder,
                tracking_uri=self.url,
            )
            return Path(copied).read_text(encoding="utf-8", errors="replace")
