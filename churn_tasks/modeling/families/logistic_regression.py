"""Logistic regression (E1), ridge-penalised: each column adds ``coefficient x value``, and nothing acts together."""

from pydantic import Field
from sklearn.linear_model import LogisticRegression

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.class_weight import ClassWeight, of_scikit_learn
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

SEARCHED = {
    "strength": (0.001, 0.003, 0.01, 0.03, 0.1, 1.0),
    "class_weight": ("none", "balanced"),
}


class Parameters(Closed):
    """What may be given."""

    # Chosen on earlier tested months of the online shop and by cross-validation inside the only training month of the
    # small operator; a grid over it preferred weak penalties where rows were few, and lost later.
    strength: float = Field(0.01, gt=0, le=1_000, description="inverse of the penalty")
    class_weight: ClassWeight = "none"


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit on all rows, and on the folds for the margins that calibration learns from."""
    weight = of_scikit_learn(given.class_weight)

    def regression() -> LogisticRegression:
        return LogisticRegression(
            C=given.strength, class_weight=weight, max_iter=200, tol=1e-4
        )

    return fitted_scaled(
        rows, regression, {"C": given.strength, "class_weight": given.class_weight}
    )
