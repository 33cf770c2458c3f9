"""One decision tree (Breiman et al. 1984), small enough to be read; its drawing lies beside the model in MLflow."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field
from sklearn.tree import DecisionTreeClassifier

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.class_weight import ClassWeight, of_scikit_learn
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN_DEPTH = 4
TRUSTED = (
    "churn_tasks.modeling.families.decision_tree.SmoothTree",
    "sklearn.tree._tree.Tree",
)
SEARCHED = {"depth": (3, 4, 5, 6, 8), "fewest_in_leaf": (0.002, 0.005, 0.01, 0.03)}


class Parameters(Closed):
    """What may be given."""

    depth: int = Field(5, ge=1, le=20, description="questions asked one after another")
    fewest_in_leaf: float = Field(
        0.005, gt=0, le=0.5, description="share of the rows that a leaf must hold"
    )
    class_weight: ClassWeight = "none"


class SmoothTree(DecisionTreeClassifier):
    """Log-odds of the leaf, half a leaver and half a stayer added to it: a leaf of few is never certain."""

    def decision_function(self, numbers: np.ndarray) -> np.ndarray:
        leaf = self.apply(numbers)
        rows = self.tree_.weighted_n_node_samples[leaf]
        leavers = self.tree_.value[leaf, 0, 1] * rows
        return np.log((leavers + 0.5) / (rows - leavers + 0.5))


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit, and draw what was fitted on all rows."""
    weight = of_scikit_learn(given.class_weight)

    def tree() -> SmoothTree:
        return SmoothTree(
            max_depth=given.depth,
            min_samples_leaf=given.fewest_in_leaf,
            class_weight=weight,
            random_state=rows.seed,
        )

    fitted = fitted_scaled(rows, tree, given.model_dump())
    return replace(fitted, figures={"tree.png": _drawing(fitted)})


def _drawing(fitted: Fitted) -> "Figure":
    """The upper questions of the tree. Columns stand as the tree sees them: on the logarithmic scale, deviation 1."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from sklearn.tree import plot_tree

    figure = Figure(figsize=(24, 12), layout="constrained")
    FigureCanvasAgg(figure)  # scikit-learn measures its boxes on it
    plot_tree(
        fitted.ranker,
        max_depth=SHOWN_DEPTH,
        feature_names=list(fitted.preprocess.get_feature_names_out()),
        class_names=["stays", "leaves"],
        proportion=True,
        filled=True,
        fontsize=7,
        ax=figure.subplots(),
    )
    return figure
