"""Why a customer is on the list, in words (F4, G6).

A reason is a group of features that *raised* this customer's score: contributions above zero are added up by group.
What lowered the score is never a reason, however large, nor is a figure that does not bear the reason out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from churn_tasks.core.closed import Text
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.warning.evidence import bears_out, fact
from churn_tasks.warning.playbook import Playbook


@dataclass(frozen=True)
class GivenReason:
    """One reason of one customer.

    Attributes:
        group: reason group, a key of ``reasons.yaml``.
        weight: log-odds that the group added to the score; above 0.
        text: what a caller can say, the customer's own figure included.
    """

    group: str
    weight: float
    text: Text


def reasons_by_customer(
    factors: pd.DataFrame, features: Sequence[FeatureColumn], playbook: Playbook
) -> dict[str, list[GivenReason]]:
    """Up to three reasons for each customer, the heaviest first.

    Args:
        factors: ``customer_id``, ``feature``, ``contribution`` (log-odds), ``value`` (may be missing), any order.
        features: the catalogue that names each feature's group and meaning.

    Raises:
        SettingsError: a feature's group has no text in the playbook.
    """
    catalogue = {feature.name: feature for feature in features}
    meant = [catalogue[_column(name, catalogue)] for name in factors["feature"]]
    playbook.require({feature.group for feature in meant})
    spoken = [
        bears_out(feature, value)
        for feature, value in zip(meant, factors["value"], strict=True)
    ]
    raising = factors.assign(group=[feature.group for feature in meant], spoken=spoken)
    raising = raising[(raising["contribution"] > 0) & raising["spoken"]].sort_values(
        ["customer_id", "contribution", "feature"],
        ascending=[True, False, True],
        kind="stable",
    )
    given: dict[str, list[GivenReason]] = {}
    for row in _heaviest(
        raising, playbook.reasons.min_share, playbook.reasons.most
    ).itertuples():
        feature = catalogue[_column(row.feature, catalogue)]
        text = _told(playbook.reasons.groups[row.group].says, feature, float(row.value))
        given.setdefault(str(row.customer_id), []).append(
            GivenReason(row.group, float(row.weight), text)
        )
    return given


def _heaviest(raising: pd.DataFrame, min_share: float, most: int) -> pd.DataFrame:
    """The groups behind each customer's risk, heaviest first; ``raising`` has a customer's strongest feature first."""
    groups = raising.groupby(["customer_id", "group"], sort=True).agg(
        weight=("contribution", "sum"),
        feature=("feature", "first"),
        value=("value", "first"),
    )
    groups = groups.reset_index().assign(
        weight=lambda frame: frame["weight"].round(9)
    )  # equal sums stay equal
    enough = groups["weight"] >= min_share * groups.groupby("customer_id")[
        "weight"
    ].transform("sum")
    order = groups[enough].sort_values(
        ["customer_id", "weight", "group"], ascending=[True, False, True], kind="stable"
    )
    return order.groupby("customer_id", sort=False).head(most)


def _column(name: str, catalogue: Mapping[str, FeatureColumn]) -> str:
    """The catalogue's name of what a model calls a feature (an encoded category is ``feature=value``)."""
    return name if name in catalogue else name.partition("=")[0]


def _told(says: Text, feature: FeatureColumn, value: float) -> Text:
    """The group's sentence with the customer's own figure behind it."""
    figure = fact(feature, value)
    return (
        Text(en=f"{says.en} ({figure.en})", zh=f"{says.zh}（{figure.zh}）")
        if figure
        else says
    )
