"""An interval that may be read after every list, as often as one likes, and stays true (H4).

An interval of one fixed moment is true in 95 of 100 cases if it is read once. Whoever reads it each month and stops
when it no longer holds nought finds an effect by chance far more often. This one holds the true mean at all times
together with a probability of 95 %: the normal mixture of Robbins (Annals of Mathematical Statistics 41, 1970, 1397),
as a confidence sequence in Howard, Ramdas, McAuliffe, Sekhon (Annals of Statistics 49, 2021, doi 10.1214/20-AOS1991,
equation 14), and for means whose variance is estimated in Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (Annals of
Statistics 52, 2024, doi 10.1214/24-AOS2408): large lists are presumed, as for any normal interval.

    S   sum over lists of persons x (difference less the true one)
    V   its variance so far
    |S| <= sqrt((V + r) log((V + r) / (r a^2))) at all times, but for a share a of worlds; any r fixed beforehand

r makes the interval narrowest when V is that of ``PLANNED_LISTS`` lists like the first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from churn_tasks.effect.difference import ListDifference

SURE = 0.95
PLANNED_LISTS = 6


@dataclass(frozen=True)
class AlwaysValid:
    """The difference over the lists so far, and where it lies whenever one looks."""

    value: float
    low: float
    high: float


def boundary(variance: float, planned: float, sure: float = SURE) -> float:
    """How far a sum of this variance strays at most, at all times together.

    Args:
        planned: the variance at which the boundary is to be narrowest.

    >>> round(boundary(100.0, 100.0) / 10, 2)  # of standard errors; 1.96 for one look
    3.04
    """
    miss = 1 - sure
    far = -2 * math.log(miss)
    mixed = planned / (far + math.log(far + 1))
    grown = variance + mixed
    return math.sqrt(grown * math.log(grown / (mixed * miss**2)))


def always_valid(
    lists: Sequence[ListDifference], sure: float = SURE
) -> list[AlwaysValid]:
    """The interval after the first list, after the second, and so on.

    Args:
        lists: earliest first.
    """
    found = []
    total, persons, variance, planned = 0.0, 0, 0.0, 0.0
    for one in lists:
        total += one.persons * one.outcome
        persons += one.persons
        variance += one.persons**2 * one.outcome_variance
        planned = planned or PLANNED_LISTS * variance
        value = total / persons
        reach = boundary(variance, planned, sure) / persons if variance else 0.0
        found.append(AlwaysValid(value, value - reach, value + reach))
    return found
