"""A YAML file as the declaration that it is."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.core.yaml_file import read_yaml

__all__ = ["read_declaration", "read_yaml"]

Declaration = TypeVar("Declaration", bound=Closed)


def read_declaration(kind: type[Declaration], path: Path) -> Declaration:
    """A file as the declaration that it is.

    Raises:
        SettingsError: it is no YAML, or not of that kind; the message names the file and the field.
    """
    content = read_yaml(path)
    try:
        return kind(**content)
    except (ValidationError, TypeError) as error:
        raise SettingsError(f"{path}: {wrong_fields(error, kind)}") from error
