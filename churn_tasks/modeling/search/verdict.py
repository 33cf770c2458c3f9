"""Whether a formula adds anything for customers that the search never saw: the rule by which it counts as found."""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np

from churn_tasks.modeling.search.residual import Bins, log_likelihood

CHANCE = (
    0.01  # that a search of columns without any meaning calls one of its formulas found
)
LEAST_GAIN = 0.001  # of the present model's log loss
MONTHS_GAINED = 2 / 3


@dataclass(frozen=True)
class Verdict:
    """What a formula is worth to customers kept apart.

    Attributes:
        gain_share: share of the present model's log loss that it takes away.
        p_value: chance of so much gain from a formula that adds nothing (one-sided, customers as units).
        months_gained, months: months in which it gains, of those with leavers.
    """

    gain_share: float
    p_value: float
    months_gained: int
    months: int

    def accepted(self, tried: int) -> bool:
        """Whether it counts as found when ``tried`` formulas are put to the test (Bonferroni)."""
        steady = self.months_gained >= MONTHS_GAINED * self.months
        return (
            steady and self.gain_share >= LEAST_GAIN and self.p_value * tried < CHANCE
        )

    def why_not(self, tried: int) -> str:
        """What it lacks; empty when it is found."""
        if self.accepted(tried):
            return ""
        if self.gain_share <= 0:
            return "adds nothing for customers kept apart"
        if self.p_value * tried >= CHANCE:
            return f"could be chance (p {min(1.0, self.p_value * tried):.2g} after {tried} tries)"
        if self.gain_share < LEAST_GAIN:
            return f"adds less than {LEAST_GAIN:.1%} of the log loss"
        return f"gains in {self.months_gained} of {self.months} months only"


def step_of(column: np.ndarray, steps: tuple[Bins, np.ndarray]) -> np.ndarray:
    """The step of each row's bin."""
    bins, step = steps
    return step[bins.of(column)]


def verdict(
    margin: np.ndarray,
    step: np.ndarray,
    churned: np.ndarray,
    customers: np.ndarray,
    months: np.ndarray,
) -> Verdict:
    """Judge the steps of rows that nothing was fitted on.

    Args:
        margin: log-odds without the formula; ``step``: what the formula adds to them.
    """
    before = log_likelihood(margin, churned)
    gain = log_likelihood(margin + step, churned) - before
    _, person = np.unique(customers, return_inverse=True)
    sums = np.bincount(person, gain)
    deviation = float(sums.std(ddof=1)) if len(sums) > 1 else 0.0
    z = float(sums.mean()) * sqrt(len(sums)) / deviation if deviation else 0.0
    by_month = [
        float(gain[months == month].sum())
        for month in np.unique(months)
        if churned[months == month].any()
    ]
    return Verdict(
        gain_share=float(gain.sum() / -before.sum()),
        p_value=0.5 * erfc(z / sqrt(2)),
        months_gained=sum(each > 0 for each in by_month),
        months=len(by_month),
    )
