"""Fewer stayers to learn from, and the same probabilities."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.modeling.calibration import without_some_stayers
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from tests.modeling.samples import FEATURES, drawn


@pytest.mark.parametrize("name", ["logistic_regression", "lightgbm", "random_forest"])
@pytest.mark.parametrize("per_leaver", [1.0, 1.7])
def test_the_mean_score_is_the_share_of_leavers(name: str, per_leaver: float) -> None:
    """Control: without the correction the scores are those of a month in which every second customer leaves."""
    learn, later = drawn(2_000, seed=1), drawn(4_000, months=1, seed=2)
    candidate = shipped_candidate(name)
    classifier = fit_candidate(
        candidate, learn, FEATURES, 5, 1, None, per_leaver
    ).classifier
    scores = classifier.predict(later.features)
    assert scores.mean() == pytest.approx(later.churned.mean(), abs=0.02)
    assert roc_auc_score(later.churned, scores) > 0.80
    thinned = without_some_stayers(learn.churned, per_leaver)
    classifier.intercept -= thinned.correction
    uncorrected = classifier.predict(later.features)
    assert uncorrected.mean() > later.churned.mean() + 0.08


def test_every_leaver_stays_and_stayers_are_taken_from_all_months() -> None:
    learn = drawn(1_000, seed=3)
    thinned = without_some_stayers(learn.churned, 1.5)
    kept = learn.rows(thinned.positions)
    assert kept.churners == learn.churners
    assert len(kept) == kept.churners + int(1.5 * kept.churners)
    stayed_in = {str(month) for month in kept.months[~kept.churned]}
    assert stayed_in == {str(month) for month in learn.months}
    share = (len(kept) - kept.churners) / (len(learn) - learn.churners)
    assert thinned.correction == pytest.approx(np.log(share))


def test_where_stayers_are_few_nothing_changes() -> None:
    learn = drawn(200, seed=4)
    thinned = without_some_stayers(learn.churned, 100)
    assert list(thinned.positions) == list(range(len(learn)))
    assert thinned.correction == 0
