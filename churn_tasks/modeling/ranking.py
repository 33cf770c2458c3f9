"""What a ranker gives: a margin for each row, and what each column adds to it.

A ranker is whatever a family's fit hands on: an estimator of scikit-learn, a booster of LightGBM, or a class of the
family's own file. Scoring asks the ranker alone, so that a model outlives the file that fitted it.
"""

from typing import Any

import numpy as np

SUREST = 1e-6  # nearer to 0 or 1 a share of trees or neighbours has no log-odds


def margin(ranker: Any, numbers: np.ndarray) -> np.ndarray:
    """One figure a row: log-odds, or another score that rises with them, which calibration makes a probability.

    The ranker's ``decision_function`` where it has one; else the log-odds of its ``predict_proba``; else it is a
    booster, with its raw score.
    """
    if hasattr(ranker, "decision_function"):
        return ranker.decision_function(numbers)
    if hasattr(ranker, "predict_proba"):
        chance = np.clip(ranker.predict_proba(numbers)[:, 1], SUREST, 1 - SUREST)
        return np.log(chance / (1 - chance))
    return ranker.predict(numbers, raw_score=True)


def contributions(
    ranker: Any, numbers: np.ndarray, centre: np.ndarray | None
) -> np.ndarray:
    """What each column adds to the margin of each row, rows x columns.

    Exact for rankers that are sums: of its own ``contributions(numbers)`` where it has them, of a regression
    ``coefficient x (value - mean)``, of a booster its Shapley values (Lundberg 2018). Each row's sum is then its margin
    less a constant. Of any other ranker by :func:`without_each`, whose sum need not be the margin.

    Args:
        centre: mean of each column over the training rows.
    """
    if hasattr(ranker, "contributions"):
        return ranker.contributions(numbers)
    if centre is None:
        with_constant = ranker.predict(numbers, pred_contrib=True)
        return with_constant[:, :-1]
    if hasattr(ranker, "coef_"):
        return ranker.coef_[0] * (numbers - centre)
    return without_each(ranker, numbers, centre)


def without_each(ranker: Any, numbers: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """How far each row's margin falls when one column after the other is put to its mean over the training rows.

    The stand-in for families that are no sum. Columns that act together are each given what they do together, so a
    row's contributions need not add up; of a sum of columns it gives the exact ones. Costs a score a column.

    Source: Robnik-Sikonja and Kononenko (2008), Explaining classifications for individual instances.
    """
    from threadpoolctl import threadpool_limits

    added = np.zeros(numbers.shape)
    with threadpool_limits(
        1
    ):  # threads wait for each other at each of many short scores
        whole = margin(ranker, numbers)
        for column in range(numbers.shape[1]):
            own = numbers[:, column].copy()
            if (own != centre[column]).any():
                numbers[:, column] = centre[column]
                added[:, column] = whole - margin(ranker, numbers)
                numbers[:, column] = own
    return added
