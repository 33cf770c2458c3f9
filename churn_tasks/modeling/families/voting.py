"""Several families vote: the mean of their calibrated log-odds."""

import numpy as np

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.blend import MemberNames, blended, fitted_members
from churn_tasks.modeling.fitted import Fitted, LearntRows

TRUSTED = ("churn_tasks.modeling.blend.Blend",)


class Parameters(Closed):
    """What may be given."""

    members: MemberNames = ("logistic_regression", "lightgbm")


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit the members; each has the same weight."""
    members = fitted_members(rows, given.members)
    count = len(given.members)
    weights = np.full(count, 1 / count)
    return blended(rows, members, weights, 0.0, given.model_dump())
