"""The reproducible streams of chance, and the ways in which the simulator draws from them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Array = np.ndarray
Shape = int | tuple[int, ...]
Span = tuple[
    int, int
]  # half-open, as all intervals: the second number is no part of it

# 2 ** 32 and 2 ** 16 over the golden ratio, to the next prime
SPREAD_32, SPREAD_16 = 2_654_435_761, 40_503
SETTLED_STEPS = 9_973  # a prime: shares come in steps of a ten thousandth


class LogNormal(NamedTuple):
    """Amounts with a long tail: mean and spread of their logarithm, and what the least and the largest are cut to."""

    log_mean: float
    log_spread: float
    least: float = 0
    most: float = np.inf


class Beta(NamedTuple):
    """Shares between 0 and 1 about ``a / (a + b)``, and what the least and the largest are cut to."""

    a: float
    b: float
    least: float = 0
    most: float = 1


class Chance(np.random.Generator):
    """A stream of chance: NumPy's generator with the draws that the simulator makes everywhere.

    The order of the draws decides the data: another draw in between gives another operator.
    """

    def happens(self, probability: Array | float, count: int) -> Array:
        """Whether something of this probability happens to each of ``count``."""
        return self.random(count) < probability

    def codes(self, shares: Mapping[str, float], shape: Shape) -> Array:
        """One code for each entry of an array of this shape.

        Args:
            shares: how common each code is; they sum to 1.
        """
        names = np.array(list(shares))
        weights = list(shares.values())
        return self.choice(names, shape, p=weights)

    def between(self, span: Span, count: int) -> Array:
        """Whole numbers of a span, all equally likely."""
        start, end = span
        return self.integers(start, end, count)

    def amounts(self, spread: LogNormal, shape: Shape) -> Array:
        """Amounts of one sort."""
        drawn = self.lognormal(spread.log_mean, spread.log_spread, shape)
        return np.clip(drawn, spread.least, spread.most)

    def shares(self, spread: Beta, count: int) -> Array:
        """Shares of one sort."""
        drawn = self.beta(spread.a, spread.b, count)
        return np.clip(drawn, spread.least, spread.most)

    def delays(self, share: float, days: Span, count: int) -> Array:
        """Days of delay for this share of ``count``, and 0 for the others."""
        is_delayed = self.happens(share, count)
        delay = self.between(days, count)
        return np.where(is_delayed, delay, 0)

    def days_between(self, first: Array, last: Array) -> Array:
        """A day for each pair, both ends included."""
        length = last - first + 1
        after_first = self.random(len(first)) * length
        return first + after_first.astype(int)


def stream(seed: int, topic: int, number: int) -> Chance:
    """The stream of one topic and one month: the same as ``numpy.random.default_rng`` would give."""
    bits = np.random.PCG64([seed, topic, number])
    return Chance(bits)


def settled(number: Array, factor: int, shift: int = 0) -> Array:
    """A share from 0 to 1 that hangs on a number alone, so that it is the same in every month.

    Args:
        factor: spreads neighbouring numbers apart (multiplicative hashing, Knuth, TAOCP 3, 6.4).
        shift: another one gives an independent share.
    """
    step = (number * factor + shift) % SETTLED_STEPS
    return step / SETTLED_STEPS
