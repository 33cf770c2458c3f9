"""How texts become numbers.

A delivered category (a region, a tariff, a customer group) is one column, however many levels it has: how much more
often customers of its level leave than everybody of their month, its *rate*. A level of few rows knows little of
itself, so each rate is that of the level's rows and of 200 more that are as the mean (Micci-Barreca 2001): a level of
200 rows counts half, as is right where levels differ by 1.5 points of a leaving rate of 5 %. scikit-learn's own choice
(``smooth="auto"``) would not do: it believes a level of two rows that both left.

Rates go in steps of half a point. Without steps a level has five rates a little apart while a model learns, each of
them lower the more of its own group left, and a booster takes that for a sign.

A level that training never saw is scored like an unknown value (``stand_ins.py``). The mean would not do: a booster has
whatever lies between two levels in the bin of one of them.

A rate that a row's own label went into tells the label. While a model learns, each row therefore has the rate that
other customers give its level; the rows that a fold predicts have the one of the rows that it fits on
(:func:`cross_fit`). Later rows have the rate of all training rows.

Worked example: a month's rate is 0.10; of 300 customers of a region 60 left, a rate of 0.20. The column says
(300 * 0.10 + 200 * 0) / 500 = 0.06.

The logistic regression of statistics books (``families/logistic_statistical.py``) has a column for each level instead,
so that its odds ratios hold one level against the rest.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from churn_tasks.modeling.folds import GROUPS, Fold, groups_of

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.compose import ColumnTransformer

    from churn_tasks.modeling.fitted import LearntRows

TEXT = "text"  # name of the step in a preprocessing
STEP = 0.005  # of a rate
MEAN_ROWS = 200  # rows as the mean that are added to each level
RAREST = 0.01  # share of the training rows


def level_encoder() -> OneHotEncoder:
    """One column for each level of at least 1 % of the training rows; the rest, and unseen ones, share one."""
    return OneHotEncoder(
        min_frequency=RAREST, handle_unknown="infrequent_if_exist", sparse_output=False
    )


def text_encoder() -> Pipeline:
    """One column for each feature: the rate of the row's level, mean 0 and deviation 1 over the training rows.

    To be fitted by :func:`fitted_numbers`, under the name :data:`TEXT`.
    """
    return Pipeline([("rates", rate_encoder()), ("scale", StandardScaler())])


class Rates(TargetEncoder):
    """Rates of levels in steps of half a point, so that a level has about one rate, whichever group it is told by."""

    def fit_transform(
        self, frame: "pd.DataFrame", told: np.ndarray, **params: Any
    ) -> np.ndarray:
        return _in_steps(super().fit_transform(frame, told, **params))

    def transform(self, frame: "pd.DataFrame") -> np.ndarray:
        return _in_steps(super().transform(frame))


def _in_steps(rates: np.ndarray) -> np.ndarray:
    return np.round(rates / STEP) * STEP


def rate_encoder() -> Rates:
    """Rates of levels; its labels are those of :func:`beside_month`."""
    return Rates(target_type="continuous", smooth=MEAN_ROWS)


def beside_month(churned: np.ndarray, months: np.ndarray) -> np.ndarray:
    """The labels less the leaving rate of their month: a level that is common in a bad month is not bad by that."""
    told = churned.astype(float)
    for month in np.unique(months):
        rows = months == month
        told[rows] -= told[rows].mean()
    return told


def cross_fit(folds: Sequence[Fold], customers: np.ndarray) -> list[Fold]:
    """Of whose labels each row has its rates, every row once among those that are given them.

    The rows that a fold predicts: of those that it fits on. All others: of the other four groups of customers.

    Args:
        folds: none of which predicts a row that another one predicts.
    """
    is_left = np.ones(len(customers), dtype=bool)
    for _, judged in folds:
        is_left[judged] = False
    left = np.flatnonzero(is_left)
    groups = groups_of(customers[left])
    cross = list(folds)
    for group in np.unique(groups):
        own = groups == group
        cross.append((left[~own], left[own]))
    return cross


def fitted_numbers(preprocess: "ColumnTransformer", rows: "LearntRows") -> np.ndarray:
    """Fit a preprocessing; the numbers that a ranker may learn from, rows x columns.

    What ``preprocess.transform`` gives for the same rows differs: into those rates each row's own label went.
    """
    if not rows.text:
        return preprocess.fit_transform(rows.frame)
    preprocess.set_params(text__rates__cv=cross_fit(rows.folds, rows.customers))
    numbers = preprocess.fit_transform(
        rows.frame, beside_month(rows.churned, rows.months)
    )
    # no model's file holds who was in which fold
    preprocess.set_params(text__rates__cv=GROUPS)
    preprocess.named_transformers_[TEXT].set_params(rates__cv=GROUPS)
    return numbers


def cross_fitted_rates(
    frame: "pd.DataFrame",
    churned: np.ndarray,
    months: np.ndarray,
    customers: np.ndarray,
) -> np.ndarray:
    """Of each row the rates that the other four groups of customers give its levels, rows x columns of texts."""
    encoder = rate_encoder().set_params(cv=cross_fit([], customers))
    return encoder.fit_transform(frame, beside_month(churned, months))
