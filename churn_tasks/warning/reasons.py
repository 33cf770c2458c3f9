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
from churn_tasks.warning.playbook import Playbook, Reasons


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
    meant = [catalogue[_catalogued(name, catalogue)] for name in factors["feature"]]
    playbook.require({feature.group for feature in meant})
    groups = _heaviest(_raising(factors, meant), playbook.reasons)
    given: dict[str, list[GivenReason]] = {}
    for row in groups.itertuples():
        feature = catalogue[_catalogued(row.feature, catalogue)]
        says = playbook.reasons.groups[row.group].says
        text = _told(says, feature, float(row.value))
        reason = GivenReason(row.group, float(row.weight), text)
        given.setdefault(str(row.customer_id), []).append(reason)
    return given


def _raising(factors: pd.DataFrame, meant: Sequence[FeatureColumn]) -> pd.DataFrame:
    """What raised a score on a figure that can be said, with its ``group``; a customer's strongest feature first.

    Args:
        meant: the feature behind each row of ``factors``.
    """
    features = zip(meant, factors["value"], strict=True)
    is_spoken = pd.Series(
        [bears_out(feature, value) for feature, value in features],
        index=factors.index,
        dtype=bool,
    )
    named = factors.assign(group=[feature.group for feature in meant])
    raising = named[(named["contribution"] > 0) & is_spoken]
    return raising.sort_values(
        ["customer_id", "contribution", "feature"],
        ascending=[True, False, True],
        kind="stable",
    )


def _heaviest(raising: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    """The groups behind each customer's risk, heaviest first, with the strongest feature of each."""
    groups = (
        raising.groupby(["customer_id", "group"], sort=True)
        .agg(
            weight=("contribution", "sum"),
            feature=("feature", "first"),
            value=("value", "first"),
        )
        .reset_index()
    )
    groups["weight"] = groups["weight"].round(9)  # equal sums stay equal
    whole = groups.groupby("customer_id")["weight"].transform("sum")
    enough = groups[groups["weight"] >= reasons.min_share * whole]
    heaviest_first = enough.sort_values(
        ["customer_id", "weight", "group"],
        ascending=[True, False, True],
        kind="stable",
    )
    return heaviest_first.groupby("customer_id", sort=False).head(reasons.most)


def _catalogued(name: str, catalogue: Mapping[str, FeatureColumn]) -> str:
    """The catalogue's name of what a model calls a feature (an encoded category is ``feature=value``)."""
    return name if name in catalogue else name.partition("=")[0]


def _told(says: Text, feature: FeatureColumn, value: float) -> Text:
    """The group's sentence with the customer's own figure behind it."""
    figure = fact(feature, value)
    if figure is None:
        return says
    return Text(en=f"{says.en} ({figure.en})", zh=f"{says.zh}（{figure.zh}）")
