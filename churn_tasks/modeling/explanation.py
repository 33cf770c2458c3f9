"""Why a customer scores high (F4, G6): what each feature adds to the log-odds, from the model itself."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from churn_tasks.modeling import ranking
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.derived import DerivedColumns
from churn_tasks.modeling.encoding import TEXT
from churn_tasks.modeling.stand_ins import stood_in

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    from churn_tasks.modeling.frames import Sample

DERIVED = "derived:"
TOLD_APART_BY = 8  # features of the table of clusters
FEWEST_SHOWN = 10  # rows of a cluster whose means are shown


def contributions(classifier: ChurnClassifier, frame: pd.DataFrame) -> pd.DataFrame:
    """Calibrated log-odds that each feature adds for each row, one column a feature.

    By column as ``ranking.contributions`` says: exact for families that are sums, a stand-in for the others. What a
    derived column adds is dealt out to the columns that it is made of, by how much each has to do with it in the row
    (``DerivedColumns.shares``). Of an exact family every row's sum is its log-odds less a constant of the model, but
    for rows with values that the model never saw unknown: these add nothing, the others what they add on the mean of
    what stands in (``stand_ins.py``).

    Args:
        frame: the customers on the list and no more: this costs many times a score.
    """
    given = frame[classifier.features]
    totals = _totals(classifier, given)
    unknown = classifier.not_learnt(given)
    rows = unknown.any(axis=1)
    if rows.any():
        variants = stood_in(classifier.stand_ins, given[rows], unknown[rows])
        totals[rows] = np.mean([_totals(classifier, each) for each in variants], axis=0)
        totals[unknown] = 0.0
    return pd.DataFrame(
        classifier.slope * totals, columns=classifier.features, index=frame.index
    )


def _totals(classifier: ChurnClassifier, given: pd.DataFrame) -> np.ndarray:
    """Log-odds before calibration that each feature adds to each row, rows x features."""
    numbers = classifier.preprocess.transform(given)
    by_column = ranking.contributions(classifier.ranker, numbers, classifier.centre)
    source = np.array(source_features(classifier.preprocess), dtype=object)
    totals = np.zeros(given.shape)
    for position, name in enumerate(classifier.features):
        own = np.flatnonzero(source == name)
        totals[:, position] = by_column[:, own].sum(axis=1)
    derived = derived_columns(classifier.preprocess)
    if derived is not None:
        parts = [classifier.features.index(name) for name in derived.feature_names_in_]
        for number, column in enumerate(np.flatnonzero(source == DERIVED)):
            shares = derived.shares(given, number)
            totals[:, parts] += by_column[:, [column]] * shares
    return totals


def source_features(preprocess: "ColumnTransformer") -> list[str]:
    """The feature that each preprocessed column comes from: itself, its mark of missing values, a level of it.

    Columns derived from several come last, under a name that no feature has.
    """
    names: list[str] = []
    for label, transformer, columns in preprocess.transformers_:
        if not len(columns):
            continue
        if hasattr(transformer, "infrequent_categories_"):
            names += _sources_of_levels(columns, transformer)
        elif label == TEXT:
            names += list(columns)
        elif hasattr(transformer, "transformers_"):
            names += source_features(transformer)  # of a member of a blend
        elif label == "derived":
            names += [DERIVED] * len(transformer.get_feature_names_out())
        else:
            made = transformer.get_feature_names_out(columns)
            names += [name.removeprefix("missingindicator_") for name in made]
    return names


def _sources_of_levels(columns: list[str], encoder: "OneHotEncoder") -> list[str]:
    """Each feature as often as it has columns: one for each level, the rare ones sharing one."""
    names = []
    for name, known, rare in zip(
        columns, encoder.categories_, encoder.infrequent_categories_, strict=True
    ):
        count = len(known)
        if rare is not None:
            count = len(known) - len(rare) + 1
        names += [name] * count
    return names


def raising_factors(
    classifier: ChurnClassifier, customers: np.ndarray, frame: pd.DataFrame
) -> pd.DataFrame:
    """Features that raise a customer's score: customer_id, feature, contribution (above 0), value (None for text)."""
    added = contributions(classifier, frame).to_numpy()
    row, column = np.nonzero(added > 0)
    used = frame[classifier.features]
    values = used.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "customer_id": customers[row],
            "feature": np.array(classifier.features, dtype=object)[column],
            "contribution": added[row, column],
            "value": values[row, column],
        }
    )


def derived_columns(preprocess: "ColumnTransformer") -> DerivedColumns | None:
    """The step that derives columns from several, if the model has one."""
    return preprocess.named_transformers_.get("derived")


def cluster_table(classifier: ChurnClassifier, rows: "Sample") -> pd.DataFrame | None:
    """The clusters of behaviour beside the classification (E2): size, churn rate, means of the features that tell them
    apart best; None where the model has no clusters."""
    derived = derived_columns(classifier.preprocess)
    if derived is None or not derived.clusters:
        return None
    cluster = derived.belongs_to(rows.features)
    best = np.argsort(-derived.middles.std(axis=0), kind="stable")[:TOLD_APART_BY]
    names = [str(name) for name in derived.feature_names_in_[best]]
    shown = rows.features[names].assign(churned=rows.churned.astype(float))
    of_cluster = shown.groupby(cluster)
    figures = pd.DataFrame(
        {"customers": of_cluster.size(), "churn_rate": of_cluster["churned"].mean()}
    )
    figures = pd.concat([figures, of_cluster[names].mean()], axis=1)
    is_small = figures["customers"] < FEWEST_SHOWN  # a mean of few names somebody
    figures.loc[is_small, ["churn_rate", *names]] = np.nan
    return figures.rename_axis("cluster").reset_index()
