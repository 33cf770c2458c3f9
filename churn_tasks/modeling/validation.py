"""Rows of ``out_validation``: every model of a run judged on the same later month."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from churn_tasks.core.modeling_section import CHAMPION
from churn_tasks.core.months import Month
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.gate import Contender, select
from churn_tasks.modeling.metrics import ListTerms, Outcome, Truth, judge


@dataclass(frozen=True)
class InForce:
    """The champion of a month, ready to be judged."""

    model_name: str
    version: int
    classifier: ChurnClassifier


@dataclass(frozen=True)
class Judged:
    """A model and what it came to on the tested month.

    Attributes:
        name: the candidate's name, or ``champion``.
        scores: probability of leaving of each customer of the tested month.
        version: of the registered model; 0 of one that was fitted to be judged alone.
        run_id: MLflow run of a candidate; None for the champion, and for what is not registered.
    """

    name: str
    model_name: str
    version: int
    run_id: str | None
    classifier: ChurnClassifier
    scores: np.ndarray
    outcome: Outcome

    @property
    def contender(self) -> Contender:
        return Contender(
            self.name, self.version, float(self.outcome.average_precision or 0.0)
        )


def judged(
    name: str,
    model_name: str,
    version: int,
    run_id: str | None,
    classifier: ChurnClassifier,
    test: Sample,
    terms: ListTerms,
) -> Judged:
    """Score the tested month with the model as it will go live, and count."""
    scores = classifier.predict(test.features)
    outcome = judge(scores, truth_of(test), terms)
    return Judged(name, model_name, version, run_id, classifier, scores, outcome)


def truth_of(test: Sample) -> Truth:
    """What became of the customers of a tested month.

    Raises:
        ValueError: the sample was made without days of leaving.
    """
    if test.left_date is None:
        raise ValueError("a tested month needs the days of leaving of its label")
    return Truth(test.churned, test.left_early, test.rotated, test.left_date)


def validation_rows(
    models: Sequence[Judged], tested: Month, size: int
) -> list[dict[str, Any]]:
    """One row a model, in the columns of ``out_validation``."""
    best = select([model.contender for model in models if model.name != CHAMPION])
    return [_row(model, model.name == best.name, tested, size) for model in models]


def _row(model: Judged, is_selected: bool, tested: Month, size: int) -> dict[str, Any]:
    months = model.classifier.trained_on
    return {
        "candidate": model.name,
        "tested_month": tested.start,
        "kind": "champion" if model.name == CHAMPION else "candidate",
        "is_selected": is_selected,
        "model_name": model.model_name,
        "model_version": model.version,
        "mlflow_run_id": model.run_id,
        "feature_set": model.classifier.feature_set,
        "train_from": _first_day(months[0]),
        "train_to": _first_day(months[-1]),
        "list_size": size,
        **asdict(model.outcome),
    }


def _first_day(month: str) -> date:
    return Month.parse(month).start
