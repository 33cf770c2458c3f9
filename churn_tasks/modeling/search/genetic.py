"""A genetic algorithm (遗传算法): what is fitter has more children, and a fifth of every generation is new.

It breeds subsets of attributes and formulas alike; what these are, how they are drawn and crossed and which is fitter,
each kind says itself. All chance comes from one seeded generator: the same seed gives the same generations.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")
NEW = 0.2  # of a generation
RIVALS = 5  # in a tournament


@dataclass(frozen=True)
class Effort:
    """How long to breed: so many individuals, for so many generations at most."""

    population: int
    generations: int


class Kind(Protocol[T]):
    """What is bred."""

    def drawn(self, rng: np.random.Generator) -> T:
        """A new individual."""
        ...

    def child(self, rng: np.random.Generator, first: T, second: T) -> T:
        """Something of both, and now and then something of neither."""
        ...

    def fittest(self, individuals: Iterable[T], most: int) -> list[T]:
        """The fittest of them, best first, no two alike."""
        ...


def evolve(
    kind: Kind[T],
    effort: Effort,
    rng: np.random.Generator,
    go_on: Callable[[int, T], bool],
    start: Sequence[T] = (),
) -> list[T]:
    """The last population, best first; empty where nothing that was drawn can be judged.

    Args:
        go_on: told the number of the generation that would begin and the best so far; False ends the breeding.
        start: individuals of the first population, beside new ones.
    """
    newcomers = [kind.drawn(rng) for _ in range(effort.population - len(start))]
    population = kind.fittest([*start, *newcomers], effort.population)
    for generation in range(1, effort.generations + 1):
        if not population or not go_on(generation, population[0]):
            break
        young = [_young(kind, population, rng) for _ in range(effort.population)]
        population = kind.fittest([*population, *young], effort.population)
    return population


def _young(kind: Kind[T], population: list[T], rng: np.random.Generator) -> T:
    if rng.random() < NEW:
        return kind.drawn(rng)
    return kind.child(rng, _winner(population, rng), _winner(population, rng))


def _winner(population: list[T], rng: np.random.Generator) -> T:
    """The fittest of five drawn: of a population in order, the earliest."""
    return population[rng.integers(len(population), size=RIVALS).min()]
