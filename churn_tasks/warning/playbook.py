"""The playbook that the business edits: reasons in words, and what to do about each (G6, H1).

``include/playbook/reasons.yaml`` and ``strategies.yaml``; a profile may add to or replace entries with files of the
same names in a ``playbook`` folder of its own.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.declared.yaml_file import read_yaml

SHIPPED = INCLUDE / "playbook"


class Reason(Closed):
    """One reason group: a short title for charts and a sentence that a caller can say."""

    title: Text
    says: Text


class Reasons(Closed):
    """``reasons.yaml``. A group behind less than ``min_share`` of a customer's risk is not given as a reason."""

    min_share: float = Field(0.05, ge=0, lt=1)
    most: int = Field(3, ge=1, le=3)
    groups: dict[str, Reason]


class Strategies(Closed):
    """``strategies.yaml``: what to do by first reason, and what to do when no reason stands out."""

    without_reason: Text
    by_reason: dict[str, Text]


class Playbook(Closed):
    """Both files; every reason has a strategy."""

    reasons: Reasons
    strategies: Strategies

    @model_validator(mode="after")
    def _same_groups(self) -> "Playbook":
        reasons, strategies = set(self.reasons.groups), set(self.strategies.by_reason)
        if reasons != strategies:
            lacks, unknown = sorted(reasons - strategies), sorted(strategies - reasons)
            raise ValueError(
                f"strategies.yaml lacks {lacks} and has the unknown {unknown}"
            )
        return self

    def require(self, groups: Iterable[str]) -> None:
        """Refuse to start with features whose reason nobody has put into words.

        Raises:
            SettingsError: the groups without a text, and the file to mend.
        """
        unknown = sorted(set(groups) - set(self.reasons.groups))
        if unknown:
            raise SettingsError(
                f"no reason is put into words for the groups {', '.join(unknown)}, which features name. Add them to"
                " playbook/reasons.yaml of the profile, and what to do to playbook/strategies.yaml, or take one of"
                f" {', '.join(sorted(self.reasons.groups))}."
            )


def load_playbook(settings: Settings) -> Playbook:
    """The shipped playbook with the profile's own entries on top.

    Raises:
        SettingsError: a file is malformed, with the field.
    """
    own = settings.profile_dir / "playbook"
    reasons = _merged("reasons.yaml", own, "groups")
    strategies = _merged("strategies.yaml", own, "by_reason")
    try:
        return Playbook(reasons=Reasons(**reasons), strategies=Strategies(**strategies))
    except (ValidationError, TypeError) as error:
        raise SettingsError(
            f"playbook of profile {settings.profile} ({SHIPPED}): {wrong_fields(error)}"
        ) from error


def _merged(name: str, own: Path, table: str) -> dict[str, Any]:
    """The shipped file with the profile's own on top, entry by entry within ``table``."""
    merged: dict[str, Any] = {table: {}}
    for file in (SHIPPED / name, own / name):
        if file.is_file():
            content = read_yaml(file) or {}
            entries = merged[table] | content.pop(table, {})
            merged = merged | content | {table: entries}
    return merged
