"""The candidates of a month (E1): each name of ``model.candidates`` fitted and calibrated on training rows."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from churn_tasks.core.sections import Derive
from churn_tasks.modeling.calibration import platt
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.folds import inner_folds
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.stand_ins import stand_ins, unknown_shares
from churn_tasks.modeling.used_code import digest_of

PACKAGE, FOLDER = "churn_tasks.modeling", Path(__file__).parent
MODULES = {"logistic_regression": "linear", "lightgbm": "boosted"}
DECIDING = ("candidates", "selection", "leak_probe")


@dataclass(frozen=True)
class Candidate:
    """A fitted classifier, and the parameters that its fit chose."""

    name: str
    classifier: ChurnClassifier
    parameters: dict[str, Any]


def fit_candidate(
    name: str,
    rows: Sample,
    features: FeatureSet,
    seed: int,
    threads: int,
    derive: Derive | None = None,
) -> Candidate:
    """Fit one candidate. The same rows, seed and name give the same classifier.

    Args:
        name: a key of ``MODULES``.
        rows: the training rows, both classes present; what the candidate is tested on must not be among them.
        threads: at most this many; the result does not depend on it.
        derive: what columns to derive from the numeric ones, fitted on these rows as well; none when absent.
    """
    module = importlib.import_module(f"{PACKAGE}.{MODULES[name]}")
    folds = inner_folds(rows.months, rows.customers, rows.churned)
    text = list(features.text)
    with threadpool_limits(1, user_api="blas"):  # two spin more than they compute
        fitted = module.fit(
            rows.features, text, rows.churned, folds, seed, threads, derive
        )
    truth = rows.churned[np.concatenate([judged for _, judged in folds])]
    slope, intercept = platt(fitted.margins, truth)
    classifier = ChurnClassifier(
        preprocess=fitted.preprocess,
        ranker=fitted.ranker,
        centre=fitted.centre,
        slope=slope,
        intercept=intercept,
        feature_set=features.digest,
        trained_on=[str(month)[:7] for month in np.unique(rows.months)],
        stand_ins=stand_ins(rows.features),
        unknown_shares=unknown_shares(rows.features),
    )
    chosen = {
        **fitted.parameters,
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }
    return Candidate(name, classifier, chosen)


def code_digest(folder: Path = FOLDER) -> str:
    """Digest of the code that decides what is fitted: other code may fit another model from the same rows.

    That is the candidates with all that they import, the selection of their columns and the leak probe before it.

    Args:
        folder: where this package lies.
    """
    fitting = [f"{PACKAGE}.{module}" for module in MODULES.values()]
    deciding = [f"{PACKAGE}.{module}" for module in DECIDING]
    roots = [*fitting, *deciding]
    return digest_of(PACKAGE, folder, roots)
