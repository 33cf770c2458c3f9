"""The pinned model of a month and the customers that it scores."""

import numpy as np
import pandas as pd

from churn_tasks.adapters.warehouse import Champion
from churn_tasks.core.errors import BadInput
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import FeatureSet, Sample, sample
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.grain import chosen, lines_of_persons
from churn_tasks.work.customer_rows import customer_rows
from churn_tasks.work.kept_models import champion_classifier
from churn_tasks.work.registered_model import features_gone
from churn_tasks.work.season_scores import SeasonScores


def pinned_version(run: MonthRun) -> Champion | None:
    """The version that the promotion table pins for the month; a restated month keeps the one it was scored with."""
    if run.restated_until is None:
        return run.warehouse.champion(run.month)
    if not run.lake.has("score_churn", run.month):
        return None
    scored = run.rows_of_month("score_churn", ["model_name", "model_version"]).iloc[0]
    version = int(scored.model_version)
    return Champion(scored.model_name, version, decided_in=str(run.month))


def pinned_classifier(
    run: MonthRun, version: Champion, features: FeatureSet
) -> ChurnClassifier:
    """The model of a version, its files held against the recorded ones.

    Raises:
        BadInput: the files are lost or differ, or the model needs features that are gone.
    """
    classifier = champion_classifier(run, version)
    gone = features_gone(classifier, features.names)
    if gone:
        raise BadInput(
            f"{version.model_name} version {version.version} needs features that are gone: {', '.join(gone[:5])}."
            f" Restore their source, or train and promote anew: churn step train --month {run.month}"
        )
    return classifier


def rows_to_score(run: MonthRun, features: FeatureSet) -> Sample:
    """Every customer of the month's cohort with the features of a model."""
    return sample(customer_rows(run, features, [run.month], labelled=False), features)


def is_listed(run: MonthRun, rows: Sample, scores: np.ndarray) -> np.ndarray:
    """Mask of the customers whom ``warn`` will put on the list."""
    lines = lines_of_persons(run.engine, run.window.parameters())
    given = pd.DataFrame({"customer_id": rows.customers, "churn_score": scores})
    listed = chosen(given, lines, run.settings.warning_list)["customer_id"]
    return np.isin(rows.customers, listed.to_numpy(dtype=object))


def score_rows(
    rows: Sample,
    calibrated: SeasonScores,
    version: Champion,
    features: FeatureSet,
    unknown: np.ndarray,
) -> pd.DataFrame:
    """The rows of ``score_churn``; ``unknown`` names what each was scored without."""
    return pd.DataFrame(
        {
            "customer_id": rows.customers,
            "churn_score": calibrated.scores,
            "calibration": calibrated.method,
            "calibration_shift": calibrated.shift,
            "learnt_share": pd.array([calibrated.learnt] * len(rows), dtype="Float64"),
            "model_name": version.model_name,
            "model_version": version.version,
            "feature_set": features.digest,
            "unknown_features": pd.array(unknown, dtype="string"),
        }
    )
