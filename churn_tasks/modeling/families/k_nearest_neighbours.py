"""K nearest neighbours (Cover and Hart 1967): how many of the most similar customers left.

The training rows are the model. Beyond ``most_rows`` they are thinned, so that model and scoring stay affordable.
"""

import numpy as np
from pydantic import Field
from sklearn.neighbors import KNeighborsClassifier

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

SEARCHED = {"neighbours": (25, 50, 100, 200, 400)}


class Parameters(Closed):
    """What may be given."""

    neighbours: int = Field(100, ge=1, le=1_000, description="fewer where rows are few")
    most_rows: int = Field(
        10_000, ge=500, le=50_000, description="beyond it rows are thinned"
    )


class Neighbours(KNeighborsClassifier):
    """Log-odds of the share of neighbours who left, half a leaver and half a stayer added to them."""

    def decision_function(self, numbers: np.ndarray) -> np.ndarray:
        leavers = self.predict_proba(numbers)[:, 1] * self.n_neighbors
        return np.log((leavers + 0.5) / (self.n_neighbors - leavers + 0.5))


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Keep the rows; of few rows at most a tenth are neighbours."""
    count = max(1, min(given.neighbours, len(rows.frame) // 10))

    def neighbours() -> Neighbours:
        return Neighbours(n_neighbors=count, algorithm="brute")

    return fitted_scaled(rows, neighbours, given.model_dump(), given.most_rows)


TRUSTED = ("churn_tasks.modeling.families.k_nearest_neighbours.Neighbours",)
