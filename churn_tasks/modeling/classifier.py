"""A fitted candidate: preprocessing, a ranker that gives log-odds, and their calibration to a probability."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

if TYPE_CHECKING:
    import pandas as pd

BATCH_ROWS = 50_000  # made into numbers at once: memory does not grow with the operator
TRUSTED_TYPES = (
    "churn_tasks.modeling.classifier.ChurnClassifier",
    "churn_tasks.modeling.derived.DerivedColumns",
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "numpy.dtype",
)  # what a file of it may hold beside the types that skops trusts itself


class ChurnClassifier(ClassifierMixin, BaseEstimator):
    """Probability of leaving: ``1 / (1 + exp(-(slope * margin + intercept)))`` (Platt 1999).

    Only sklearn transformers, a LogisticRegression or a LightGBM booster, and plain numbers: its file needs no pickle.

    Attributes:
        preprocess: fitted ColumnTransformer from the frame of features to numbers.
        ranker: fitted LogisticRegression or lightgbm Booster; its margin is in log-odds.
        centre: mean of each preprocessed column over the training rows; a linear contribution is measured from it.
        slope, intercept: calibration, slope above 0, so that the ranking is the ranker's own.
        feature_set: digest of the features it was fitted on.
        trained_on: months it was fitted on, YYYY-MM, earliest first.
    """

    def __init__(
        self,
        preprocess: Any = None,
        ranker: Any = None,
        centre: Any = None,
        slope: float = 1.0,
        intercept: float = 0.0,
        feature_set: str = "",
        trained_on: Any = (),
    ) -> None:
        self.preprocess = preprocess
        self.ranker = ranker
        self.centre = centre
        self.slope = slope
        self.intercept = intercept
        self.feature_set = feature_set
        self.trained_on = trained_on
        self.classes_ = np.array([0, 1])

    def __sklearn_is_fitted__(self) -> bool:
        return self.ranker is not None

    @property
    def features(self) -> list[str]:
        """The columns it needs, in the order in which it was fitted."""
        return [str(name) for name in self.preprocess.feature_names_in_]

    def decision_function(self, frame: "pd.DataFrame") -> np.ndarray:
        """Calibrated log-odds of leaving, one a row."""
        given = frame[self.features]
        margins = []
        # no rows at all are one empty batch
        for start in range(0, max(len(given), 1), BATCH_ROWS):
            batch = given.iloc[start : start + BATCH_ROWS]
            margins.append(margin(self.ranker, self.preprocess.transform(batch)))
        return self.slope * np.concatenate(margins) + self.intercept

    def predict_proba(self, frame: "pd.DataFrame") -> np.ndarray:
        """Probabilities of staying and of leaving, shape (rows, 2)."""
        leaving = 1.0 / (1.0 + np.exp(-self.decision_function(frame)))
        return np.column_stack([1.0 - leaving, leaving])

    def predict(self, frame: "pd.DataFrame") -> np.ndarray:
        """Probability of leaving, one a row: what a serving of the model answers. The list sets its own size."""
        return self.predict_proba(frame)[:, 1]


def margin(ranker: Any, numbers: np.ndarray) -> np.ndarray:
    """Log-odds before calibration."""
    if hasattr(ranker, "decision_function"):
        return ranker.decision_function(numbers)
    return ranker.predict(numbers, raw_score=True)
