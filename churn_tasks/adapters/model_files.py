"""Files of a logged model: their digests, and reading a model only after every file has the digest on record.

Digests are kept outside MLflow, so that whoever can change a model there cannot change what it is held against.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from churn_tasks.core.errors import BadInput

MODEL_FILE = "model.skops"
# MLflow adds it to the copy that it makes; it is no part of the model
WRITTEN_BY_DOWNLOAD = "registered_model_meta"


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder, by its path in it."""
    by_path = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != WRITTEN_BY_DOWNLOAD:
            path = file.relative_to(folder).as_posix()
            by_path[path] = hashlib.sha256(file.read_bytes()).hexdigest()
    return by_path


class ModelLost(BadInput):
    """The files of a model version are not there, in whole or in part; other files are another matter."""


def verify(folder: Path, recorded: Mapping[str, str], model: str) -> None:
    """Hold the files against the digests on record.

    Raises:
        ModelLost: files are missing, and those that are there are the recorded ones.
        BadInput: nothing is on record, or files differ or were added; each named.
    """
    if not recorded:
        raise BadInput(
            f"{model}: no digests on record for its files, so it cannot be trusted. Train the month again."
        )
    stored = digests(folder)
    missing = sorted(recorded.keys() - stored.keys())
    if missing and stored.items() <= recorded.items():
        raise ModelLost(
            f"{model}: files that were validated are missing: {', '.join(missing[:5])}"
        )
    different = sorted(dict(stored.items() ^ recorded.items()))
    if different:
        raise BadInput(
            f"{model}: files are not the ones that were validated: {', '.join(different[:5])}."
            " The model was not loaded. Either somebody changed them, or CHURN_MLFLOW_URL names an MLflow that counts"
            " its own versions. Put the lake's copy in their place (churn models restore), or take the version out of"
            " force (churn models retire)."
        )


def read_model(
    folder: Path, recorded: Mapping[str, str], trusted: Sequence[str], model: str
) -> Any:
    """The model in a folder, read with skops after :func:`verify`: only types on our own list, nothing unpickles.

    Raises:
        BadInput: the files are not the recorded ones, or hold a type that is not on the list.
    """
    verify(folder, recorded, model)
    import skops.io

    path = folder / MODEL_FILE
    untrusted = set(skops.io.get_untrusted_types(file=path))
    unknown = sorted(untrusted - set(trusted))
    if unknown:
        raise BadInput(
            f"{model}: holds types that are not on our list: {', '.join(unknown)}. The model was not loaded."
        )
    return skops.io.load(path, trusted=list(trusted))
