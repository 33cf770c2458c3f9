"""Logistic regression (E1): ridge-penalised, strength chosen inside the training window."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

from churn_tasks.modeling.fitted import Fitted
from churn_tasks.modeling.folds import Fold

if TYPE_CHECKING:
    import pandas as pd

STRENGTHS = (0.001, 0.01, 0.1, 1.0)


def text_encoder() -> OneHotEncoder:
    """One column for each value seen in at least 1 % of the training rows; the rest share one."""
    return OneHotEncoder(min_frequency=0.01, handle_unknown="infrequent_if_exist", sparse_output=False)


def preprocessing(numeric: list[str], text: list[str], seed: int) -> ColumnTransformer:
    """Median for the unknown with a mark beside it, ranks instead of raw amounts, one column for each text value.

    Amounts and minutes have long tails; on their normal ranks one heavy user does not turn the whole line.
    """
    amounts = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True),
        QuantileTransformer(n_quantiles=200, output_distribution="normal", subsample=20_000, random_state=seed),
        StandardScaler(),
    )
    return ColumnTransformer([("numeric", amounts, numeric), ("text", text_encoder(), text)])


def fit(
    frame: "pd.DataFrame", text: list[str], churned: np.ndarray, folds: list[Fold], seed: int, _threads: int
) -> Fitted:
    """Choose the strength by log loss on the folds, then fit on all rows.

    Preprocessing sees no label, so it is fitted once, on all training rows.
    """
    step = preprocessing([name for name in frame.columns if name not in text], text, seed)
    numbers = step.fit_transform(frame)
    truth = churned[np.concatenate([judge for _, judge in folds])]
    tried = {strength: _predicted(strength, numbers, churned, folds) for strength in STRENGTHS}
    best = min(STRENGTHS, key=lambda strength: log_loss(truth, 1 / (1 + np.exp(-tried[strength]))))
    ranker = _regression(best).fit(numbers, churned)
    return Fitted(step, ranker, numbers.mean(axis=0), tried[best], {"C": best})


def _predicted(strength: float, numbers: np.ndarray, churned: np.ndarray, folds: list[Fold]) -> np.ndarray:
    parts = [
        _regression(strength).fit(numbers[fit], churned[fit]).decision_function(numbers[judge]) for fit, judge in folds
    ]
    return np.concatenate(parts)


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=200, tol=1e-4)
