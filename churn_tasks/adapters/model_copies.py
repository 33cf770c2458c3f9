"""Copies of model files beside the lake, so that a list does not hang on MLflow alone.

One folder a version, ``<root>/<model>/<version>``: it is there as a whole or not at all, and never changes. What is
read from it is held against the digests in the warehouse like what MLflow gives.
"""

import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.core.files import replacing


@dataclass(frozen=True)
class ModelCopies:
    """The copies of one profile."""

    root: Path

    def path(self, name: str, version: int) -> Path:
        return self.root / name / str(version)

    def has(self, name: str, version: int) -> bool:
        return self.path(name, version).is_dir()

    def keep(self, name: str, version: int, folder: Path, files: Iterable[str]) -> None:
        """Copy files of a folder aside and put them in place; a copy that is there makes room."""
        target = self.path(name, version)
        aside = target.with_name(f".{version}-{uuid.uuid4().hex}")
        try:
            for file in files:
                _copy(folder / file, aside / file)
            shutil.rmtree(target, ignore_errors=True)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as aside:
        shutil.copyfile(source, aside)
