"""A model family is one file (E1), found by its name: in ``families`` beside this module, or in that of a profile.

The file says:

- ``Parameters``: a closed class with a default, a range and a description for each; a typo names what there is;
- ``fit(rows, given)``: ``LearntRows`` and ``Parameters`` to ``Fitted``;
- ``SEARCHED``, where a search may choose: by parameter the values to be tried;
- ``TRUSTED``, where its models hold types that skops does not trust by itself: their dotted names;
- ``PACKAGES``, where its models need a package that the others do without;
- ``columns(given)``, where it looks at certain columns instead of those that were selected;
- ``memory(rows, columns, given)``, where its fit takes more bytes than copies of the rows.

What a row's margin is and what each column adds to it, the fitted ranker says (``ranking.py``). Adding a family touches
no other file.
"""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.family_files import SHIPPED, family_files
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.modeling.classifier import TRUSTED
from churn_tasks.modeling.fit_memory import of_the_rows
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.used_code import digest_of

PACKAGE, FOLDER = "churn_tasks.modeling", Path(__file__).parent
OWN_MODULES = "churn_own_family_"  # before the name of a family of a profile


@dataclass(frozen=True)
class Family:
    """What a family's file says.

    Attributes:
        searched: by parameter, the values that a search may try.
        columns: the columns that it looks at, given its parameters; None: those that were selected.
        memory: bytes that its fit takes, from rows, columns and what is given.
    """

    name: str
    file: Path
    parameters: type[Closed]
    fit: Callable[[LearntRows, Any], Fitted]
    trusted: tuple[str, ...]
    packages: tuple[str, ...]
    searched: Mapping[str, tuple[Any, ...]]
    columns: Callable[[Any], tuple[str, ...]] | None
    memory: Callable[[int, int, Any], float] = of_the_rows

    @property
    def is_shipped(self) -> bool:
        return self.file.parent == SHIPPED

    def given(self, values: Mapping[str, Any]) -> Any:
        """Its parameters from what the settings say.

        Raises:
            SettingsError: one is unknown, missing or out of range, with those that there are.
        """
        try:
            return self.parameters.model_validate(dict(values))
        except ValidationError as error:
            wrong = wrong_fields(error, self.parameters)
            raise SettingsError(
                f"model.candidates, family {self.name}: {wrong}"
            ) from error

    def code_digest(self, folder: Path = FOLDER) -> str:
        """Digest of the code that fits it, with all that it imports from this package.

        Args:
            folder: where the package lies.
        """
        if self.is_shipped:
            return digest_of(PACKAGE, folder, [f"{PACKAGE}.families.{self.name}"])
        own = hashlib.sha256(self.file.read_bytes()).hexdigest()
        return f"{own[:16]} {digest_of(PACKAGE, folder, [f'{PACKAGE}.scaled'])}"


def family(name: str, profile_dir: Path | None = None) -> Family:
    """The family of a name.

    Args:
        profile_dir: folder of the profile, which may hold families of its own; the shipped ones alone when absent.

    Raises:
        SettingsError: there is none, with those that there are; or its file lacks something.
    """
    files = family_files(profile_dir)
    if name not in files:
        raise SettingsError(
            f"there is no model family {name!r}; there are {', '.join(files)}"
        )
    return _family(files[name])


def trusted_types(profile_dir: Path | None = None) -> tuple[str, ...]:
    """What the file of a model may hold beside the types that skops trusts itself, whatever family it is of."""
    types = set(TRUSTED)
    for file in family_files(profile_dir).values():
        types.update(_family(file).trusted)
    return tuple(sorted(types))


@cache
def _family(file: Path) -> Family:
    module = _module(file)
    for needed in ("Parameters", "fit"):
        if not hasattr(module, needed):
            raise SettingsError(
                f"{file}: a model family needs {needed}; churn_tasks/modeling/family.py says what a file must hold"
            )
    return Family(
        name=file.stem,
        file=file,
        parameters=module.Parameters,
        fit=module.fit,
        trusted=tuple(getattr(module, "TRUSTED", ())),
        packages=tuple(getattr(module, "PACKAGES", ())),
        searched=getattr(module, "SEARCHED", {}),
        columns=getattr(module, "columns", None),
        memory=getattr(module, "memory", of_the_rows),
    )


def _module(file: Path) -> ModuleType:
    """The file as a module; one of a profile under a name by which skops finds its classes again."""
    if file.parent == SHIPPED:
        return importlib.import_module(f"{PACKAGE}.families.{file.stem}")
    name = f"{OWN_MODULES}{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
