"""Formulas as they are bred: a sign, and on either side of it one feature or the sum or difference of two.

So people can read each of them, and every shape that a pattern of leaving was ever said to have is among them: a change
over a change, a change over a level, a share of a sum. Only equal units are added and subtracted; a quotient of equal
units is a share, of others a rate; a product needs two units, or a share, for nobody can read square yuan.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import TypeVar

import numpy as np

from churn_tasks.modeling.search.formula import (
    SHARE,
    Formula,
    feature,
    joined,
    replaced,
    values,
)
from churn_tasks.modeling.search.residual import Residual

T = TypeVar("T")
SHARES = ("ratio", "share", "%")
SIGNS = ("/", "/", "/", "-", "+", "*")  # as often as they are drawn
SIDE_SIGNS = ("-", "-", "-", "+")
CHANGED = 0.5  # of children, one feature of whom is exchanged
# nats that each feature in a formula must win: Akaike's price of a parameter
PRICE = 1.0
AT_ONCE = 2_000  # pairs between two looks at the clock
KEPT = 2_000  # pairs that are worth their price and looked at again


def base(unit: str) -> str:
    """Shares, ratios and per cents are compared with one another; every other unit only with itself."""
    return SHARE if unit in SHARES else unit


class Combinations:
    """Formulas over features in their units, and what each wins of one residual.

    Args:
        columns: of each feature the values of the rows searched.
        units: of each feature, in catalogue order.
    """

    def __init__(
        self,
        columns: Mapping[str, np.ndarray],
        units: Mapping[str, str],
        residual: Residual,
    ) -> None:
        self.columns = columns
        self.units = {name: base(unit) for name, unit in units.items()}
        self.residual = residual
        self.known: dict[Formula, tuple[float, ...]] = {}
        self.judged = 0
        self.of_unit: dict[str, list[str]] = {}
        for name, unit in self.units.items():
            self.of_unit.setdefault(unit, []).append(name)

    def gains(self, formula: Formula) -> tuple[float, ...]:
        """Nats that it wins on each group of customers, worked out once; none where it does not tell rows apart."""
        if formula not in self.known:
            gains = self.residual.gains(values(formula, self.columns))
            self.known[formula] = () if gains is None else tuple(gains.tolist())
            self.judged += 1
        return self.known[formula]

    def gain(self, formula: Formula) -> float:
        """Nats that it wins on all groups."""
        return sum(self.gains(formula))

    def fitness(self, formula: Formula) -> float:
        """The gain, less the price of its features."""
        return self.gain(formula) - PRICE * formula.size

    def fittest(self, formulas: Iterable[Formula], most: int) -> list[Formula]:
        """Best first; of those that win the same on every group, such as a - b and b - a, the shortest alone."""
        judged = [formula for formula in set(formulas) if self.gains(formula)]
        distinct: dict[tuple[float, ...], Formula] = {}
        for formula in sorted(judged, key=self._order):
            same = tuple(round(gain, 6) for gain in self.gains(formula))
            distinct.setdefault(same, formula)
        return list(islice(distinct.values(), most))

    def _order(self, formula: Formula) -> tuple[float, int, str]:
        """Best first; among equals the shorter, then the alphabet: an order without chance in it."""
        return -round(self.fitness(formula), 6), formula.size, str(formula)

    def pairs(self) -> Iterator[Formula]:
        """Every two features as a quotient, and as a difference where their units are equal.

        Of the two orders of a pair, which rank rows alike or the other way round, only one.
        """
        for first, second in combinations(self.units, 2):
            yield joined("/", feature(first), feature(second))
            if self.units[first] == self.units[second]:
                yield joined("-", feature(first), feature(second))

    def best_pairs(self, go_on: Callable[[int, float], bool]) -> list[Formula]:
        """The pairs that win most, best first, none that is not worth its price.

        Drawn blindly, one certain pair out of four hundred features comes up once in a hundred thousand formulas.

        Args:
            go_on: told how many were tried and the best gain so far; False ends it.
        """
        pairs, tried = self.pairs(), 0
        best: list[Formula] = []
        while batch := list(islice(pairs, AT_ONCE)):
            most = self.gain(best[0]) if best else 0.0
            if not go_on(tried, most):
                break
            worthy = [pair for pair in batch if self.fitness(pair) > 0]
            best = self.fittest([*best, *worthy], KEPT)
            self.known = {
                pair: self.known[pair] for pair in best
            }  # the many others win nothing
            tried += len(batch)
        return best

    def drawn(self, rng: np.random.Generator) -> Formula:
        """A formula with features drawn from all."""
        return self._joined(rng, self._side(rng), self._side(rng))

    def child(
        self, rng: np.random.Generator, first: Formula, second: Formula
    ) -> Formula:
        """A side of one and a side of the other; every second child has one feature exchanged for one of its unit."""
        sides = [_drawn(rng, _sides(parent)) for parent in (first, second)]
        if rng.random() < CHANGED:
            place = int(rng.integers(2))
            sides[place] = self._exchanged(rng, sides[place])
        return self._joined(rng, *sides)

    def _side(self, rng: np.random.Generator) -> Formula:
        """A feature, or as often two of one unit."""
        name = _drawn(rng, list(self.units))
        if rng.random() < 0.5:
            return feature(name)
        other = _drawn(rng, self.of_unit[self.units[name]])
        if other == name:
            return feature(name)
        return joined(_drawn(rng, SIDE_SIGNS), feature(name), feature(other))

    def _exchanged(self, rng: np.random.Generator, side: Formula) -> Formula:
        name = _drawn(rng, list(side.leaves()))
        return replaced(side, name, _drawn(rng, self.of_unit[self.units[name]]))

    def _joined(
        self, rng: np.random.Generator, left: Formula, right: Formula
    ) -> Formula:
        """The sides joined by a sign that their units allow."""
        units = {self.units[next(side.leaves())] for side in (left, right)}
        sign = _drawn(rng, SIGNS)
        unlike = len(units) > 1
        is_square = not unlike and SHARE not in units
        if (sign in "+-" and unlike) or (sign == "*" and is_square):
            sign = "/"
        return joined(sign, left, right)


def _sides(formula: Formula) -> list[Formula]:
    """The sides of a formula; a difference or sum of two features is one itself."""
    sides = list(formula.parts)
    if formula.size == 2 and formula.sign in "+-":
        sides.append(formula)
    return sides


def _drawn(rng: np.random.Generator, offered: Sequence[T]) -> T:
    return offered[int(rng.integers(len(offered)))]
