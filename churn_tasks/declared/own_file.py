"""A declaration that ships, with a profile's own file of that name on top; what is wrong names the file it is in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.wrong_fields import NO_FIELDS, Model, Place, problems
from churn_tasks.declared.yaml_file import read_yaml

Declaration = TypeVar("Declaration", bound=Closed)


@dataclass(frozen=True)
class Merged:
    """Both files as one.

    Attributes:
        tables: fields that are merged entry by entry; of the others the profile's own replaces the shipped one.
        mine: what the profile's own file says.
        content: both.
    """

    shipped: Path
    own: Path
    tables: Collection[str]
    mine: Mapping[str, Any]
    content: Mapping[str, Any]

    def file_of(self, place: Place) -> Path:
        """The file that holds a field; of what concerns the whole, the profile's own if there is one."""
        if not self.own.is_file():
            return self.shipped
        if not place:
            return self.own
        field = str(place[0])
        if field not in self.mine:
            return self.shipped
        entries = self.mine[field]
        is_table = field in self.tables and isinstance(entries, Mapping)
        if is_table and len(place) > 1 and place[1] not in entries:
            return self.shipped
        return self.own

    def read_as(self, kind: type[Declaration]) -> Declaration:
        """Both as the declaration that they are.

        Raises:
            SettingsError: each wrong field with the file that holds it.
        """
        try:
            return kind.model_validate(self.content)
        except ValidationError as error:
            raise self.refused(error, kind) from error

    def refused(
        self, error: ValidationError, kind: Model | None = None
    ) -> SettingsError:
        """Each wrong field with the file that holds it."""
        told = []
        for place, said in problems(error, kind):
            told.append(f"{self.file_of(place)}: {said}")
        return SettingsError("; ".join(told))


def merged(shipped: Path, own: Path, tables: Collection[str] = ()) -> Merged:
    """The shipped file with the profile's own on top; either may be absent.

    Raises:
        SettingsError: one of them is no YAML, or no mapping.
    """
    mine, content = fields_of(own), fields_of(shipped)
    both = content | mine
    for table in tables:
        entries = mine.get(table, {})
        if isinstance(entries, dict):  # what is no table is told when it is read
            both[table] = content.get(table, {}) | entries
    return Merged(shipped, own, tables, mine, both)


def fields_of(file: Path) -> dict[str, Any]:
    """What a file says; nothing where there is none.

    Raises:
        SettingsError: it is no YAML, or no mapping.
    """
    content = read_yaml(file) if file.is_file() else None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: {NO_FIELDS} (given: {type(content).__name__})")
    return content
