"""A rule: one column is the score, and nothing is learnt but what probability goes with it.

It stands beside the models in every table, so that everybody sees whether a model beats it.
"""

from typing import Any

import numpy as np
from pydantic import Field
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import SettingsError
from churn_tasks.modeling.fitted import Fitted, LearntRows


class Parameters(Closed):
    """What must be given, and what may."""

    column: str = Field(description="a feature of the catalogue that holds numbers")
    high: bool = Field(
        True, description="true: high values go with leaving; false: low ones"
    )


def columns(given: Parameters) -> tuple[str, ...]:
    """The only column that it looks at, whether it was selected or not."""
    return (given.column,)


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Rank by the column; who has no value comes last.

    Raises:
        SettingsError: the column holds texts.
    """
    if given.column in rows.text:
        raise SettingsError(
            f"model.candidates: a rule ranks by numbers, and {given.column} holds texts. Name another column."
        )
    values = rows.frame[given.column].to_numpy(dtype=float)
    direction = 1.0 if given.high else -1.0
    preprocess = _preprocessing(given.column, _last(values, direction))
    numbers = preprocess.fit_transform(rows.frame)
    judged = np.concatenate([positions for _, positions in rows.folds])
    ranker = _ranker(direction)
    return Fitted(
        preprocess=preprocess,
        ranker=ranker,
        centre=numbers.mean(axis=0),
        margins=ranker.decision_function(numbers[judged]),
        parameters=given.model_dump(),
    )


def _last(values: np.ndarray, direction: float) -> float:
    """The value that goes least with leaving; 0 where nobody has one."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0
    return float(direction * np.min(direction * known))


def _preprocessing(column: str, last: float) -> ColumnTransformer:
    """On a logarithmic scale, which keeps the order."""
    scaled = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=last, keep_empty_features=True),
        FunctionTransformer(np.arcsinh, feature_names_out="one-to-one"),
        StandardScaler(),
    )
    return ColumnTransformer([("numeric", scaled, [column])])


def _ranker(direction: float) -> Any:
    """A regression whose only coefficient is 1 or -1."""
    ranker = LogisticRegression()
    ranker.classes_ = np.array([False, True])
    ranker.coef_ = np.array([[direction]])
    ranker.intercept_ = np.array([0.0])
    ranker.n_features_in_ = 1
    return ranker
