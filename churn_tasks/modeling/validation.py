"""Rows of ``out_validation`` and ``out_gate``: every model of a run judged on the same later months."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from churn_tasks.core.modeling_section import CHAMPION
from churn_tasks.core.months import Month
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.gate import Contender, select
from churn_tasks.modeling.metrics import ListTerms, Outcome, Truth, judge
from churn_tasks.modeling.paired import Evidence, Gain, gains
from churn_tasks.modeling.season import WINDOW, SeasonScores

GAIN = ("gain", "gain_low", "gain_high", "gain_months", "gain_churners")


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
        scores: probability of leaving of each customer of the tested month, calibrated as a list of that month.
        version: of the registered model; 0 of one that was fitted to be judged alone.
        run_id: MLflow run of a candidate; None for the champion, and for what is not registered.
        gain: of a candidate on the champion, or on chance while there is none; None where nobody left.
        calibration, calibration_shift: how the scores were calibrated, and what that added to every log-odds.
    """

    name: str
    model_name: str
    version: int
    run_id: str | None
    classifier: ChurnClassifier
    scores: np.ndarray
    outcome: Outcome
    gain: Gain | None = None
    calibration: str = WINDOW
    calibration_shift: float = 0.0

    @property
    def contender(self) -> Contender:
        precision = float(self.outcome.average_precision or 0.0)
        return Contender(self.name, self.version, precision, self.gain)


Calibrate = Callable[[ChurnClassifier, np.ndarray], SeasonScores]


def as_the_model_gives(_: ChurnClassifier, scores: np.ndarray) -> SeasonScores:
    """Scores as the model calibrated itself inside its training window."""
    return SeasonScores(scores)


@dataclass(frozen=True)
class JudgedOn:
    """The month on which models are judged.

    Attributes:
        rows: everybody of its cohort, with the truth and the columns of every model.
        terms: dates and length of its list.
        calibrate: what its list would have made of a model's scores, by what was known then.
    """

    rows: Sample
    terms: ListTerms
    calibrate: Calibrate = as_the_model_gives

    def judged(
        self,
        name: str,
        model_name: str,
        version: int,
        run_id: str | None,
        classifier: ChurnClassifier,
    ) -> Judged:
        """Score the month with the model as it will go live, and count."""
        given = classifier.predict(self.rows.features)
        season = self.calibrate(classifier, given)
        return Judged(
            name=name,
            model_name=model_name,
            version=version,
            run_id=run_id,
            classifier=classifier,
            scores=season.scores,
            outcome=judge(season.scores, truth_of(self.rows), self.terms),
            calibration=season.method,
            calibration_shift=season.shift,
        )


def truth_of(test: Sample) -> Truth:
    """What became of the customers of a tested month.

    Raises:
        ValueError: the sample was made without days of leaving.
    """
    if test.left_date is None:
        raise ValueError("a tested month needs the days of leaving of its label")
    return Truth(test.churned, test.left_early, test.rotated, test.left_date)


def with_gains(
    models: Sequence[Judged], earlier: Sample, test: Sample, seed: int
) -> list[Judged]:
    """Each candidate with its gain on the champion, or on chance, over all months that none of them has learnt from.

    Rankings are compared month by month, so how a month's scores are calibrated plays no part.

    Args:
        models: candidates and champion, judged on ``test``.
        earlier: rows at risk of the months before the tested one; there may be none.
        test: everybody of the tested month; who was not at risk is left out.
    """
    at_risk = truth_of(test).at_risk
    scores = {}
    for model in models:
        parts = [model.scores[at_risk]]
        if len(earlier):
            parts.insert(0, model.classifier.predict(earlier.features))
        scores[model.name] = np.concatenate(parts)
    evidence = Evidence(
        churned=np.concatenate([earlier.churned, test.churned[at_risk]]),
        months=np.concatenate([earlier.months, test.months[at_risk]]),
        customers=np.concatenate([earlier.customers, test.customers[at_risk]]),
    )
    champion = scores.pop(CHAMPION, None)
    found = gains(scores, champion, evidence, seed=seed)
    return [replace(model, gain=found.get(model.name)) for model in models]


def gate_rows(models: Sequence[Judged]) -> list[dict[str, Any]]:
    """One row a candidate and judged month, in the columns of ``out_gate``."""
    rows = []
    for model in models:
        if model.gain is None:
            continue
        for month in model.gain.by_month:
            row = {
                "candidate": model.name,
                "judged_month": month.month,
                "model_version": model.version,
                "churners": month.churners,
                "average_precision": month.ours,
                "rival_average_precision": month.rivals,
                "gain_low": month.low,
                "gain_high": month.high,
            }
            rows.append(row)
    return rows


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
        **_gain_columns(model.gain),
    }


def _gain_columns(gain: Gain | None) -> dict[str, Any]:
    if gain is None:
        return dict.fromkeys(GAIN)
    figures = (gain.difference, gain.low, gain.high, gain.months, gain.churners)
    return dict(zip(GAIN, figures, strict=True))


def _first_day(month: str) -> date:
    return Month.parse(month).start
