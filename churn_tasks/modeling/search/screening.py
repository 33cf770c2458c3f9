"""The first generation: every pair of features is tried once, and the best pairs are where breeding begins.

Drawn blindly, one certain pair out of four hundred features comes up once in a hundred thousand formulas. So each pair
is tried as a quotient, and as a difference where both are counted in the same unit; of the two orders of a pair, which
rank rows alike or the other way round, only one.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, islice

from churn_tasks.modeling.search.evolution import PRICE, Judge
from churn_tasks.modeling.search.formula import Formula, feature, joined, values
from churn_tasks.modeling.search.grammar import Grammar

KEPT = 2_000  # pairs that later epochs look at again
AT_ONCE = 2_000  # pairs between two looks at the clock


def pairs(grammar: Grammar) -> Iterator[Formula]:
    """Every pair, in catalogue order."""
    for first, second in combinations(grammar.names, 2):
        yield joined("/", feature(first), feature(second))
        if grammar.units[first] == grammar.units[second]:
            yield joined("-", feature(first), feature(second))


def screen(
    judge: Judge, formulas: Iterator[Formula], go_on: Callable[[int, float], bool]
) -> list[Formula]:
    """The formulas that win most, best first, at most 2,000 and none that is not worth its price.

    Args:
        go_on: told how many were tried and the best gain so far; False ends the screening.
    """
    found: list[tuple[float, Formula]] = []
    tried = 0
    while batch := list(islice(formulas, AT_ONCE)):
        if not go_on(tried, -found[0][0] if found else 0.0):
            break
        gains = _gains(judge, batch)
        found += [
            (-gain, one)
            for gain, one in zip(gains, batch, strict=True)
            if gain > PRICE * one.size
        ]
        found = sorted(found, key=lambda pair: (round(pair[0], 6), str(pair[1])))[:KEPT]
        tried += len(batch)
    return [one for _, one in found]


def _gains(judge: Judge, formulas: Sequence[Formula]) -> list[float]:
    """Nats that each wins; nothing is kept of those that win little, for there are many."""

    def gain(formula: Formula) -> float:
        parts = judge.residual.gains(values(formula, judge.columns))
        return 0.0 if parts is None else float(parts.sum())

    if judge.threads == 1:
        return [gain(formula) for formula in formulas]
    with ThreadPoolExecutor(judge.threads) as pool:
        return list(pool.map(gain, formulas))
