"""What effect can be seen with so many persons called and so many held out."""

import math

from scipy.optimize import brentq
from scipy.stats import norm

SURE = 0.95  # of an interval that does not hold nought where there is no effect
FOUND = 0.8  # how often an effect of the size told is found


def detectable(
    called: int,
    held_out: int,
    leaving_rate: float,
    *,
    sure: float = SURE,
    found: float = FOUND,
) -> float | None:
    """The smallest drop in the share that leaves which would be found, in four cases of five by default.

    Two independent proportions, normal approximation, each with its own variance (Fleiss, Levin, Paik, Statistical
    Methods for Rates and Proportions, 3rd edition, 2003, chapter 4): the drop d from p to p - d with
    d = (z(sure) + z(found)) sqrt(p (1 - p) / held_out + (p - d)(1 - p + d) / called).

    Args:
        called, held_out: persons in each arm.
        leaving_rate: p, the share that leaves without a contact, between 0 and 1.

    Returns:
        The drop as a share of persons, at most ``leaving_rate``; None where even keeping everybody would not be seen.

    >>> round(detectable(9_000, 1_000, 0.3), 4)
    0.0426
    >>> detectable(9, 1, 0.3) is None
    True
    """
    if not called or not held_out or not 0 < leaving_rate < 1:
        return None
    quantiles = norm.ppf((1 + sure) / 2) + norm.ppf(found)

    def missing(drop: float) -> float:
        """How far a drop lies above what is seen."""
        left = leaving_rate - drop
        variance = (
            leaving_rate * (1 - leaving_rate) / held_out + left * (1 - left) / called
        )
        return float(drop - quantiles * math.sqrt(variance))

    if missing(leaving_rate) < 0:
        return None
    return float(brentq(missing, 0.0, leaving_rate))
