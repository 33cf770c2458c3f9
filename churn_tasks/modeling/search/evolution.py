"""Generations of formulas: what explains most of what is left over breeds, and new ones come in all the time.

DEAP gives the trees and what happens to them (crossover, mutation, tournaments). What keeps a population from being
one formula and its cousins is ours: of formulas that win the same only the shortest stays, and a fifth of every
generation is new.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
from deap import gp, tools

from churn_tasks.modeling.search.formula import Formula, values
from churn_tasks.modeling.search.grammar import (
    MOST_FEATURES,
    Grammar,
    Tree,
    formula_of,
    new_tree,
)
from churn_tasks.modeling.search.residual import Residual

PRICE = (
    1.0  # nats that each feature in a formula must win: Akaike's price of a parameter
)
CROSSED, MUTATED = 0.45, 0.35  # the rest of a generation is new
RIVALS = 5  # in a tournament


@dataclass(frozen=True)
class Effort:
    """How long to search. The result depends on these, the seed and the rows, never on the number of threads.

    Attributes:
        population: formulas in a generation.
        generations: at most so many an epoch.
        patience: generations without a better formula after which an epoch ends.
    """

    population: int = 400
    generations: int = 30
    patience: int = 8


@dataclass(frozen=True)
class Bred:
    """A formula in a population.

    Attributes:
        gain: nats it wins on the parts held out.
        fitness: the gain less the price of its features.
    """

    tree: Tree
    formula: Formula
    gain: float
    by_part: tuple[float, ...]

    @property
    def fitness(self) -> float:
        return self.gain - PRICE * self.formula.size

    @property
    def rank(self) -> tuple[float, int, str]:
        """Best first; among equals the shorter, then the alphabet: an order without chance in it."""
        return -round(self.fitness, 6), self.formula.size, str(self.formula)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Python's global random numbers, which DEAP draws from, seeded for a while."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


class Judge:
    """Gains of formulas over one residual, each worked out once."""

    def __init__(
        self, columns: Mapping[str, np.ndarray], residual: Residual, threads: int
    ) -> None:
        self.columns = columns
        self.residual = residual
        self.threads = threads
        self.known: dict[Formula, tuple[float, ...]] = {}

    def judged(self, trees: Sequence[Tree]) -> list[Bred]:
        """The trees whose formula tells rows apart, with their gains."""
        formulas = [formula_of(tree) for tree in trees]
        new = list(
            dict.fromkeys(formula for formula in formulas if formula not in self.known)
        )
        if self.threads > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                found = list(pool.map(self._gains, new))
        else:
            found = [self._gains(formula) for formula in new]
        self.known.update(zip(new, found, strict=True))
        gains = (
            (tree, formula, self.known[formula])
            for tree, formula in zip(trees, formulas, strict=True)
        )
        return [
            Bred(tree, formula, sum(parts), parts)
            for tree, formula, parts in gains
            if parts
        ]

    def _gains(self, formula: Formula) -> tuple[float, ...]:
        found = self.residual.gains(values(formula, self.columns))
        return () if found is None else tuple(float(gain) for gain in found)


def evolve(
    grammar: Grammar,
    judge: Judge,
    effort: Effort,
    go_on: Callable[[int, float], bool],
    start: Sequence[Tree] = (),
) -> list[Bred]:
    """One epoch: the last population, best first. Draws from Python's global random numbers (:func:`seeded`).

    Args:
        go_on: told the generation and the best gain so far; False ends the epoch.
        start: trees that the first population holds beside new ones.
    """
    first = [
        *start,
        *(new_tree(grammar) for _ in range(effort.population - len(start))),
    ]
    population = survivors(judge.judged(first), effort.population)
    best, since = population[0].fitness if population else 0.0, 0
    for generation in range(effort.generations):
        if (
            not population
            or since >= effort.patience
            or not go_on(generation, population[0].gain)
        ):
            break
        population = survivors(
            [
                *population,
                *judge.judged(_offspring(grammar, population, effort.population)),
            ],
            effort.population,
        )
        since = 0 if population[0].fitness > best + 1e-9 else since + 1
        best = population[0].fitness
    return population


def survivors(bred: Sequence[Bred], most: int) -> list[Bred]:
    """The fittest, best first; of those that win the same on every part, such as a - b and b - a, the first alone."""
    seen: dict[tuple[float, ...], Bred] = {}
    for one in sorted(bred, key=lambda each: each.rank):
        seen.setdefault(tuple(round(gain, 6) for gain in one.by_part), one)
    return list(seen.values())[:most]


def _offspring(grammar: Grammar, population: Sequence[Bred], count: int) -> list[Tree]:
    made: list[Tree] = []
    select = partial(_chosen, population)
    while len(made) < count:
        drawn = random.random()
        if drawn < CROSSED:
            children = gp.cxOnePoint(select(), select())
        elif drawn < CROSSED + MUTATED:
            children = (_mutated(grammar, select()),)
        else:
            children = (new_tree(grammar),)
        made += [tree for tree in children if len(tree) <= 2 * MOST_FEATURES - 1]
    return made[:count]


def _chosen(population: Sequence[Bred]) -> Tree:
    """A copy of the fittest of five drawn."""
    rivals = tools.selRandom(population, RIVALS)
    return Tree(min(rivals, key=lambda one: one.rank).tree)


def _mutated(grammar: Grammar, tree: Tree) -> Tree:
    """A feature or sign replaced by one of the same units, or the tree joined to or shrunk to a part of itself."""
    drawn = random.random()
    if drawn < 0.6 or len(tree) == 1:
        return gp.mutNodeReplacement(tree, grammar.primitives)[0]
    if drawn < 0.8:
        return gp.mutShrink(tree)[0]
    return gp.mutUniform(tree, _grown, grammar.primitives)[0]


def _grown(pset: gp.PrimitiveSetTyped, type_: type) -> list[gp.Primitive | gp.Terminal]:
    """A feature of a type, or a sum, difference or quotient that is of it."""
    signs = [
        sign
        for sign in pset.primitives.get(type_, ())
        if all(pset.terminals.get(arg) for arg in sign.args)
    ]
    leaves = pset.terminals.get(type_, [])
    if signs and (not leaves or random.random() < 0.5):
        sign = random.choice(signs)
        return [sign, *(random.choice(pset.terminals[arg]) for arg in sign.args)]
    return [random.choice(leaves)]
