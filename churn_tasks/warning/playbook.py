"""The playbook that the business edits: reasons in words, and what to do about each (G6, H1).

``include/playbook/reasons.yaml`` and ``strategies.yaml``; a profile may add to or replace entries with files of the
same names in a ``playbook`` folder of its own.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.declared.yaml_file import read_yaml

SHIPPED = INCLUDE / "playbook"


Role = Literal["cause", "symptom", "profile", "ours"]


class Reason(Closed):
    """One reason group: a short title for charts and a sentence that a caller can say.

    Attributes:
        role: ``cause`` why somebody leaves, ``symptom`` what fades before, ``profile`` what the customer is, ``ours``
            what we did: never a reason.
        share: of a cause, how common it is among those who leave, beside the other causes.
        steady: said in place of ``says`` where a low figure has not fallen, if ``says`` speaks of a fall.
    """

    title: Text
    says: Text
    steady: Text | None = None
    role: Role = "symptom"
    share: float = Field(1, gt=0)


class Sign(Closed):
    """What shows a cause in a customer's own figures.

    Attributes:
        of: features, of which the one that stands out most counts.
        shows: the causes that it speaks for.
        says: in words; ``{value}`` is the customer's figure, ``{months}`` the length of the observe window.
    """

    of: tuple[str, ...] = Field(min_length=1)
    shows: tuple[str, ...] = Field(min_length=1)
    says: Text


class Reasons(Closed):
    """``reasons.yaml``. A group behind less than ``min_share`` of a customer's risk is not given as a reason.

    Attributes:
        unseen_share: those who leave over what shows in no sign, beside the shares of the causes.
        not_said: features whose figures are never said.
    """

    min_share: float = Field(0.05, ge=0, lt=1)
    most: int = Field(3, ge=1, le=3)
    unseen_share: float = Field(1, gt=0)
    groups: dict[str, Reason]
    signs: dict[str, Sign] = Field(default_factory=dict)
    not_said: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _signs_show_causes(self) -> Self:
        causes = self.of_role("cause")
        for name, sign in self.signs.items():
            unknown = sorted(set(sign.shows) - set(causes))
            if unknown:
                raise ValueError(
                    f"signs.{name}.shows: {', '.join(unknown)} is no cause; causes are {', '.join(causes)}"
                )
        return self

    def of_role(self, *roles: Role) -> list[str]:
        """The groups that have one of these roles, in the order of the file."""
        return [name for name, reason in self.groups.items() if reason.role in roles]


class Strategies(Closed):
    """``strategies.yaml``: what to do by first reason, and what to do when no reason stands out."""

    without_reason: Text
    by_reason: dict[str, Text]


class Playbook(Closed):
    """Both files; every reason that is said has a strategy."""

    reasons: Reasons
    strategies: Strategies

    @model_validator(mode="after")
    def _same_groups(self) -> Self:
        reasons = set(self.reasons.of_role("cause", "symptom", "profile"))
        strategies = set(self.strategies.by_reason)
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
    reasons = _merged("reasons.yaml", own, ("groups", "signs"))
    strategies = _merged("strategies.yaml", own, ("by_reason",))
    try:
        return Playbook(reasons=Reasons(**reasons), strategies=Strategies(**strategies))
    except (ValidationError, TypeError) as error:
        raise SettingsError(
            f"playbook of profile {settings.profile} ({SHIPPED}): {wrong_fields(error)}"
        ) from error


def refuse_unknown_features(settings: Settings, features: Iterable[str]) -> None:
    """Refuse a sign of the profile's own ``reasons.yaml`` that names a feature which the profile does not make.

    Shipped signs are for all profiles, so what a profile lacks of them falls away.

    Raises:
        SettingsError: the sign, its feature, and the features that are spelled alike.
    """
    file = settings.profile_dir / "playbook" / "reasons.yaml"
    content = (read_yaml(file) or {}) if file.is_file() else {}
    known = sorted(features)
    for name, sign in content.get("signs", {}).items():
        for feature in sorted(set(sign["of"]) - set(known)):
            alike = ", ".join(get_close_matches(feature, known)) or "none"
            raise SettingsError(
                f"{file}: signs.{name}.of names the feature {feature}, which the profile does not make."
                f" Features of nearly that name: {alike}"
            )


def _merged(name: str, own: Path, tables: Iterable[str]) -> dict[str, Any]:
    """The shipped file with the profile's own on top, entry by entry within each of ``tables``."""
    merged: dict[str, Any] = {}
    for file in (SHIPPED / name, own / name):
        if not file.is_file():
            continue
        content = read_yaml(file) or {}
        for table in tables:
            content[table] = merged.get(table, {}) | content.get(table, {})
        merged = merged | content
    return merged
