"""What a list changed: those to be called against those held out, as they were drawn and whatever was done (H4).

*Intention to treat.* Within each list the mean outcome of those to be called less that of those held out; over several
lists the mean weighted by persons. Whether somebody was reached plays no part: who can be reached differs from who
cannot, and the lot does not (Imbens and Rubin, Causal Inference, 2015, chapters 6 and 23).

*Less chance by the score.* Before comparing, the part of the outcome that the score explains is taken out: outcome less
theta (score less its mean of the list), theta by regression within lists and arms. The lot makes the mean of what is
taken out the same in both arms, so that the difference stays what it is and its interval becomes narrower (CUPED: Deng,
Xu, Kohavi, Walker, WSDM 2013, doi 10.1145/2433396.2433413).

*Intervals.* Each arm with a variance of its own (Neyman), that of the small arm at least the one of both together: of
ten held out none may have left. Student's quantiles with Satterthwaite's degrees of freedom.

*Of those reached.* The difference over the share that a list has reached more: what a contact does to those who are
reached if called, with Fieller's interval, which is open when too few were reached to tell (Fieller, JRSS B 16, 1954).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from churn_tasks.effect.drawn import Drawn

SURE = 0.95
FEWEST = 2  # persons in either arm of a list, without whom it has no variance


@dataclass(frozen=True)
class ListDifference:
    """One list.

    Attributes:
        persons: of both arms.
        outcome, reached: means of the called less those of the held out.
        outcome_variance, reached_variance, covariance: of these two differences.
        spread: squares of the two arms' parts of ``outcome_variance`` over their degrees of freedom.
    """

    month: object
    persons: int
    outcome: float
    reached: float
    outcome_variance: float
    reached_variance: float
    covariance: float
    spread: float


@dataclass(frozen=True)
class Difference:
    """Called less held out, with its interval; negative where fewer leave.

    Attributes:
        called, held_out: persons.
        error: standard error.
        lists: that had persons in both arms.
    """

    value: float
    low: float
    high: float
    error: float
    called: int
    held_out: int
    lists: int


@dataclass(frozen=True)
class OfReached:
    """The same among those who were reached because of the list; ``low`` and ``high`` None where it cannot be told.

    Attributes:
        share: that the list has reached more than would have been reached without.
    """

    share: float
    value: float | None
    low: float | None
    high: float | None


def by_list(persons: Drawn) -> list[ListDifference]:
    """The lists that have persons in both arms, in their order."""
    adjusted = less_expected(persons)
    found = []
    for month in np.unique(persons.month):
        mine = persons.month == month
        called, held_out = mine & persons.called, mine & ~persons.called
        if min(called.sum(), held_out.sum()) >= FEWEST:
            found.append(_of_list(month, adjusted, persons.reached, called, held_out))
    return found


def less_expected(persons: Drawn) -> np.ndarray:
    """The outcomes without what was to be expected of them, see CUPED above."""
    outcome = persons.outcome.astype(float)
    expected = persons.expected.astype(float)
    within_outcome, within_expected = outcome.copy(), expected.copy()
    above_list = expected.copy()
    for month in np.unique(persons.month):
        mine = persons.month == month
        above_list[mine] -= expected[mine].mean()
        for arm in (mine & persons.called, mine & ~persons.called):
            if arm.any():
                within_outcome[arm] -= outcome[arm].mean()
                within_expected[arm] -= expected[arm].mean()
    squares = (within_expected**2).sum()
    theta = (within_outcome * within_expected).sum() / squares if squares else 0.0
    return np.asarray(outcome - theta * above_list)


def _of_list(
    month: object,
    outcome: np.ndarray,
    reached: np.ndarray,
    called: np.ndarray,
    held_out: np.ndarray,
) -> ListDifference:
    together = called | held_out
    pooled = _pooled_variance(outcome, called, held_out)
    outcome_variance, spread, reached_variance, covariance = 0.0, 0.0, 0.0, 0.0
    for arm in (called, held_out):
        n = int(arm.sum())
        part = max(float(outcome[arm].var(ddof=1)), pooled) / n
        outcome_variance += part
        spread += part**2 / (n - 1)
        met = reached[arm].astype(float)
        reached_variance += float(met.var(ddof=1)) / n
        covariance += float(np.cov(outcome[arm], met)[0, 1]) / n
    met_more = reached[called].mean() - reached[held_out].mean()
    return ListDifference(
        month=month,
        persons=int(together.sum()),
        outcome=float(outcome[called].mean() - outcome[held_out].mean()),
        reached=float(met_more),
        outcome_variance=outcome_variance,
        reached_variance=reached_variance,
        covariance=covariance,
        spread=spread,
    )


def _pooled_variance(
    outcome: np.ndarray, called: np.ndarray, held_out: np.ndarray
) -> float:
    """Variance about the mean of the own arm."""
    squares, degrees = 0.0, 0
    for arm in (called, held_out):
        squares += float(((outcome[arm] - outcome[arm].mean()) ** 2).sum())
        degrees += int(arm.sum()) - 1
    return squares / degrees


def difference(persons: Drawn, sure: float = SURE) -> Difference | None:
    """Called less held out over all lists; None where no list has persons in both arms.

    Args:
        sure: how often the interval holds the true difference.
    """
    lists = by_list(persons)
    if not lists:
        return None
    everybody = sum(one.persons for one in lists)
    value, variance, spread = 0.0, 0.0, 0.0
    for one in lists:
        weight = one.persons / everybody
        value += weight * one.outcome
        variance += weight**2 * one.outcome_variance
        spread += weight**4 * one.spread
    error = math.sqrt(variance)
    degrees = variance**2 / spread if spread else math.inf
    reach = error * float(t.ppf((1 + sure) / 2, max(degrees, 1.0)))
    counted = np.isin(persons.month, np.array([one.month for one in lists]))
    return Difference(
        value=value,
        low=value - reach,
        high=value + reach,
        error=error,
        called=int((persons.called & counted).sum()),
        held_out=int((~persons.called & counted).sum()),
        lists=len(lists),
    )


def of_reached(persons: Drawn, sure: float = SURE) -> OfReached | None:
    """The effect on those who were reached because of the list (complier average causal effect); see Fieller above."""
    lists = by_list(persons)
    if not lists:
        return None
    everybody = sum(one.persons for one in lists)
    change, share, of_change, of_share, of_both = 0.0, 0.0, 0.0, 0.0, 0.0
    for one in lists:
        weight = one.persons / everybody
        change += weight * one.outcome
        share += weight * one.reached
        of_change += weight**2 * one.outcome_variance
        of_share += weight**2 * one.reached_variance
        of_both += weight**2 * one.covariance
    square = float(norm.ppf((1 + sure) / 2)) ** 2
    # the ratios r for which change - r share may be nought
    first = share**2 - square * of_share
    second = change * share - square * of_both
    third = change**2 - square * of_change
    inside = second**2 - first * third
    if share <= 0 or first <= 0 or inside < 0:
        value = change / share if share > 0 else None
        return OfReached(share, value, None, None)
    root = math.sqrt(inside)
    return OfReached(
        share, change / share, (second - root) / first, (second + root) / first
    )
