"""Stacking (Wolpert 1992): a logistic regression learns how much to believe each of several families.

It learns from what the members say of rows that they were not fitted on. No member gets a weight below 0.
"""

import numpy as np
from scipy.optimize import minimize

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.blend import MemberNames, blended, fitted_members
from churn_tasks.modeling.fitted import Fitted, LearntRows

TRUSTED = ("churn_tasks.modeling.blend.Blend",)

PENALTY = 0.01  # on the distance from equal weights, for each row


class Parameters(Closed):
    """What may be given."""

    members: MemberNames = ("logistic_regression", "lightgbm", "random_forest")


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit the members, then their weights."""
    members = fitted_members(rows, given.members)
    weights, intercept = stacked_weights(members.log_odds, rows.judged_truth)
    return blended(rows, members, weights, intercept, given.model_dump())


def stacked_weights(
    log_odds: np.ndarray, churned: np.ndarray
) -> tuple[np.ndarray, float]:
    """Weights of 0 or more and an intercept that make the log loss least, drawn a little towards equal weights.

    Args:
        log_odds: what each member says, rows x members.
    """
    count = log_odds.shape[1]
    equal = np.full(count, 1 / count)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercept = values[:-1], values[-1]
        odds = log_odds @ weights + intercept
        residual = 1 / (1 + np.exp(-odds)) - churned
        apart = weights - equal
        value = np.mean(np.logaddexp(0, odds) - churned * odds)
        slope = log_odds.T @ residual / len(churned) + 2 * PENALTY * apart
        return (
            value + PENALTY * (apart @ apart),
            np.append(slope, residual.mean()),
        )

    bounds = [(0.0, None)] * count + [(None, None)]
    start = np.append(equal, 0.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1], float(found.x[-1])
