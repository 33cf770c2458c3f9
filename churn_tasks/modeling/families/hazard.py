"""Discrete-time hazard with competing kinds of leaving (E1): month by month of the predict window, who leaves how.

Each row becomes one row for each month of the window in which the customer was still there (person-months); its
outcome is to stay on or to leave in one of the kinds that the label tells apart (voluntary, competitor, forced,
natural, unknown). A multinomial logistic regression gives the chance of each outcome, with a level of its own for each
month. The chance of leaving in the window is 1 less the product of staying through all its months, and each kind has
its part of it (Allison 1982, Discrete-time methods for the analysis of event histories).

A window of one month is the multinomial regression alone; one of six months learns when in it people leave. Who leaves
in the second month counts as staying in the first: nothing is learnt from a month after somebody has gone.
"""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.encoding import fitted_numbers
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.preprocessing import preprocessing
from churn_tasks.modeling.ranking import SUREST, margin

STAYS, OTHER = 0, "other"  # the outcome of who stays; a kind of which too few left
TRUSTED = ("churn_tasks.modeling.families.hazard.Hazards",)
SEARCHED = {"strength": (0.001, 0.003, 0.01, 0.03, 0.1, 1.0)}


class Parameters(Closed):
    """What may be given."""

    strength: float = Field(0.01, gt=0, le=1_000, description="inverse of the penalty")
    fewest_of_kind: int = Field(
        50, ge=1, le=10_000, description="kinds of which fewer left are one together"
    )


class Hazards(BaseEstimator):
    """The chance of each kind of leaving, month by month of the window.

    Attributes:
        regression: of person-months; class 0 stays.
        months: of the window.
        kinds: what the other classes are called, class 1 first.
    """

    def __init__(
        self, regression: Any = None, months: int = 1, kinds: tuple[str, ...] = ()
    ) -> None:
        self.regression = regression
        self.months = months
        self.kinds = kinds

    def of_kinds(self, numbers: np.ndarray) -> np.ndarray:
        """Chance of leaving within the window in each kind, rows x kinds; a row's sum is that of leaving at all.

        Args:
            numbers: preprocessed rows.
        """
        still_there = np.ones(len(numbers))
        leaving = np.zeros((len(numbers), len(self.kinds)))
        own = [int(outcome) - 1 for outcome in self.regression.classes_[1:]]
        for month in range(self.months):
            rows = in_month(numbers, month, self.months)
            chances = self.regression.predict_proba(rows)
            leaving[:, own] += still_there[:, None] * chances[:, 1:]
            still_there = still_there * chances[:, STAYS]
        return leaving

    def decision_function(self, numbers: np.ndarray) -> np.ndarray:
        """Log-odds of leaving within the window, in whatever kind."""
        chance = self.of_kinds(numbers).sum(axis=1)
        chance = np.clip(chance, SUREST, 1 - SUREST)
        return np.log(chance / (1 - chance))


def in_month(numbers: np.ndarray, month: int, months: int) -> np.ndarray:
    """The rows with a mark of the month of the window beside them; none where the window has one month."""
    if months == 1:
        return numbers
    marks = np.zeros((len(numbers), months))
    marks[:, month] = 1.0
    return np.hstack([numbers, marks])


def leaving_months(rows: LearntRows) -> np.ndarray:
    """In which month of the window each row leaves, 0 the first; -1 of who stays.

    The first month is the one in which the earliest of all leaves, a month and more after the row's own. Rows without
    days of leaving know of one month.
    """
    leaves_in = np.where(rows.churned, 0, -1)
    if rows.left_date is None or not rows.churned.any():
        return leaves_in
    left = rows.left_date.astype("datetime64[M]")
    after = (left - rows.months.astype("datetime64[M]")).astype(int)
    known = rows.churned & ~np.isnat(rows.left_date)
    if known.any():
        leaves_in[known] = after[known] - after[known].min()
    return leaves_in


def outcomes_of(rows: LearntRows, fewest: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """The outcome of each row, 0 of who stays, and what the others are called.

    Args:
        fewest: kinds of which fewer left are one together.
    """
    outcomes = np.where(rows.churned, 1, STAYS)
    if rows.kinds is None:
        return outcomes, (OTHER,)
    kinds = pd.Series(rows.kinds[rows.churned]).fillna(OTHER).astype(str)
    counts = kinds.value_counts()
    rare = counts[counts < fewest].index
    kinds = kinds.where(~kinds.isin(rare), OTHER)
    codes, names = pd.factorize(kinds, sort=True)
    outcomes[rows.churned] = codes + 1
    return outcomes, tuple(str(name) for name in names)


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit on all rows, and on the folds for the margins that calibration learns from."""
    preprocess = preprocessing(rows.numeric, rows.text, rows.derive)
    numbers = np.ascontiguousarray(fitted_numbers(preprocess, rows))
    leaves_in = leaving_months(rows)
    outcomes, kinds = outcomes_of(rows, given.fewest_of_kind)
    months = int(leaves_in.max()) + 1

    def hazards(learnt: np.ndarray) -> Hazards:
        person_months, became = _person_months(
            numbers[learnt], leaves_in[learnt], outcomes[learnt], months
        )
        regression = LogisticRegression(C=given.strength, max_iter=300, tol=1e-4)
        return Hazards(regression.fit(person_months, became), months, kinds)

    margins = []
    for fitted, judged in rows.folds:
        margins.append(margin(hazards(fitted), numbers[judged]))
    ranker = hazards(np.arange(len(numbers)))
    return Fitted(
        preprocess=preprocess,
        ranker=ranker,
        centre=numbers.mean(axis=0),
        margins=np.concatenate(margins),
        parameters={**given.model_dump(), "months": months, "kinds": len(kinds)},
        tables={"kinds": _kinds_table(ranker, numbers, outcomes)},
    )


def _person_months(
    numbers: np.ndarray, leaves_in: np.ndarray, outcomes: np.ndarray, months: int
) -> tuple[np.ndarray, np.ndarray]:
    """One row for each month in which somebody was still there, and what became of him in it."""
    parts, became = [], []
    for month in range(months):
        there = (leaves_in == -1) | (leaves_in >= month)
        parts.append(in_month(numbers[there], month, months))
        leaves_now = leaves_in[there] == month
        became.append(np.where(leaves_now, outcomes[there], STAYS))
    return np.vstack(parts), np.concatenate(became)


def _kinds_table(
    ranker: Hazards, numbers: np.ndarray, outcomes: np.ndarray
) -> pd.DataFrame:
    """Of each kind how many left, and how many were expected to, over the training rows."""
    expected = ranker.of_kinds(numbers).sum(axis=0)
    rows = []
    for place, kind in enumerate(ranker.kinds):
        left = int((outcomes == place + 1).sum())
        rows.append({"kind": kind, "left": left, "expected": float(expected[place])})
    return pd.DataFrame(rows)
