"""Naive Bayes: every column tells its own, as if it had nothing to do with the others."""

import numpy as np
from pydantic import Field
from sklearn.naive_bayes import GaussianNB

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

SEARCHED = {"smoothing": (0.01, 0.03, 0.1, 0.3, 1.0)}


class Parameters(Closed):
    """What may be given."""

    smoothing: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of the largest variance that is added to each, so that no column is certain",
    )


class Independent(GaussianNB):
    """Log-odds as a sum over columns: log density among leavers less log density among stayers, each normal."""

    def decision_function(self, numbers: np.ndarray) -> np.ndarray:
        prior = np.log(self.class_prior_[1] / self.class_prior_[0])
        return self.contributions(numbers).sum(axis=1) + prior

    def contributions(self, numbers: np.ndarray) -> np.ndarray:
        """What each column adds, rows x columns."""
        return self._log_density(numbers, 1) - self._log_density(numbers, 0)

    def _log_density(self, numbers: np.ndarray, kind: int) -> np.ndarray:
        """But for a constant that both kinds share."""
        variance = self.var_[kind]
        return -0.5 * (np.log(variance) + (numbers - self.theta_[kind]) ** 2 / variance)


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Mean and variance of each column, of leavers and of stayers."""

    def independent() -> Independent:
        return Independent(var_smoothing=given.smoothing)

    return fitted_scaled(rows, independent, given.model_dump())


TRUSTED = ("churn_tasks.modeling.families.naive_bayes.Independent",)
