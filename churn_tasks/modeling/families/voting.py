"""Several families vote: the mean of their calibrated log-odds."""

import numpy as np
from pydantic import Field, field_validator

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.blend import blended, fitted_members, known_members
from churn_tasks.modeling.fitted import Fitted, LearntRows

TRUSTED = ("churn_tasks.modeling.blend.Blend",)


class Parameters(Closed):
    """What may be given."""

    members: tuple[str, ...] = Field(
        ("logistic_regression", "lightgbm"),
        min_length=2,
        max_length=8,
        description="names of shipped families, each with its defaults",
    )

    _known = field_validator("members")(known_members)


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit the members; each has the same weight."""
    members = fitted_members(rows, given.members)
    count = len(given.members)
    weights = np.full(count, 1 / count)
    return blended(rows, members, weights, 0.0, given.model_dump())
