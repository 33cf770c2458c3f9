"""Attributes ranked by gain (D3): what each adds to a simple model, over the subsets that a genetic algorithm keeps.

The simple model is a ridge least-squares fit of the label on standardised columns (a linear discriminant), fitted on
some parts of the training rows and judged on others by average precision. DEAP breeds subsets of attributes; then the
gain of an attribute is averaged over the best subsets: the average precision with it less that without it. So two
attributes that say the same share little gain, and one that works only beside another still has some.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from deap import tools

from churn_tasks.modeling.search.evolution import RIVALS, seeded

PRICE = 0.0003  # average precision that an attribute must add to stay in a subset
FIRST_SIZE = 25  # attributes of a subset in the first generation, about
RIDGE = 0.01  # of the rows fitted on
BEST = 10  # subsets that gains are averaged over
CROSSED = 0.7

Subset = tuple[int, ...]


@dataclass(frozen=True)
class Ranked:
    """One attribute. ``gain`` is in average precision; ``chosen`` the share of the best subsets that hold it."""

    name: str
    gain: float
    chosen: float


@dataclass(frozen=True)
class LinearTrial:
    """Standardised columns cut into parts; subsets of them are fitted on sums alone, so a trial takes milliseconds.

    Attributes:
        columns: rows x attributes, standardised, unknown values 0.
        part: the part of each row; see :class:`churn_tasks.modeling.search.residual.Residual`.
    """

    columns: np.ndarray
    churned: np.ndarray
    part: np.ndarray
    forward: bool

    @cached_property
    def _sums(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each part X'X and X'(y - mean)."""
        centred = self.churned - self.churned.mean()
        chosen = [self.part == part for part in range(int(self.part.max()) + 1)]
        return [
            (
                self.columns[rows].T @ self.columns[rows],
                self.columns[rows].T @ centred[rows],
            )
            for rows in chosen
        ]

    @cached_property
    def _folds(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """For each part that is judged: X'X and X'y of what is fitted on, and the judged rows and labels."""
        found = []
        for part in range(1 if self.forward else 0, len(self._sums)):
            fit = [
                sums
                for other, sums in enumerate(self._sums)
                if (other < part if self.forward else other != part)
            ]
            rows = self.part == part
            square, product = (
                np.sum([sums[which] for sums in fit], axis=0) for which in (0, 1)
            )
            square = square + RIDGE * (
                self.part < part if self.forward else ~rows
            ).sum() * np.eye(len(product))
            found.append(
                (
                    square,
                    product,
                    np.asfortranarray(self.columns[rows]),
                    self.churned[rows],
                )
            )
        return [fold for fold in found if 0 < fold[3].sum() < len(fold[3])]

    def average_precision(self, subset: Subset) -> float:
        """Mean over the judged parts; the base rate for no attribute at all."""
        chosen = list(subset)
        scores = []
        for square, product, columns, churned in self._folds:
            weights = (
                np.linalg.solve(square[np.ix_(chosen, chosen)], product[chosen])
                if chosen
                else np.zeros(0)
            )
            scores.append(_average_precision(columns[:, chosen] @ weights, churned))
        return float(np.mean(scores)) if scores else 0.0


def _average_precision(scores: np.ndarray, churned: np.ndarray) -> float:
    """Mean precision over the churners met going down the ranking; equal scores in the order of rows."""
    hits = churned[np.argsort(-scores, kind="stable")]
    places = np.flatnonzero(hits) + 1
    return float(np.mean(np.arange(1, len(places) + 1) / places))


def standardised(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns side by side: inverse hyperbolic sine, mean 0, deviation 1, unknown values at the mean."""
    made = np.empty((len(columns[0]), len(columns)), order="F")
    for position, column in enumerate(columns):
        scaled = np.arcsinh(column)
        known = np.isfinite(scaled)
        mean, deviation = (
            (scaled[known].mean(), scaled[known].std()) if known.any() else (0.0, 0.0)
        )
        made[:, position] = np.where(known, scaled - mean, 0.0) / (deviation or 1.0)
    return made


def rank(
    names: Sequence[str],
    trial: LinearTrial,
    seed: int,
    go_on: Callable[[int, float], bool],
    pinned: Sequence[str] = (),
    population: int = 60,
    generations: int = 20,
) -> list[Ranked]:
    """Every attribute with its gain, the largest first.

    Args:
        go_on: told the generation and the best average precision so far; False ends the breeding.
        pinned: attributes that every subset holds.
    """
    always = frozenset(names.index(name) for name in pinned if name in names)
    known: dict[Subset, float] = {}

    def fitness(subset: Subset) -> float:
        if subset not in known:
            known[subset] = trial.average_precision(subset)
        return known[subset] - PRICE * len(subset)

    with seeded(seed):
        kept = [_drawn(len(names), always) for _ in range(population)]
        for generation in range(generations):
            kept = sorted(set(kept), key=lambda subset: (-fitness(subset), subset))[
                :population
            ]
            if not go_on(generation, known[kept[0]]):
                break
            kept += [
                _child(kept, fitness, len(names), always) for _ in range(population)
            ]
    best = sorted(set(kept), key=lambda subset: (-fitness(subset), subset))[:BEST]
    ranked = [
        _gain(position, name, best, known, trial) for position, name in enumerate(names)
    ]
    return sorted(ranked, key=lambda one: (-one.gain, one.name))


def _drawn(attributes: int, always: frozenset[int]) -> Subset:
    share = FIRST_SIZE / max(attributes, FIRST_SIZE)
    return tuple(
        position
        for position in range(attributes)
        if position in always or random.random() < share
    )


def _child(
    kept: list[Subset],
    fitness: Callable[[Subset], float],
    attributes: int,
    always: frozenset[int],
) -> Subset:
    """Of two winners of tournaments; each attribute from one of them, and one in a hundred flipped."""
    select = partial(_winner, kept, fitness)
    first, second = (
        [position in chosen for position in range(attributes)]
        for chosen in (set(select()), set(select()))
    )
    if random.random() < CROSSED:
        tools.cxUniform(first, second, 0.5)
    tools.mutFlipBit(first, max(0.01, 1.0 / attributes))
    return tuple(
        position for position, is_in in enumerate(first) if is_in or position in always
    )


def _winner(kept: list[Subset], fitness: Callable[[Subset], float]) -> Subset:
    return min(
        tools.selRandom(kept, RIVALS), key=lambda subset: (-fitness(subset), subset)
    )


def _gain(
    position: int,
    name: str,
    best: list[Subset],
    known: dict[Subset, float],
    trial: LinearTrial,
) -> Ranked:
    gains = []
    for subset in best:
        other = tuple(sorted({*subset} ^ {position}))
        known.setdefault(other, trial.average_precision(other))
        gains.append((known[subset] - known[other]) * (1 if position in subset else -1))
    return Ranked(
        name,
        float(np.mean(gains)),
        sum(position in subset for subset in best) / len(best),
    )
