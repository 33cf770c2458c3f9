"""Values that are unknown at scoring and were known to the model: marked where they are few, refused where many."""

from math import sqrt

import numpy as np

from churn_tasks.core.errors import CheckFailed, evidence
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.stand_ins import is_unknown, unknown_shares
from churn_tasks.runner.month_run import MonthRun

CERTAIN = 4  # standard errors by which chance moves a share at most
MOST_NAMED = 5


def refuse_unknown(
    run: MonthRun, classifier: ChurnClassifier, rows: Sample, features: FeatureSet
) -> None:
    """No column is unknown for many more customers than the model has learnt from.

    The share may rise by ``model.max_unknown_rise``, and by what chance moves it among so many customers.

    Raises:
        CheckFailed: one rises by more, with its table, how many customers, and five of them.
    """
    allowed = run.settings.model.max_unknown_rise
    shares = unknown_shares(rows.features)
    beyond = []
    for name, usual in classifier.unknown_shares.items():
        chance = CERTAIN * sqrt(usual * (1 - usual) / max(len(rows), 1))
        if shares[name] - usual > allowed + chance:
            beyond.append(name)
    if not beyond:
        return
    worst, *others = sorted(beyond, key=lambda name: -shares[name])
    usual = classifier.unknown_shares[worst]
    problem = f"unknown for {shares[worst]:.1%} of the customers, for {usual:.1%} when the model was trained"
    if others:
        problem += f"; so are {', '.join(others[:MOST_NAMED])} ({len(others)} more)"
    unknown = is_unknown(rows.features[worst])
    raise CheckFailed(
        evidence(
            table=features.columns[worst],
            month=run.month,
            column=worst,
            problem=problem,
            count=int(unknown.sum()),
            examples=list(rows.customers[unknown][:MOST_NAMED]),
            remedy="Have its source delivered whole and run the month again; a column that is gone for good is banned"
            " (features.ban) and the model trained anew. If so many are right, raise model.max_unknown_rise.",
        )
    )


def unknown_features(classifier: ChurnClassifier, rows: Sample) -> np.ndarray:
    """Of each row the features that it was scored without, joined by commas; None where it lacks none of them."""
    mask = classifier.not_learnt(rows.features)
    names = np.array(classifier.features, dtype=object)
    marks = np.full(len(rows), None, dtype=object)
    for row in np.flatnonzero(mask.any(axis=1)):
        marks[row] = ", ".join(names[mask[row]])
    return marks
