"""Columns made into numbers of one scale, for every family that needs that."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from churn_tasks.modeling.derived import derived_step
from churn_tasks.modeling.encoding import text_encoder

if TYPE_CHECKING:
    from churn_tasks.core.sections import Derive


def preprocessing(
    numeric: list[str], text: list[str], derive: "Derive | None" = None
) -> ColumnTransformer:
    """Median for the unknown with a mark beside it, a logarithmic scale for amounts, of a text the rate of its level.

    To be fitted by ``encoding.fitted_numbers``.
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
