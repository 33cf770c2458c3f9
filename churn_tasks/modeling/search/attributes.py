"""Attributes ranked by gain (D3): what each adds to a simple model, over the subsets that a genetic algorithm keeps.

The simple model is a ridge fit of the label on standardised columns (a linear discriminant), judged by average
precision on customers it was not fitted on. Subsets of attributes are bred; the gain of an attribute is the average
precision of the best of them with it less that without it. So two attributes that say the same share little gain, and
one that works only beside another still has some.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler

from churn_tasks.modeling.search.genetic import Effort, evolve

PRICE = 0.0003  # average precision that an attribute must add to stay in a subset
FIRST_SIZE = 25  # attributes of a subset in the first generation, about
RIDGE = 0.01  # of the rows fitted on
BEST = 10  # subsets that gains are averaged over
FLIPPED = 0.01  # of attributes, in a child
EFFORT = Effort(population=60, generations=20)

Subset = tuple[int, ...]


@dataclass(frozen=True)
class RankedAttribute:
    """One attribute. ``gain`` is in average precision; ``chosen`` the share of the best subsets that hold it."""

    name: str
    gain: float
    chosen: float


@dataclass(frozen=True)
class _Fold:
    """X'X and X'y of the rows fitted on, so that any subset is fitted in a millisecond, and the rows judged."""

    square: np.ndarray
    product: np.ndarray
    judged: np.ndarray

    def weights(self, chosen: list[int]) -> np.ndarray:
        return np.linalg.solve(
            self.square[np.ix_(chosen, chosen)], self.product[chosen]
        )


class Subsets:
    """Subsets of attributes as they are bred: their positions in ascending order.

    Args:
        columns: rows x attributes, standardised, unknown values 0.
        groups: of customers, each judged by a fit of the others.
        pinned: positions of attributes that every subset holds.
    """

    def __init__(
        self,
        columns: np.ndarray,
        churned: np.ndarray,
        groups: np.ndarray,
        pinned: Iterable[int] = (),
    ) -> None:
        self.columns, self.churned = columns, churned
        self.count, self.pinned = columns.shape[1], list(pinned)
        self.known: dict[Subset, float] = {(): float(churned.mean())}
        self.folds = [
            self._fold(fitted, judged)
            for fitted, judged in PredefinedSplit(groups).split()
        ]

    def _fold(self, fitted: np.ndarray, judged: np.ndarray) -> "_Fold":
        rows = self.columns[fitted]
        target = self.churned[fitted] - self.churned.mean()
        ridge = RIDGE * len(rows) * np.eye(self.count)
        return _Fold(rows.T @ rows + ridge, rows.T @ target, judged)

    def average_precision(self, subset: Subset) -> float:
        """Of all rows ranked by fits that have not seen them; the base rate for no attribute at all."""
        if subset not in self.known:
            chosen = list(subset)
            columns = self.columns[:, chosen]
            scores = np.empty(len(self.churned))
            for fold in self.folds:
                scores[fold.judged] = columns[fold.judged] @ fold.weights(chosen)
            self.known[subset] = average_precision_score(self.churned, scores)
        return self.known[subset]

    def drawn(self, rng: np.random.Generator) -> Subset:
        return self._subset(rng.random(self.count) < FIRST_SIZE / self.count)

    def child(self, rng: np.random.Generator, first: Subset, second: Subset) -> Subset:
        """Each attribute as one of the parents has it, and one in a hundred flipped."""
        from_first = rng.random(self.count) < 0.5
        mask = np.where(from_first, self._mask(first), self._mask(second))
        flipped = rng.random(self.count) < max(FLIPPED, 1 / self.count)
        return self._subset(mask ^ flipped)

    def fittest(self, subsets: Iterable[Subset], most: int) -> list[Subset]:
        return sorted(set(subsets), key=self._order)[:most]

    def _order(self, subset: Subset) -> tuple[float, Subset]:
        return PRICE * len(subset) - self.average_precision(subset), subset

    def _mask(self, subset: Subset) -> np.ndarray:
        mask = np.zeros(self.count, dtype=bool)
        mask[list(subset)] = True
        return mask

    def _subset(self, mask: np.ndarray) -> Subset:
        mask[self.pinned] = True
        return tuple(np.flatnonzero(mask).tolist())

    def gain(self, position: int, subset: Subset) -> float:
        """What an attribute adds to a subset that holds it; one that is not in it adds nothing."""
        without = tuple(other for other in subset if other != position)
        return self.average_precision(subset) - self.average_precision(without)


def standardised(columns: np.ndarray) -> np.ndarray:
    """Rows x attributes: inverse hyperbolic sine, mean 0, deviation 1, unknown values at the mean."""
    return np.nan_to_num(StandardScaler().fit_transform(np.arcsinh(columns)))


def rank(
    names: Sequence[str],
    subsets: Subsets,
    rng: np.random.Generator,
    go_on: Callable[[int, Subset], bool],
    effort: Effort = EFFORT,
) -> list[RankedAttribute]:
    """Every attribute with its gain, the largest first.

    Args:
        names: of the attributes, in the order of the columns.
        go_on: told the generation and the best subset so far; False ends the breeding.
    """
    best = evolve(subsets, effort, rng, go_on)[:BEST]
    ranked = []
    for position, name in enumerate(names):
        gains = [subsets.gain(position, subset) for subset in best]
        holding = [position in subset for subset in best]
        gain, chosen = float(np.mean(gains)), float(np.mean(holding))
        ranked.append(RankedAttribute(name, gain, chosen))
    return sorted(ranked, key=lambda one: (-one.gain, one.name))
