"""Gradient boosting of scikit-learn, on columns sorted into at most 255 bins (after Ke et al. 2017)."""

from pydantic import Field
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
SEARCHED = {
    "trees": (75, 150, 300),
    "learning_rate": (0.02, 0.05, 0.1),
    "leaves": (6, 15, 31),
    "fewest_in_leaf": (20, 40, 100),
    "l2": (1.0, 10.0, 50.0),
}


class Parameters(Closed):
    """What may be given."""

    trees: int = Field(150, ge=10, le=2_000)
    learning_rate: float = Field(0.05, gt=0, le=1)
    leaves: int = Field(15, ge=2, le=255, description="of each tree")
    fewest_in_leaf: int = Field(
        40, ge=1, le=10_000, description="rows that a leaf holds"
    )
    l2: float = Field(10.0, ge=0, description="penalty on what a leaf adds")


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit with one thread: several add up their sums in another order."""

    def boosting() -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            max_iter=given.trees,
            learning_rate=given.learning_rate,
            max_leaf_nodes=given.leaves,
            min_samples_leaf=given.fewest_in_leaf,
            l2_regularization=given.l2,
            early_stopping=False,
            random_state=rows.seed,
        )

    with threadpool_limits(1, user_api="openmp"):
        return fitted_scaled(rows, boosting, given.model_dump())
