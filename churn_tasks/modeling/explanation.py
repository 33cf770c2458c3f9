"""Why a customer scores high (F4, G6): what each feature adds to the log-odds, from the model itself."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.derived import DerivedColumns

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer

    from churn_tasks.modeling.frames import Sample

DERIVED = "derived:"
TOLD_APART_BY = 8  # features of the table of clusters
FEWEST_SHOWN = 10  # rows of a cluster whose means are shown


def contributions(classifier: ChurnClassifier, frame: pd.DataFrame) -> pd.DataFrame:
    """Calibrated log-odds that each feature adds for each row, one column a feature.

    A booster gives its own exact Shapley values; a regression ``coefficient x (value - mean of the training rows)``.
    What a derived column adds is dealt out to the columns that it is made of, by how much each has to do with it in
    the row (``DerivedColumns.shares``). Every row's sum is its log-odds less a constant of the model.

    Args:
        frame: the customers on the list and no more: this costs many times a score.
    """
    numbers = classifier.preprocess.transform(frame[classifier.features])
    if classifier.centre is None:
        by_column = classifier.ranker.predict(numbers, pred_contrib=True)[
            :, :-1
        ]  # the last is the constant
    else:
        by_column = classifier.ranker.coef_[0] * (numbers - classifier.centre)
    source = source_features(classifier.preprocess)
    totals = np.zeros((len(frame), len(classifier.features)))
    for position, name in enumerate(classifier.features):
        totals[:, position] = by_column[
            :, [column for column, feature in enumerate(source) if feature == name]
        ].sum(axis=1)
    derived = derived_columns(classifier.preprocess)
    if derived is not None:
        sources = [
            classifier.features.index(name) for name in derived.feature_names_in_
        ]
        first = source.index(DERIVED)
        for number in range(len(source) - first):
            totals[:, sources] += by_column[:, [first + number]] * derived.shares(
                frame, number
            )
    return pd.DataFrame(
        classifier.slope * totals, columns=classifier.features, index=frame.index
    )


def source_features(preprocess: "ColumnTransformer") -> list[str]:
    """The feature that each preprocessed column comes from: itself, its mark of missing values, one of its texts.

    Columns derived from several come last, under a name that no feature has.
    """
    names: list[str] = []
    for label, transformer, columns in preprocess.transformers_:
        if label == "text" and len(columns):
            values = zip(
                columns,
                transformer.categories_,
                transformer.infrequent_categories_,
                strict=True,
            )
            for (
                name,
                known,
                rare,
            ) in values:  # the rare values of a feature share one column
                names += [name] * (
                    len(known) if rare is None else len(known) - len(rare) + 1
                )
        elif label == "derived":
            names += [DERIVED] * len(transformer.get_feature_names_out())
        elif len(columns):
            names += [
                name.removeprefix("missingindicator_")
                for name in transformer.get_feature_names_out(columns)
            ]
    return names


def raising_factors(
    classifier: ChurnClassifier, customers: np.ndarray, frame: pd.DataFrame
) -> pd.DataFrame:
    """Features that raise a customer's score: customer_id, feature, contribution (above 0), value (None for text)."""
    added = contributions(classifier, frame)
    row, column = np.nonzero(added.to_numpy() > 0)
    numeric = (
        frame[classifier.features]
        .apply(pd.to_numeric, errors="coerce")
        .to_numpy(dtype=float)
    )
    return pd.DataFrame(
        {
            "customer_id": customers[row],
            "feature": added.columns.to_numpy(dtype=object)[column],
            "contribution": added.to_numpy()[row, column],
            "value": numeric[row, column],
        }
    )


def derived_columns(preprocess: "ColumnTransformer") -> DerivedColumns | None:
    """The step that derives columns from several, if the model has one."""
    found = (
        transformer
        for label, transformer, _ in preprocess.transformers_
        if label == "derived"
    )
    return next(found, None)


def cluster_table(classifier: ChurnClassifier, rows: "Sample") -> pd.DataFrame | None:
    """The clusters of behaviour beside the classification (E2): size, churn rate, means of the features that tell them
    apart best; None where the model has no clusters."""
    derived = derived_columns(classifier.preprocess)
    if derived is None or not derived.clusters:
        return None
    cluster = derived.belongs_to(rows.features)
    best = np.argsort(-derived.middles.std(axis=0), kind="stable")[:TOLD_APART_BY]
    names = [str(name) for name in derived.feature_names_in_[best]]
    told = (
        rows.features[names].assign(churned=rows.churned.astype(float)).groupby(cluster)
    )
    figures = pd.DataFrame(
        {"customers": told.size(), "churn_rate": told["churned"].mean()}
    )
    figures = pd.concat([figures, told[names].mean()], axis=1)
    figures.loc[figures["customers"] < FEWEST_SHOWN, ["churn_rate", *names]] = (
        np.nan
    )  # a mean of few names somebody
    return figures.rename_axis("cluster").reset_index()
