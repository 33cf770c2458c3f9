"""Which cause of leaving a customer's own signs speak for, learnt from those who left and those who stayed (F4, G6).

Nobody writes down why a customer left. What history does tell is how much more often each sign was seen among leavers
than among stayers. A sign speaks for one or several causes (``signs`` of ``reasons.yaml``), and what leavers show of
it beyond stayers is put down to these causes. Three steps:

1. *Levels.* A figure that exceeds 80 %, 95 % or 99 % of the stayers' makes level 1, 2 or 3 of its sign; an unknown
   figure level 0. So a sign needs no bound that would fit one operator only.
2. *How telling.* Of stayers a share s has the level, of all leavers a share l. Who leaves over other causes shows the
   sign as often as stayers do; so among those who leave over the causes that it shows, a part p of all leavers, its
   share is s + (l - s) / p. That over s says how many times as common the level is there as among stayers.
   Example: faults were reported by 11 % of stayers and 22 % of leavers, and one leaver in ten leaves over the network:
   0.11 + (0.22 - 0.11) / 0.1 is more than 1, so nearly all of them reported one, nine times as often as stayers.
3. *Bayes' rule* on the shares that the causes are assumed to have and the product of these factors, signs taken as
   independent within a cause (naive Bayes). One more "cause" stands for what shows in no sign.

A cause is *seen* where its own factors multiply to at least two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.warning.playbook import Reasons

EXCEEDED = (0.80, 0.95, 0.99)  # of the stayers
LEVELS = len(EXCEEDED) + 1
AS_STAYERS = 20  # leavers who show what stayers show, added to those counted: few leavers prove little
LEAST_PART = 0.05  # of the stayers' share that a sign has at least among those who leave over its cause
SEEN = 2.0  # times as common as among stayers
UNSEEN = "unseen"


@dataclass(frozen=True)
class LearntSign:
    """What history says of one sign.

    Attributes:
        bounds: feature -> the figures to exceed, rising.
        factors: by level, how many times as common it is with its causes as among stayers.
    """

    name: str
    bounds: Mapping[str, np.ndarray]
    shows: tuple[str, ...]
    factors: np.ndarray


@dataclass(frozen=True)
class FoundSign:
    """A sign that one customer shows.

    Attributes:
        shows: the causes that it speaks for.
        factor: times as common with its causes as among stayers; above 1.
        feature, value: what tells it.
    """

    name: str
    shows: tuple[str, ...]
    factor: float
    feature: str
    value: float


@dataclass(frozen=True)
class FoundCause:
    """What the signs of one customer say of one cause.

    Attributes:
        probability: that the customer would leave over it, if leaving; those of all causes and the unseen add up to 1.
        factor: product over its signs; 1 where there is none.
        signs: that speak for it, the most telling first.
    """

    cause: str
    probability: float
    factor: float
    signs: tuple[FoundSign, ...]

    @property
    def is_seen(self) -> bool:
        return self.factor >= SEEN and bool(self.signs)


Causes = Mapping[str, Sequence[FoundCause]]  # customer -> the likeliest first


@dataclass(frozen=True)
class CauseModel:
    """What is known of all causes.

    Attributes:
        shares: cause -> part of those who leave, :data:`UNSEEN` among them; adds up to 1.
        directions: feature -> 1 where a high figure tells, -1 where a low one does.
    """

    shares: Mapping[str, float]
    signs: Sequence[LearntSign]
    directions: Mapping[str, int]

    def found(self, customers: pd.DataFrame) -> Causes:
        """All causes of each customer, the likeliest first, those of equal probability by name.

        Args:
            customers: ``customer_id`` and the features of the signs.
        """
        names = list(self.shares)
        factors = np.ones((len(customers), len(names)))
        shown: list[list[FoundSign]] = [[] for _ in range(len(customers))]
        for sign in self.signs:
            level, feature, value = self._told_by(sign, customers)
            factor = sign.factors[level]
            for cause in sign.shows:
                factors[:, names.index(cause)] *= factor
            for place in np.flatnonzero((level > 0) & (factor > 1)):
                mine = FoundSign(
                    name=sign.name,
                    shows=sign.shows,
                    factor=float(factor[place]),
                    feature=feature[place],
                    value=float(value[place]),
                )
                shown[place].append(mine)
        weighed = factors * np.array(list(self.shares.values()))
        probabilities = weighed / weighed.sum(axis=1, keepdims=True)
        found = {}
        for number, customer in enumerate(customers["customer_id"]):
            found[str(customer)] = _ordered(
                names, probabilities[number], factors[number], shown[number]
            )
        return found

    def _told_by(
        self, sign: LearntSign, customers: pd.DataFrame
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Level of a sign, the feature that tells it, and its figure, for each customer."""
        levels = levels_of(customers, sign.bounds, self.directions)
        best = levels.argmax(axis=1)
        rows = np.arange(len(customers))
        features = np.array(list(sign.bounds), dtype=object)
        values = customers[list(sign.bounds)].to_numpy(dtype=float)
        return levels[rows, best], features[best], values[rows, best]


def _ordered(
    names: Sequence[str],
    probabilities: np.ndarray,
    factors: np.ndarray,
    shown: Sequence[FoundSign],
) -> list[FoundCause]:
    """The causes of one customer, the likeliest first."""
    causes = []
    for number, cause in enumerate(names):
        if cause != UNSEEN:
            mine = [sign for sign in shown if cause in sign.shows]
            mine.sort(key=lambda sign: (-sign.factor, sign.name))
            probability, factor = float(probabilities[number]), float(factors[number])
            causes.append(FoundCause(cause, probability, factor, tuple(mine)))
    return sorted(causes, key=lambda each: (-each.probability, each.cause))


def sign_features(
    reasons: Reasons, features: Sequence[FeatureColumn]
) -> dict[str, list[str]]:
    """The features that tell each sign in this profile; signs of which it has none are left out."""
    there = {feature.name for feature in features}
    telling = {}
    for name, sign in reasons.signs.items():
        mine = [feature for feature in sign.of if feature in there]
        if mine:
            telling[name] = mine
    return telling


def shown_causes(reasons: Reasons, telling: Mapping[str, Sequence[str]]) -> list[str]:
    """The causes for which a profile has a sign, in the order of the playbook."""
    shown: set[str] = set()
    for name in telling:
        shown.update(reasons.signs[name].shows)
    return [cause for cause in reasons.of_role("cause") if cause in shown]


def learnt(
    stayers: pd.DataFrame,
    leavers: pd.DataFrame,
    reasons: Reasons,
    telling: Mapping[str, Sequence[str]],
    features: Sequence[FeatureColumn],
) -> CauseModel:
    """What past customers say of every sign; without anybody who left, or stayed, no sign tells anything.

    Args:
        stayers, leavers: the features of the signs, a row a customer and month.
        telling: sign -> its features (:func:`sign_features`).
    """
    directions = {}
    for feature in features:
        directions[feature.name] = -1 if feature.expect == "down" else 1
    shares = _shares(reasons, shown_causes(reasons, telling))
    signs = []
    for name, mine in telling.items():
        bounds = {each: _bounds(stayers[each], directions[each]) for each in mine}
        shows = reasons.signs[name].shows
        part = sum(shares[cause] for cause in shows)
        stayed = levels_of(stayers, bounds, directions).max(axis=1)
        left = levels_of(leavers, bounds, directions).max(axis=1)
        signs.append(LearntSign(name, bounds, shows, factors_of(stayed, left, part)))
    return CauseModel(shares, signs, directions)


def _shares(reasons: Reasons, causes: Sequence[str]) -> dict[str, float]:
    weights = {cause: reasons.groups[cause].share for cause in causes}
    weights[UNSEEN] = reasons.unseen_share
    whole = sum(weights.values())
    return {cause: weight / whole for cause, weight in weights.items()}


def _bounds(figures: pd.Series, direction: int) -> np.ndarray:
    """The figures of the stayers that 80 %, 95 % and 99 % do not exceed, each once, towards the telling side."""
    known = figures.dropna().to_numpy(dtype=float) * direction
    if not len(known):
        return np.array([np.inf])
    return np.unique(np.quantile(known, EXCEEDED, method="lower"))


def levels_of(
    customers: pd.DataFrame,
    bounds: Mapping[str, np.ndarray],
    directions: Mapping[str, int],
) -> np.ndarray:
    """How many bounds each figure exceeds, 0 to 3: customers x features; 0 where it is unknown."""
    levels = np.zeros((len(customers), len(bounds)), dtype=int)
    for column, (feature, to_exceed) in enumerate(bounds.items()):
        figures = customers[feature].to_numpy(dtype=float) * directions[feature]
        for bound in to_exceed:
            levels[:, column] += figures > bound
    return levels


def factors_of(stayed: np.ndarray, left: np.ndarray, part: float) -> np.ndarray:
    """How many times as common each level is among those who leave over the sign's causes as among stayers.

    Args:
        stayed, left: level of each past customer.
        part: of all leavers, those who leave over the causes that the sign shows; above 0.

    >>> stayed, left = np.repeat([0, 1], [9_000, 1_000]), np.repeat([0, 1], [8_000, 2_000])
    >>> factors_of(stayed, left, 0.5).round(1).tolist()[:2]
    [0.8, 3.0]
    """
    share = (np.bincount(stayed, minlength=LEVELS) + 0.5) / (len(stayed) + LEVELS / 2)
    seen = np.bincount(left, minlength=LEVELS) + AS_STAYERS * share
    of_leavers = seen / (len(left) + AS_STAYERS)
    of_cause = share + (of_leavers - share) / part
    possible = np.maximum(of_cause, LEAST_PART * share)
    return possible / possible.sum() / share
