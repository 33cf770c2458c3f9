"""Why a customer is on the list, in words (F4, G6).

*Causes* come first: those for which the customer's own signs speak (``causes.py``). Behind them *symptoms*: groups of
features that raised this customer's score and whose figures moved; last what the customer *is*. What lowered the score
is never a reason, however large, nor is a figure that does not bear the reason out, nor anything that we did ourselves.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from churn_tasks.core.closed import Text
from churn_tasks.core.slots import filled
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.warning.causes import Causes, FoundCause
from churn_tasks.warning.evidence import number
from churn_tasks.warning.playbook import Playbook, Reasons, Role
from churn_tasks.warning.sayings import Saying, Sayings

MOST_CAUSES = 2  # so that a place is left for what can be seen fading
MOST_SIGNS = 2
SHARE = "share"
ORDER: Sequence[Role] = ("cause", "symptom", "profile")


@dataclass(frozen=True)
class GivenReason:
    """One reason of one customer.

    Attributes:
        group: reason group, a key of ``reasons.yaml``.
        weight: log-odds that the group added to the score; of a cause the logarithm of what its signs say; above 0.
        text: what a caller can say, the customer's own figure included.
    """

    group: str
    role: Role
    weight: float
    text: Text


@dataclass(frozen=True)
class Known:
    """What reasons are made of beside the factors.

    Attributes:
        features: the catalogue that names each feature's group and meaning.
        causes: customer -> all causes, the likeliest first; empty where the profile has no sign of any.
    """

    playbook: Playbook
    features: Mapping[str, FeatureColumn]
    sayings: Sayings
    causes: Causes

    @property
    def told_by_signs(self) -> set[str]:
        """The causes that signs can show; a score that rose on their features shows none."""
        told: set[str] = set()
        for found in self.causes.values():
            told.update(each.cause for each in found)
        return told


def reasons_by_customer(
    factors: pd.DataFrame, known: Known
) -> dict[str, list[GivenReason]]:
    """Up to three reasons for each customer: causes before symptoms, the heaviest first among each.

    Args:
        factors: ``customer_id``, ``feature``, ``contribution`` (log-odds), ``value`` (may be missing), any order.

    Raises:
        SettingsError: a feature's group has no text in the playbook.
    """
    reasons = known.playbook.reasons
    given: dict[str, list[GivenReason]] = {}
    for customer, found in known.causes.items():
        given[customer] = _seen_causes(found, known)
    for customer, more in _raising(factors, known).items():
        given.setdefault(customer, []).extend(more)
    ordered = {}
    for customer, mine in given.items():
        mine.sort(key=lambda r: (ORDER.index(r.role), -r.weight, r.group))
        ordered[customer] = mine[: reasons.most]
    return {customer: mine for customer, mine in ordered.items() if mine}


def _seen_causes(found: Sequence[FoundCause], known: Known) -> list[GivenReason]:
    """The likeliest of the causes that are seen; one that rests on what was said already adds nothing."""
    given: list[GivenReason] = []
    said: set[str] = set()
    for each in found:
        names = {shown.name for shown in each.signs}
        if each.is_seen and not names <= said:
            given.append(_given_cause(each, known))
            said |= names
    return given[:MOST_CAUSES]


def _given_cause(found: FoundCause, known: Known) -> GivenReason:
    """The cause's sentence and the customer's most telling signs of it."""
    reasons = known.playbook.reasons
    says = reasons.groups[found.cause].says
    shown_en, shown_zh = [], []
    for shown in found.signs[:MOST_SIGNS]:
        value = number(shown.value)
        if known.features[shown.feature].unit == SHARE:
            value = f"{number(shown.value * 100)}%"
        words = {"value": value, "months": known.sayings.months}
        says_sign = reasons.signs[shown.name].says
        shown_en.append(filled(says_sign.en, words))
        shown_zh.append(filled(says_sign.zh, words))
    return GivenReason(
        group=found.cause,
        role="cause",
        weight=round(math.log(found.factor), 9),
        text=Text(
            en=f"{says.en} ({'; '.join(shown_en)})",
            zh=f"{says.zh}（{'；'.join(shown_zh)}）",
        ),
    )


def _raising(factors: pd.DataFrame, known: Known) -> dict[str, list[GivenReason]]:
    """What raised each score, by group, where one of its figures can be said."""
    named = _with_groups(factors, known)
    weights = _weights(named, known.playbook.reasons)
    chosen: dict[tuple[str, str], Saying] = {}
    for row in named.itertuples():
        place = (str(row.customer_id), row.group)
        before = chosen.get(place)
        if place not in weights or (before and not before.is_steady):
            continue
        feature = known.features[_catalogued(row.feature, known.features)]
        saying = known.sayings.said(place[0], feature, row.value)
        if saying and (before is None or not saying.is_steady):
            chosen[place] = saying
    given: dict[str, list[GivenReason]] = {}
    for (customer, group), saying in chosen.items():
        reason = _given(group, weights[customer, group], saying, known)
        given.setdefault(customer, []).append(reason)
    return given


def _with_groups(factors: pd.DataFrame, known: Known) -> pd.DataFrame:
    """What raised a score and may be said, with its ``group``; a customer's strongest feature first."""
    playbook = known.playbook
    unspoken = known.told_by_signs | set(playbook.reasons.of_role("ours"))
    groups = {}
    for name in factors["feature"].unique():
        feature = known.features[_catalogued(name, known.features)]
        groups[name] = feature.group
    playbook.require(groups.values())
    named = factors.assign(group=factors["feature"].map(groups))
    is_spoken = ~named["group"].isin(unspoken)
    is_spoken &= ~named["feature"].isin(playbook.reasons.not_said)
    return named[(named["contribution"] > 0) & is_spoken].sort_values(
        ["customer_id", "contribution", "feature"],
        ascending=[True, False, True],
        kind="stable",
    )


def _weights(named: pd.DataFrame, reasons: Reasons) -> dict[tuple[str, str], float]:
    """Log-odds by customer and group, of the groups that are behind enough of the customer's risk."""
    weights = named.groupby(["customer_id", "group"])["contribution"].sum().round(9)
    whole = weights.groupby(level="customer_id").transform("sum")
    enough = weights[weights >= reasons.min_share * whole]
    return {(str(customer), group): w for (customer, group), w in enough.items()}


def _given(group: str, weight: float, saying: Saying, known: Known) -> GivenReason:
    """The group's sentence with the customer's own figure behind it."""
    reason = known.playbook.reasons.groups[group]
    text = reason.says
    if saying.is_steady and reason.steady:
        text = reason.steady
    if saying.words:
        en, zh = saying.words.en, saying.words.zh
        text = Text(en=f"{text.en} ({en})", zh=f"{text.zh}（{zh}）")
    return GivenReason(group, reason.role, weight, text)


def _catalogued(name: str, catalogue: Mapping[str, FeatureColumn]) -> str:
    """The catalogue's name of what a model calls a feature (an encoded category is ``feature=value``)."""
    return name if name in catalogue else name.partition("=")[0]
