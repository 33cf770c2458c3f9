"""The reproducible streams of chance, and the ways in which the simulator draws from them."""

from collections.abc import Mapping

import numpy as np

Array = np.ndarray

# 2 ** 32 and 2 ** 16 over the golden ratio, to the next prime
SPREAD_32, SPREAD_16 = 2_654_435_761, 40_503
SETTLED_STEPS = 9_973  # a prime: shares come in steps of a ten thousandth


class Chance(np.random.Generator):
    """A stream of chance: NumPy's generator with the draws that the simulator makes everywhere.

    The order of the draws decides the data: another draw in between gives another operator.
    """

    def happens(self, probability: Array | float, count: int) -> Array:
        """Whether something of this probability happens to each of ``count``."""
        return self.random(count) < probability

    def codes(self, shares: Mapping[str, float], shape: int | tuple[int, ...]) -> Array:
        """One code for each entry of an array of this shape.

        Args:
            shares: how common each code is; they sum to 1.
        """
        return self.choice(np.array(list(shares)), shape, p=list(shares.values()))

    def delays(self, share: float, low: int, high: int, count: int) -> Array:
        """Days of delay: between ``low`` and ``high - 1`` for this share of ``count``, and 0 for the others."""
        is_delayed = self.happens(share, count)
        days = self.integers(low, high, count)
        return np.where(is_delayed, days, 0)

    def days_between(self, first: Array, last: Array) -> Array:
        """A day for each pair, both ends included."""
        length = last - first + 1
        return first + (self.random(len(first)) * length).astype(int)


def stream(seed: int, topic: int, number: int) -> Chance:
    """The stream of one topic and one month: the same as ``numpy.random.default_rng`` would give."""
    return Chance(np.random.PCG64([seed, topic, number]))


def settled(number: Array, factor: int, shift: int = 0) -> Array:
    """A share from 0 to 1 that hangs on a number alone, so that it is the same in every month.

    Args:
        factor: spreads neighbouring numbers apart (multiplicative hashing, Knuth, TAOCP 3, 6.4).
        shift: another one gives an independent share.
    """
    return (number * factor + shift) % SETTLED_STEPS / SETTLED_STEPS
