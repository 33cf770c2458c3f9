"""One frozen settings object: a profile's ``settings.yaml`` plus the environment.

The only module that reads the environment. A typo is an error that names the field and what is allowed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from churn_tasks.core.definition_files import holder, stated, with_lengths
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.family_files import family_files
from churn_tasks.core.sections import ProfileFile
from churn_tasks.core.windows import Calendar
from churn_tasks.core.wrong_fields import problems
from churn_tasks.core.yaml_file import read_yaml

REPOSITORY = Path(__file__).resolve().parents[2]
INCLUDE = REPOSITORY / "include"


def _place(value: object) -> object:
    """A folder as a path, the URL of an object storage as it is, nothing as None."""
    if isinstance(value, str) and value and "://" not in value:
        return Path(value)
    return value or None


class Environment(BaseSettings):
    """What differs between machines: places, addresses and keys. Variables are ``CHURN_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="CHURN_", frozen=True, extra="ignore")

    profile: str = "telecom"
    state_dir: Path = REPOSITORY / "var"
    source_url: str = Field("", repr=False)
    warehouse_url: str = Field("", repr=False)
    mlflow_url: str = ""
    data_path: Annotated[Path | str | None, BeforeValidator(_place)] = (
        None  # a folder, or the URL of an object storage
    )
    data_options: str = Field("", repr=False)  # for that storage, as a JSON object
    token_key_file: Path | None = None
    alert_url: str = ""


class Settings(ProfileFile):
    """Everything a run may ask for. ``profile`` is the folder's name, ``profile_dir`` the folder."""

    profile: str
    profile_dir: Path
    environment: Environment

    @cached_property
    def calendar(self) -> Calendar:
        """The one calendar of this profile."""
        return Calendar(
            first_month=self.first_month,
            train_from=self.model.train_from,
            truth_after=self.definition.truth_after,
            lead_days=self._lead_days,
            **self.windows.lengths,
        )

    @property
    def _lead_days(self) -> int | None:
        """Days after the list from which leaving counts; None where the delay passes first."""
        from_list = self.windows.predict_from == "list"
        return self.warning_list.lead_days if from_list else None

    @property
    def state_dir(self) -> Path:
        """State of this profile alone; profiles never share a folder."""
        return self.environment.state_dir / "profiles" / self.profile

    @property
    def lake_dir(self) -> Path:
        return self.state_dir / "lake"

    @property
    def watch_dir(self) -> Path:
        """What the daily watch has taken in of the running month; made anew from the source when it is gone."""
        return self.state_dir / "watch"

    @property
    def model_copies_dir(self) -> Path:
        """Files of every model version that was ever in force, beside those in MLflow."""
        return self.state_dir / "models"

    def model_card(self, name: str, version: int) -> Path:
        """The page that says what a model version is."""
        return self.state_dir / "model_cards" / name / f"{version}.md"

    @property
    def report_dir(self) -> Path:
        return self.state_dir / "reports"

    @property
    def catalogue_dir(self) -> Path:
        return self.state_dir / "catalogue"

    @property
    def data_docs_dir(self) -> Path:
        return self.state_dir / "data_docs"

    @property
    def warehouse_schema(self) -> str:
        """Schema in the warehouse; one for each profile."""
        return f"churn_{self.profile}"

    @property
    def token_key_file(self) -> Path:
        """The key that turns phone numbers into tokens; never in a database, mode 0600."""
        shared = self.environment.state_dir / "secrets" / "token_key"
        return self.environment.token_key_file or shared

    @property
    def forgotten_file(self) -> Path:
        """Who was taken out, as keyed hashes; beside the key, without which it says nothing."""
        return self.token_key_file.with_name(f"forgotten_{self.profile}")

    @property
    def forgetting_file(self) -> Path:
        """Whom a command is taking out just now; there only while it works or after it was killed."""
        return self.token_key_file.with_name(f"forgetting_{self.profile}.json")

    @property
    def taken_out_file(self) -> Path:
        """How many people were taken out of which month: counts alone."""
        return self.state_dir / "taken_out.json"


def profile_folder(name_or_path: str) -> Path:
    """The folder of a profile: a name under ``include/profiles`` or a path anywhere.

    Raises:
        SettingsError: neither exists, with the names that do.
    """
    for folder in (INCLUDE / "profiles" / name_or_path, Path(name_or_path)):
        if (folder / "settings.yaml").is_file():
            return folder.resolve()
    files = (INCLUDE / "profiles").glob("*/settings.yaml")
    shipped = ", ".join(sorted(file.parent.name for file in files))
    raise SettingsError(
        f"profile {name_or_path!r} has no settings.yaml. Give one of {shipped}, or the path of a folder that holds one."
    )


def load_settings(profile: str | None = None, **overrides: Any) -> Settings:
    """Settings of one profile.

    Args:
        profile: name or folder; ``CHURN_PROFILE`` when absent, ``telecom`` when that is absent too.
        overrides: top-level fields of the profile or of the environment, for tests and benchmarks.

    Raises:
        SettingsError: unknown profile, unknown field or value out of range, each named.
    """
    of_environment = overrides.keys() & Environment.model_fields
    own = {name: overrides.pop(name) for name in of_environment}
    environment = Environment(**own)
    folder = profile_folder(profile or environment.profile)
    file = folder / "settings.yaml"
    content = {**(read_yaml(file) or {}), **overrides}
    given = content.get("definition")
    content["definition"] = stated(given, (INCLUDE, folder))
    content["windows"] = with_lengths(content.get("windows"), content["definition"])
    try:
        settings = Settings(
            **content, profile=folder.name, profile_dir=folder, environment=environment
        )
    except ValidationError as error:
        told = []
        for place, said in problems(error, Settings):
            told.append(f"{holder(given, place, (INCLUDE, folder)) or file}: {said}")
        raise SettingsError("; ".join(told)) from error
    _require_families(settings, file)
    return settings


def _require_families(settings: Settings, file: Path) -> None:
    """Each candidate's family has a file; what it is given is looked at where models are fitted."""
    there = family_files(settings.profile_dir)
    for wanted in settings.model.candidates:
        if wanted.family not in there:
            raise SettingsError(
                f"{file}: model.candidates: there is no model family {wanted.family!r}; there are {', '.join(there)}"
            )


def process_environment() -> dict[str, str]:
    """The environment to hand to a child process; here because only this module may read it."""
    return dict(os.environ)


def default_process_variable(name: str, value: str) -> None:
    """Set a variable of this process for a library that reads it on import, unless the operator has set it."""
    os.environ.setdefault(name, value)


@contextmanager
def changed_environment(**own: str | None) -> Iterator[None]:
    """For a while, this process's environment with other values, for what reads nothing else; None leaves as it is."""
    changed = {name: value for name, value in own.items() if value is not None}
    before = dict(os.environ)
    os.environ.update(changed)
    try:
        yield
    finally:
        for name in changed:
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)
