"""The one reader of YAML that declares something."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import SettingsError

# the same loader, ten times faster where libyaml is built in
SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T", bound=Closed)


def read_yaml(path: Path) -> Any:
    """What a file says, as plain values."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)  # noqa: S506 - it is the safe loader, in C


def read_declaration(kind: type[T], path: Path) -> T:
    """A file as the declaration that it is.

    Raises:
        SettingsError: it is no YAML, or not of that kind; the message names the file and the field.
    """
    try:
        return kind(**read_yaml(path))
    except (ValidationError, yaml.YAMLError, TypeError) as error:
        raise SettingsError(f"{path}: {error}") from error
