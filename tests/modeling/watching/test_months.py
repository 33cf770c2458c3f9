"""Two years of a model in force: quiet while people stay as they are, and told in the month in which they change.

The model learns from five months; usage and the rate of leaving follow a season. In the tenth month after, people use
twice as much data and leave nearly three times as readily.
"""

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.watch_section import ModelWatch
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.watching.finding import Finding, alarms
from churn_tasks.modeling.watching.inputs import input_findings, score_finding
from churn_tasks.modeling.watching.learnt import (
    SCORE,
    from_json,
    learnt_scores,
)
from churn_tasks.modeling.watching.truth import ScoredThen, truth_findings

DATA = ("data_last_mb", "data_max_mb", "data_per_active_day_mb")
STEADY = tuple(f"steady_{number}" for number in range(9))
NAMES = (*DATA, "unhappy_score", *STEADY)
FEATURES = FeatureSet(dict.fromkeys(NAMES, "feat_t"), NAMES, (), "ab")
BOUNDS = ModelWatch()
CUSTOMERS, LEARNT_MONTHS, WATCHED_MONTHS, CHANGED = 2_000, 5, 24, 10


def month_of(number: int, change: float = 1.0) -> Sample:
    """The customers of one month; ``change`` multiplies the data that they use, and how readily they leave."""
    chance = np.random.default_rng(number)
    season = np.sin(2 * np.pi * number / 12)
    frame = pd.DataFrame()
    for name in DATA:
        frame[name] = chance.lognormal(6, 0.7, CUSTOMERS) * change * (1 + 0.1 * season)
    frame["unhappy_score"] = chance.normal(size=CUSTOMERS)
    for name in STEADY:
        frame[name] = chance.normal(size=CUSTOMERS)
    odds = -3.4 + 0.15 * season + 1.5 * np.log(change) + 1.2 * frame["unhappy_score"]
    churned = chance.random(CUSTOMERS) < 1 / (1 + np.exp(-odds.to_numpy()))
    names = np.array([f"c{row:04d}" for row in range(CUSTOMERS)], dtype=object)
    months = np.full(CUSTOMERS, np.datetime64("2024-01", "M") + number)
    nobody = np.zeros(CUSTOMERS, dtype=bool)
    return Sample(names, months.astype("datetime64[D]"), frame, churned, nobody, nobody)


def together(months: list[Sample]) -> Sample:
    nobody = np.zeros(CUSTOMERS * len(months), dtype=bool)
    return Sample(
        customers=np.concatenate([month.customers for month in months]),
        months=np.concatenate([month.months for month in months]),
        features=pd.concat([month.features for month in months], ignore_index=True),
        churned=np.concatenate([month.churned for month in months]),
        left_early=nobody,
        rotated=nobody,
    )


@pytest.fixture(scope="module", params=["lightgbm", "logistic_regression"])
def model(request: pytest.FixtureRequest) -> ChurnClassifier:
    rows = together([month_of(number) for number in range(LEARNT_MONTHS)])
    candidate = shipped_candidate(request.param)
    return fit_candidate(candidate, rows, FEATURES, seed=5, threads=1).classifier


def watched(
    model: ChurnClassifier, month: Sample
) -> tuple[list[Finding], list[Finding]]:
    """What is found of inputs and scores at once, and of the truth when it is in."""
    learnt = from_json(model.learnt)
    scores = model.predict(month.features)
    at_once = input_findings(learnt, month.features, BOUNDS)
    at_once += score_finding(learnt, scores, BOUNDS)
    listed = scores >= np.quantile(scores, 0.95)
    then = ScoredThen(scores, month.churned, listed, promised=0.2)
    return at_once, truth_findings(then, BOUNDS)


def test_two_years_without_a_change_are_quiet(model: ChurnClassifier) -> None:
    for number in range(LEARNT_MONTHS, LEARNT_MONTHS + WATCHED_MONTHS):
        at_once, later = watched(model, month_of(number))
        assert alarms([*at_once, *later]) == []
        assert len(later) == 3


def test_the_change_is_told_in_its_month_and_once_more_by_the_truth(
    model: ChurnClassifier,
) -> None:
    for number in range(LEARNT_MONTHS, LEARNT_MONTHS + CHANGED + 3):
        has_changed = number >= LEARNT_MONTHS + CHANGED
        at_once, later = watched(model, month_of(number, 2.0 if has_changed else 1.0))
        assert bool(alarms(at_once)) is has_changed
        assert bool(alarms(later)) is has_changed
        if has_changed:
            assert "data_last_mb" in alarms(at_once)[0]
            assert any("expected" in alarm for alarm in alarms(later))


def test_scores_of_the_rows_that_it_was_fitted_on_would_cry_wolf() -> None:
    """Control: a booster tells its own rows apart better than any later ones, so they are no reference."""
    rows = together([month_of(number) for number in range(2)])
    candidate = shipped_candidate(
        "lightgbm", leaves=63, fewest_in_leaf=5, learning_rate=0.3
    )
    model = fit_candidate(candidate, rows, FEATURES, seed=5, threads=1).classifier
    own = learnt_scores(model.predict(rows.features), rows.churned, 1.0)
    later = model.predict(month_of(9).features)
    (wrong,) = score_finding({SCORE: own}, later, BOUNDS)
    (right,) = score_finding(from_json(model.learnt), later, BOUNDS)
    assert wrong.value > 3 * right.value
