"""The one reader of YAML."""

from pathlib import Path
from typing import Any

import yaml

from churn_tasks.core.errors import SettingsError

# the same loader, ten times faster where libyaml is built in
SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """What a file says, as plain values; None when it says nothing.

    Raises:
        SettingsError: it is no YAML; the message names the file and the line.
    """
    text = path.read_text(encoding="utf-8")
    try:
        return yaml.load(text, Loader=SafeLoader)  # noqa: S506 - it is the safe loader, in C
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: {error}") from error
