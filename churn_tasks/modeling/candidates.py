"""The candidates of a month (E1): each name of ``model.candidates`` fitted and calibrated on training rows."""

import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from churn_tasks.core.sections import Derive
from churn_tasks.modeling.calibration import platt
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.folds import inner_folds
from churn_tasks.modeling.frames import FeatureSet, Sample

MODULES = {"logistic_regression": "linear", "lightgbm": "boosted"}


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
    module = importlib.import_module(f"churn_tasks.modeling.{MODULES[name]}")
    folds = inner_folds(rows.months, rows.customers, rows.churned)
    fitted = module.fit(
        rows.features, list(features.text), rows.churned, folds, seed, threads, derive
    )
    truth = rows.churned[np.concatenate([judged for _, judged in folds])]
    slope, intercept = platt(fitted.margins, truth)
    months = [str(month)[:7] for month in np.unique(rows.months)]
    classifier = ChurnClassifier(
        fitted.preprocess,
        fitted.ranker,
        fitted.centre,
        slope,
        intercept,
        features.digest,
        months,
    )
    chosen = {
        **fitted.parameters,
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }
    return Candidate(name, classifier, chosen)


def code_digest() -> str:
    """Digest of the code of this package: other code may fit another model from the same rows."""
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *here.glob("selection/*.py")])
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[
        :16
    ]
