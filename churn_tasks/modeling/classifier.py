"""A fitted candidate: preprocessing, a ranker that gives log-odds, and their calibration to a probability."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from churn_tasks.modeling.ranking import margin
from churn_tasks.modeling.stand_ins import Levels, StandIns, not_learnt, stood_in

if TYPE_CHECKING:
    import pandas as pd

SURE = 1e-12  # nearer to 0 or 1 a mean of probabilities has no log-odds
BATCH_ROWS = 50_000  # made into numbers at once: memory does not grow with the operator
TRUSTED = (
    "churn_tasks.modeling.classifier.ChurnClassifier",
    "churn_tasks.modeling.derived.DerivedColumns",
    "churn_tasks.modeling.encoding.Rates",
    "numpy.dtype",
)  # what a file of it may hold, whatever its family


class ChurnClassifier(ClassifierMixin, BaseEstimator):
    """Probability of leaving: ``1 / (1 + exp(-(slope * margin + intercept)))`` (Platt 1999).

    Only sklearn transformers, a ranker of types that its family trusts, and plain numbers: its file needs no pickle.

    Attributes:
        preprocess: fitted ColumnTransformer from the frame of features to numbers.
        ranker: fitted by the family; its margin rises with the log-odds (``ranking.py``).
        centre: mean of each preprocessed column over the training rows, from which contributions are measured.
        slope, intercept: calibration, slope above 0, so that the ranking is the ranker's own.
        feature_set: digest of the features it was fitted on.
        trained_on: months it was fitted on, YYYY-MM, earliest first.
        stand_ins: by feature, values for customers of whom it is unknown as it was of none that were learnt from.
        known_levels: by text feature, the levels that it has seen, in order; any other one is scored like an unknown
            value.
        unknown_shares: by feature, the share of training rows for which it was unknown.
        learnt: what watching holds later months against (``watching/learnt.py``).
    """

    # of models that were saved without
    stand_ins: StandIns = MappingProxyType({})
    unknown_shares: Mapping[str, float] = MappingProxyType({})
    learnt: str = ""
    known_levels: Levels = MappingProxyType({})

    def __init__(
        self,
        preprocess: Any = None,
        ranker: Any = None,
        centre: Any = None,
        slope: float = 1.0,
        intercept: float = 0.0,
        feature_set: str = "",
        trained_on: Any = (),
        stand_ins: Any = MappingProxyType({}),
        unknown_shares: Any = MappingProxyType({}),
        learnt: str = "",
        known_levels: Any = MappingProxyType({}),
    ) -> None:
        self.preprocess = preprocess
        self.ranker = ranker
        self.centre = centre
        self.slope = slope
        self.intercept = intercept
        self.feature_set = feature_set
        self.trained_on = trained_on
        self.stand_ins = stand_ins
        self.unknown_shares = unknown_shares
        self.learnt = learnt
        self.known_levels = known_levels
        self.classes_ = np.array([0, 1])

    def __sklearn_is_fitted__(self) -> bool:
        return self.ranker is not None

    @property
    def features(self) -> list[str]:
        """The columns it needs, in the order in which it was fitted."""
        return [str(name) for name in self.preprocess.feature_names_in_]

    def not_learnt(self, frame: "pd.DataFrame") -> np.ndarray:
        """Mask, rows x features: unknown or a level never seen, and nothing was learnt of what that means."""
        return not_learnt(self.stand_ins, frame[self.features], self.known_levels)

    def decision_function(self, frame: "pd.DataFrame") -> np.ndarray:
        """Calibrated log-odds of leaving, one a row."""
        given = frame[self.features]
        odds = []
        # no rows at all are one empty batch
        for start in range(0, max(len(given), 1), BATCH_ROWS):
            odds.append(self._log_odds(given.iloc[start : start + BATCH_ROWS]))
        return np.concatenate(odds)

    def _log_odds(self, given: "pd.DataFrame") -> np.ndarray:
        odds = self._as_they_are(given)
        unknown = not_learnt(self.stand_ins, given, self.known_levels)
        rows = unknown.any(axis=1)
        if rows.any():
            odds[rows] = self._without_the_unknown(given[rows], unknown[rows])
        return odds

    def _as_they_are(self, given: "pd.DataFrame") -> np.ndarray:
        margins = margin(self.ranker, self.preprocess.transform(given))
        return self.slope * margins + self.intercept

    def _without_the_unknown(
        self, given: "pd.DataFrame", unknown: np.ndarray
    ) -> np.ndarray:
        """The log-odds of the mean probability over all values that stand in."""
        chances = [
            probability(self._as_they_are(filled))
            for filled in stood_in(self.stand_ins, given, unknown)
        ]
        mean = np.clip(np.mean(chances, axis=0), SURE, 1 - SURE)
        return np.log(mean / (1 - mean))

    def predict_proba(self, frame: "pd.DataFrame") -> np.ndarray:
        """Probabilities of staying and of leaving, shape (rows, 2)."""
        leaving = probability(self.decision_function(frame))
        return np.column_stack([1.0 - leaving, leaving])

    def predict(self, frame: "pd.DataFrame") -> np.ndarray:
        """Probability of leaving, one a row: what a serving of the model answers. The list sets its own size."""
        return self.predict_proba(frame)[:, 1]


def probability(odds: np.ndarray) -> np.ndarray:
    """Of log-odds."""
    with np.errstate(over="ignore"):  # of odds far below 0 it is 0
        return 1.0 / (1.0 + np.exp(-odds))
