"""The playbook that the business edits: reasons in words, and what to do about each (G6, H1).

``include/playbook/reasons.yaml`` and ``strategies.yaml``; a profile may add to or replace entries with files of the
same names in a ``playbook`` folder of its own.
"""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.slots import PlainText, refuse_slots
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.own_file import Merged, fields_of, merged
from churn_tasks.declared.query import read_query

SHIPPED = INCLUDE / "playbook"
FEATURES = "sql/features"

FIGURES = ("value", "months")  # that a sign may say

Role = Literal["cause", "symptom", "profile", "ours"]


class Reason(Closed):
    """One reason group: a short title for charts and a sentence that a caller can say.

    Attributes:
        role: ``cause`` why somebody leaves, ``symptom`` what fades before, ``profile`` what the customer is, ``ours``
            what we did: never a reason.
        share: of a cause, how common it is among those who leave, beside the other causes.
        steady: said in place of ``says`` where a low figure has not fallen, if ``says`` speaks of a fall.
    """

    title: PlainText
    says: PlainText
    steady: PlainText | None = None
    role: Role = "symptom"
    share: float = Field(1, gt=0)


def _with_figures(says: Text) -> Text:
    return refuse_slots(says, FIGURES)


class Sign(Closed):
    """What shows a cause in a customer's own figures.

    Attributes:
        of: features, of which the one that stands out most counts.
        shows: the causes that it speaks for.
        says: in words; ``{value}`` is the customer's figure, ``{months}`` the length of the observe window.
    """

    of: tuple[str, ...] = Field(min_length=1)
    shows: tuple[str, ...] = Field(min_length=1)
    says: Annotated[Text, AfterValidator(_with_figures)]


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

    without_reason: PlainText
    by_reason: dict[str, PlainText]


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
                f"by_reason of strategies.yaml lacks {lacks} and has the unknown {unknown}"
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
        SettingsError: a file is malformed, with the file, the field and what is wrong with it.
    """
    reasons = _merged(settings, "reasons.yaml", ("groups", "signs"))
    strategies = _merged(settings, "strategies.yaml", ("by_reason",))
    both = {
        "reasons": reasons.read_as(Reasons),
        "strategies": strategies.read_as(Strategies),
    }
    try:
        return Playbook(**both)
    except ValidationError as error:
        folder = settings.profile_dir / "playbook"
        edited = folder if folder.is_dir() else SHIPPED
        raise SettingsError(f"{edited}: {wrong_fields(error)}") from error


def refuse_unknown_features(settings: Settings, features: Collection[str]) -> None:
    """Refuse a feature in the profile's own ``reasons.yaml`` that neither it nor any profile that ships could make.

    What the profile merely lacks falls away: a file may be written for several.

    Args:
        features: those that the profile makes.

    Raises:
        SettingsError: the entry, its feature, and the features that are spelled alike.
    """
    file = settings.profile_dir / "playbook" / "reasons.yaml"
    named = _named_features(fields_of(file))
    if not {feature for _, feature in named} - set(features):
        return
    known = _known_features(settings) | set(features)
    for entry, feature in named:
        if feature not in known:
            alike = ", ".join(get_close_matches(feature, sorted(known))) or "none"
            raise SettingsError(
                f"{file}: {entry} names the feature {feature}, which no query makes."
                f" Features of nearly that name: {alike}"
            )


def _named_features(reasons: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each entry of a file that names a feature, with the feature."""
    named = []
    for name, sign in reasons.get("signs", {}).items():
        for feature in sign["of"]:
            named.append((f"signs.{name}.of", feature))
    for feature in reasons.get("not_said", ()):
        named.append(("not_said", feature))
    return named


def _known_features(settings: Settings) -> set[str]:
    """The features that the profile or one that ships could make, whatever its sources."""
    of_profiles = INCLUDE.glob(f"profiles/*/{FEATURES}")
    known: set[str] = set()
    for root in (INCLUDE / FEATURES, settings.profile_dir / FEATURES, *of_profiles):
        for folder in root.glob("*/"):
            for query in read_query("features", folder, settings.windows.observe):
                for column in query.output.columns:
                    if isinstance(column, FeatureColumn):
                        known.add(column.name)
    return known


def _merged(settings: Settings, name: str, tables: Collection[str]) -> Merged:
    return merged(SHIPPED / name, settings.profile_dir / "playbook" / name, tables)
