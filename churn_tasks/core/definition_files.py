"""Where definitions are found: a profile's own folder before the shared one, by the name of the file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from churn_tasks.core.definition import Definition
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.wrong_fields import Place, wrong_fields
from churn_tasks.core.yaml_file import read_yaml

DEFAULT = "last_billed"
FOLDER = "definitions"
KINDS = "kinds"  # rules for kinds of leaving that several definitions share


def definition_files(roots: Sequence[Path]) -> dict[str, Path]:
    """Every definition by its name; ``roots`` are searched in order, a later one replaces what an earlier one has."""
    return _files_below(roots, FOLDER)


def kind_files(roots: Sequence[Path]) -> dict[str, Path]:
    """Every file of rules for kinds of leaving, by its name."""
    return _files_below(roots, f"{FOLDER}/{KINDS}")


def _files_below(roots: Sequence[Path], folder: str) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for root in roots:
        for file in sorted((root / folder).glob("*.yaml")):
            files[file.stem] = file
    return files


def stated(given: object, roots: Sequence[Path]) -> dict[str, Any]:
    """The fields of the definition that a profile adopts.

    Args:
        given: ``definition`` of ``settings.yaml``: the name of a file; or a mapping with ``signs``, which is a whole
            definition; or one without, whose fields replace those of the file that its ``name`` gives.
        roots: folders with a folder ``definitions``, shared first.

    Raises:
        SettingsError: there is no such file, with those there are, or it is malformed.
    """
    if given is None or isinstance(given, str):
        return fields(given or DEFAULT, roots)
    if not isinstance(given, Mapping):
        raise SettingsError(
            "definition: give the name of a file under definitions, or its fields"
        )
    own = _with_kinds(dict(given), roots)
    if "signs" in own:
        return own
    shared = fields(own.pop("name", DEFAULT), roots)
    return {**shared, **own}


def fields(name: str, roots: Sequence[Path]) -> dict[str, Any]:
    """What one file says, its name included.

    Raises:
        SettingsError: there is no such file, with those there are, or it is no mapping.
    """
    files = definition_files(roots)
    if name not in files:
        raise SettingsError(
            f"definition: there is no {FOLDER}/{name}.yaml; there are {', '.join(sorted(files))}"
        )
    content = read_yaml(files[name])
    if not isinstance(content, dict):
        raise SettingsError(f"{files[name]}: holds no fields")
    return _with_kinds({**content, "name": name}, roots)


def holder(given: object, place: Place, roots: Sequence[Path]) -> Path | None:
    """The file under ``definitions`` that holds a field of a profile's settings; None: ``settings.yaml`` itself does.

    Args:
        given: as in :func:`stated`.
        place: of the field within the settings, such as ``("definition", "meaning", "en")``.
    """
    if place[:1] != ("definition",):
        return None
    own: dict[str, Any] = {"name": given or DEFAULT}
    if isinstance(given, Mapping):
        own = dict(given)
    if "signs" in own or set(place[1:2]) & set(own):
        return None
    return definition_files(roots).get(own.get("name", DEFAULT))


def _with_kinds(content: dict[str, Any], roots: Sequence[Path]) -> dict[str, Any]:
    """The fields with the rules of ``definitions/kinds/<name>.yaml`` where ``kinds`` names such a file."""
    name = content.get("kinds")
    if not isinstance(name, str):
        return content
    files = kind_files(roots)
    if name not in files:
        known = ", ".join(sorted(files))
        raise SettingsError(
            f"definition.kinds: there is no {FOLDER}/{KINDS}/{name}.yaml; there are {known}"
        )
    return {**content, "kinds": read_yaml(files[name])}


def load_definition(name: str, roots: Sequence[Path]) -> Definition:
    """One definition by its name.

    Raises:
        SettingsError: there is none of that name, or a field is wrong, each named.
    """
    content = fields(name, roots)
    try:
        return Definition(**content)
    except ValidationError as error:
        file = definition_files(roots)[name]
        raise SettingsError(f"{file}: {wrong_fields(error, Definition)}") from error


def with_lengths(windows: object, definition: Mapping[str, Any]) -> object:
    """The windows of a profile with the lengths that its definition brings along; what is no mapping stays."""
    lengths = definition.get("windows") or {}
    own = windows or {}
    if isinstance(lengths, Mapping) and isinstance(own, Mapping):
        return {**own, **lengths}
    return windows
