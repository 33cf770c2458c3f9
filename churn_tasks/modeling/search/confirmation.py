"""Whether a formula adds anything for customers that the search never saw: the rule by which it counts as found."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_1samp

from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.search.residual import log_likelihood

# that a search of columns without any meaning calls one of its formulas found
CHANCE = 0.01
LEAST_GAIN = 0.001  # of the present model's log loss
MONTHS_GAINED = 2 / 3


@dataclass(frozen=True)
class Confirmation:
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

    @property
    def accepted(self) -> bool:
        return not self.why_not

    @property
    def why_not(self) -> str:
        """What it lacks; empty when the formula counts as found."""
        if self.gain_share <= 0:
            return "adds nothing for customers kept apart"
        if self.p_value >= CHANCE:
            return f"could be chance (p {self.p_value:.2g})"
        if self.gain_share < LEAST_GAIN:
            return f"adds less than {LEAST_GAIN:.1%} of the log loss"
        if self.months_gained < MONTHS_GAINED * self.months:
            return f"gains in {self.months_gained} of {self.months} months only"
        return ""


def confirmed(margin: np.ndarray, step: np.ndarray, rows: Sample) -> Confirmation:
    """Judge the steps of rows that nothing was fitted on.

    Args:
        margin: log-odds without the formula; ``step``: what the formula adds to them.
    """
    before = log_likelihood(margin, rows.churned)
    gain = log_likelihood(margin + step, rows.churned) - before
    _, customer = np.unique(rows.customers, return_inverse=True)
    _, month = np.unique(rows.months, return_inverse=True)
    test = ttest_1samp(np.bincount(customer, gain), 0.0, alternative="greater")
    has_leavers = np.bincount(month, rows.churned) > 0
    gained = np.bincount(month, gain)[has_leavers] > 0
    return Confirmation(
        gain_share=float(gain.sum() / -before.sum()),
        p_value=float(np.nan_to_num(test.pvalue, nan=1.0)),
        months_gained=int(gained.sum()),
        months=int(has_leavers.sum()),
    )
