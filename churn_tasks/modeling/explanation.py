"""Why a customer scores high (F4, G6): what each feature adds to the log-odds, from the model itself."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from churn_tasks.modeling.classifier import ChurnClassifier

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer


def contributions(classifier: ChurnClassifier, frame: pd.DataFrame) -> pd.DataFrame:
    """Calibrated log-odds that each feature adds for each row, one column a feature.

    A booster gives its own exact Shapley values; a regression ``coefficient x (value - mean of the training rows)``.
    Every row's sum is its log-odds less a constant of the model.

    Args:
        frame: the customers on the list and no more: this costs many times a score.
    """
    numbers = classifier.preprocess.transform(frame[classifier.features])
    if classifier.centre is None:
        by_column = classifier.ranker.predict(numbers, pred_contrib=True)[:, :-1]  # the last is the constant
    else:
        by_column = classifier.ranker.coef_[0] * (numbers - classifier.centre)
    source = source_features(classifier.preprocess)
    totals = np.zeros((len(frame), len(classifier.features)))
    for position, name in enumerate(classifier.features):
        totals[:, position] = by_column[:, [column for column, feature in enumerate(source) if feature == name]].sum(
            axis=1
        )
    return pd.DataFrame(classifier.slope * totals, columns=classifier.features, index=frame.index)


def source_features(preprocess: "ColumnTransformer") -> list[str]:
    """The feature that each preprocessed column comes from: itself, its mark of missing values, one of its texts."""
    names: list[str] = []
    for label, transformer, columns in preprocess.transformers_:
        if label == "text" and len(columns):
            values = zip(columns, transformer.categories_, transformer.infrequent_categories_, strict=True)
            for name, known, rare in values:  # the rare values of a feature share one column
                names += [name] * (len(known) if rare is None else len(known) - len(rare) + 1)
        elif len(columns):
            names += [name.removeprefix("missingindicator_") for name in transformer.get_feature_names_out(columns)]
    return names


def raising_factors(classifier: ChurnClassifier, customers: np.ndarray, frame: pd.DataFrame) -> pd.DataFrame:
    """Features that raise a customer's score: customer_id, feature, contribution (above 0), value (None for text)."""
    added = contributions(classifier, frame)
    row, column = np.nonzero(added.to_numpy() > 0)
    numeric = frame[classifier.features].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "customer_id": customers[row],
            "feature": added.columns.to_numpy(dtype=object)[column],
            "contribution": added.to_numpy()[row, column],
            "value": numeric[row, column],
        }
    )
