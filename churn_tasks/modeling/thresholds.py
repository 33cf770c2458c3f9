"""From which score on a customer is warned: by capacity, money, precision or false alarms.

A threshold is chosen on months whose truth is in and used on later ones. Whoever scores at least so much is warned, so
customers of equal score are warned together or not at all. ``NOBODY`` is the answer where no score will do. Among
thresholds that do equally well the higher one is taken: fewer calls for the same.
"""

from dataclasses import dataclass

import numpy as np

NOBODY = float("inf")


@dataclass(frozen=True)
class Costs:
    """What a call costs and what it may bring, in the currency of the profile.

    Attributes:
        contact: of each customer warned; 0 or more.
        worth: of a customer who would have left and is kept; 0 or more.
        kept: share of the warned leavers whom a call keeps; 0 to 1.
    """

    contact: float
    worth: float
    kept: float

    def value(self, warned: np.ndarray, hits: np.ndarray) -> np.ndarray:
        """Of calling so many, of whom so many would have left; calling nobody is worth 0."""
        return hits * self.kept * self.worth - warned * self.contact


@dataclass(frozen=True)
class Steps:
    """What each possible threshold comes to, from the highest score down.

    Attributes:
        scores: the different scores, falling.
        warned, hits: customers, and leavers among them, at or above each of them.
    """

    scores: np.ndarray
    warned: np.ndarray
    hits: np.ndarray

    def lowest(self, allowed: np.ndarray) -> float:
        """The lowest score for which the mask is true, ``NOBODY`` where it is true of none."""
        places = np.flatnonzero(allowed)
        return float(self.scores[places[-1]]) if len(places) else NOBODY


def steps(scores: np.ndarray, churned: np.ndarray) -> Steps:
    """Count once for all thresholds."""
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    last_equal = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    return Steps(
        scores=falling[last_equal],
        warned=last_equal + 1,
        hits=np.cumsum(churned[order])[last_equal],
    )


def by_capacity(at: Steps, size: int) -> float:
    """The longest list of no more than ``size`` customers."""
    return at.lowest(at.warned <= size)


def by_precision(at: Steps, target: float) -> float:
    """The longest list of which at least this share leaves."""
    return at.lowest(at.hits >= target * at.warned)


def by_false_alarms(at: Steps, share: float) -> float:
    """The longest list that warns no more than this share of those who stay."""
    stayers = at.warned[-1] - at.hits[-1]
    return at.lowest(at.warned - at.hits <= share * stayers)


def by_costs(at: Steps, costs: Costs) -> float:
    """The list that is worth most, ``NOBODY`` where none is worth more than calling nobody."""
    value = costs.value(at.warned, at.hits)
    best = int(np.argmax(value))
    return float(at.scores[best]) if value[best] > 0 else NOBODY


def worth(at: Steps, threshold: float, costs: Costs) -> float:
    """Value of the list that a threshold gives on these customers."""
    reached = int((at.scores >= threshold).sum())
    if reached == 0:
        return 0.0
    last = reached - 1
    return float(costs.value(at.warned[last], at.hits[last]))
