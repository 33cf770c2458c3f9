"""Support vector machine (Cortes and Vapnik 1995) with a Gaussian kernel. Its margin is a distance, no log-odds.

Its cost grows with the square of the rows: beyond ``most_rows`` they are thinned.
"""

from typing import Literal

from pydantic import Field
from sklearn.svm import SVC

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.class_weight import ClassWeight, of_scikit_learn
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

SEARCHED = {"kernel": ("rbf", "linear"), "strength": (0.01, 0.1, 0.5, 2.0)}


class Parameters(Closed):
    """What may be given."""

    kernel: Literal["rbf", "linear"] = "rbf"
    strength: float = Field(0.5, gt=0, le=1_000, description="inverse of the penalty")
    class_weight: ClassWeight = "balanced"
    most_rows: int = Field(
        6_000, ge=500, le=50_000, description="beyond it rows are thinned"
    )


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit on at most ``most_rows`` rows."""
    weight = of_scikit_learn(given.class_weight)

    def machine() -> SVC:
        return SVC(C=given.strength, kernel=given.kernel, class_weight=weight)

    return fitted_scaled(rows, machine, given.model_dump(), given.most_rows)
