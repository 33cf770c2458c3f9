"""Random forest (Breiman 2001): the mean of many deep trees, each fitted on rows drawn anew."""

from pydantic import Field
from sklearn.ensemble import RandomForestClassifier

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.class_weight import ClassWeight, of_scikit_learn
from churn_tasks.modeling.fit_memory import of_the_rows
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

NODE = 80  # bytes of a node of a tree of scikit-learn: 64 and two shares
SEARCHED = {
    "fewest_in_leaf": (5, 10, 20, 50, 100),
    "column_share": (0.05, 0.1, 0.2, 0.4),
}


class Parameters(Closed):
    """What may be given."""

    trees: int = Field(200, ge=10, le=2_000)
    fewest_in_leaf: int = Field(
        20, ge=1, le=10_000, description="rows that a leaf holds"
    )
    column_share: float = Field(
        0.2, gt=0, le=1, description="share of the columns tried for each question"
    )
    class_weight: ClassWeight = "none"


def memory(rows: int, columns: int, given: Parameters) -> float:
    """Bytes of a fit: those of the rows, and of every tree as many nodes as full leaves need, twice over."""
    nodes = 2 * rows / given.fewest_in_leaf
    return of_the_rows(rows, columns, given) + given.trees * nodes * NODE


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit with as many threads as there are: each tree has a seed of its own."""
    weight = of_scikit_learn(given.class_weight)

    def forest() -> "Forest":
        return Forest(
            n_estimators=given.trees,
            min_samples_leaf=given.fewest_in_leaf,
            max_features=given.column_share,
            class_weight=weight,
            random_state=rows.seed,
            n_jobs=rows.threads,
        )

    return fitted_scaled(rows, forest, given.model_dump())


class Forest(RandomForestClassifier):
    """A forest whose threads fit and do not score: the order in which they add up would change the last digits."""

    def fit(self, numbers: object, churned: object) -> "Forest":
        super().fit(numbers, churned)
        self.n_jobs = None
        return self


TRUSTED = (
    "churn_tasks.modeling.families.random_forest.Forest",
    "sklearn.tree._tree.Tree",
)
