"""Values that are unknown at scoring and were known to the model: marked where they are few, refused where many."""

from math import sqrt

import numpy as np

from churn_tasks.core.errors import CheckFailed, evidence
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.stand_ins import is_unknown, unknown_shares
from churn_tasks.runner.month_run import MonthRun

CERTAIN = 4  # standard errors by which chance moves a share at most
FEW = 10  # customers who lack a value are no reason to stop, however small the cohort
MOST_NAMED = 5


def refuse_unknown(
    run: MonthRun, classifier: ChurnClassifier, rows: Sample, features: FeatureSet
) -> None:
    """No column is unknown for many more customers than the model has learnt from.

    How many :func:`highest_share` says; fewer than ten are marked and no more.

    Raises:
        CheckFailed: it is, with its table, how many customers lack it, and five of them.
    """
    rise = run.settings.model.max_unknown_rise
    shares = unknown_shares(rows.features)
    beyond = []
    for name, usual in classifier.unknown_shares.items():
        is_many = shares[name] * len(rows) >= FEW
        if is_many and shares[name] > highest_share(usual, rise, len(rows)):
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


def highest_share(usual: float, rise: float, customers: int) -> float:
    """The largest share of customers who may lack a value that a share ``usual`` of the training rows lacked.

    It may double and grow by ``rise``, and three of four who used to have the value may lack it; what chance moves it
    among so many customers is added.

    >>> [round(highest_share(usual, 0.05, 10**9), 2) for usual in (0.0, 0.02, 0.12, 0.5, 0.88)]
    [0.05, 0.09, 0.29, 0.88, 0.97]
    """
    chance = CERTAIN * sqrt(usual * (1 - usual) / max(customers, 1))
    three_of_four = (3 + usual) / 4
    return min(2 * usual + rise, max(rise, three_of_four)) + chance


def unknown_features(classifier: ChurnClassifier, rows: Sample) -> np.ndarray:
    """Of each row the features that it was scored without, joined by commas; None where it lacks none of them."""
    mask = classifier.not_learnt(rows.features)
    names = np.array(classifier.features, dtype=object)
    marks = np.full(len(rows), None, dtype=object)
    for row in np.flatnonzero(mask.any(axis=1)):
        marks[row] = ", ".join(names[mask[row]])
    return marks
