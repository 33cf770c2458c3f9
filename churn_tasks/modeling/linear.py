"""Logistic regression (E1), ridge-penalised."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from churn_tasks.modeling.derived import derived_step
from churn_tasks.modeling.fitted import Fitted
from churn_tasks.modeling.folds import Fold

if TYPE_CHECKING:
    import pandas as pd

    from churn_tasks.core.sections import Derive

# Inverse of the penalty. Chosen on earlier tested months of the online shop and by cross-validation inside the only
# training month of the small operator; a grid over it preferred weak penalties where rows were few, and lost later.
STRENGTH = 0.01


def text_encoder() -> OneHotEncoder:
    """One column for each value seen in at least 1 % of the training rows; the rest share one."""
    return OneHotEncoder(
        min_frequency=0.01, handle_unknown="infrequent_if_exist", sparse_output=False
    )


def preprocessing(
    numeric: list[str], text: list[str], derive: "Derive | None" = None
) -> ColumnTransformer:
    """Median for the unknown with a mark beside it, a logarithmic scale for amounts, one column for each text value.

    Amounts and minutes have long tails; arcsinh is the logarithm for large values of either sign and passes through 0.
    """
    amounts = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True),
        FunctionTransformer(np.arcsinh, feature_names_out="one-to-one"),
        StandardScaler(copy=False),  # of what arcsinh has just made
    )
    steps = [
        ("numeric", amounts, numeric),
        ("text", text_encoder(), text),
        *derived_step(derive, numeric),
    ]
    return ColumnTransformer(steps)


def fit(
    frame: "pd.DataFrame",
    text: list[str],
    churned: np.ndarray,
    folds: list[Fold],
    _seed: int,
    _threads: int,
    derive: "Derive | None" = None,
) -> Fitted:
    """Fit on all rows, and on the folds for the margins that calibration learns from.

    Preprocessing sees no label, so it is fitted once, on all training rows.
    """
    numeric = [name for name in frame.columns if name not in text]
    preprocess = preprocessing(numeric, text, derive)
    numbers = preprocess.fit_transform(frame)
    centre = numbers.mean(axis=0)
    numbers = np.ascontiguousarray(numbers)  # what each fit would copy for itself
    margins = []
    for fitted, judged in folds:
        inner = _regression().fit(numbers[fitted], churned[fitted])
        margins.append(inner.decision_function(numbers[judged]))
    return Fitted(
        preprocess=preprocess,
        ranker=_regression().fit(numbers, churned),
        centre=centre,
        margins=np.concatenate(margins),
        parameters={"C": STRENGTH},
    )


def _regression() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-4)
