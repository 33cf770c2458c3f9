"""Candidates: same rows same scores, probabilities that mean what they say, awkward columns, no faith in noise."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.core.sections import Derive
from churn_tasks.modeling.calibration import STEEPEST_FALL, platt
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.folds import GROUPS, inner_folds
from tests.modeling.samples import FEATURES, drawn

NAMES = ["lightgbm", "logistic_regression"]


@pytest.mark.parametrize("name", NAMES)
def test_it_finds_the_truth_and_its_scores_are_probabilities(name: str) -> None:
    learn, later = drawn(2_000, seed=1), drawn(4_000, months=1, seed=2)
    scores = fit_candidate(
        shipped_candidate(name), learn, FEATURES, seed=5, threads=1
    ).classifier.predict(later.features)
    assert roc_auc_score(later.churned, scores) > 0.78  # the truth itself has 0.84
    assert scores.mean() == pytest.approx(later.churned.mean(), abs=0.02)
    likely = scores > 0.5
    assert likely.sum() > 100
    assert later.churned[likely].mean() == pytest.approx(
        scores[likely].mean(), abs=0.08
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_rows_give_the_same_scores_with_any_number_of_threads(
    name: str,
) -> None:
    learn, later = drawn(8_000, seed=3), drawn(500, months=1, seed=4)
    one, again, two = (
        fit_candidate(
            shipped_candidate(name), learn, FEATURES, 5, threads
        ).classifier.predict(later.features)
        for threads in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert np.array_equal(one, two)


@pytest.mark.parametrize("name", NAMES)
def test_values_never_seen_in_training_are_scored(name: str) -> None:
    classifier = fit_candidate(
        shipped_candidate(name), drawn(1_000, seed=6), FEATURES, 5, 1
    ).classifier
    later = drawn(50, months=1, seed=7).features
    later["plan"] = "launched yesterday"
    later["noise_a"] = np.nan
    later["all_unknown"] = 3.0
    assert np.isfinite(classifier.predict(later)).all()


@pytest.mark.parametrize("name", NAMES)
def test_with_shuffled_labels_nothing_is_learnt(name: str) -> None:
    aucs = []
    for seed in range(6):
        learn, later = (
            drawn(1_000, seed=seed, truth=False),
            drawn(2_000, months=1, seed=100 + seed, truth=False),
        )
        scores = fit_candidate(
            shipped_candidate(name), learn, FEATURES, seed, 1
        ).classifier.predict(later.features)
        aucs.append(roc_auc_score(later.churned, scores))
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.03)


def test_the_latest_month_is_predicted_from_the_earlier_ones() -> None:
    rows = drawn(3_000)
    [(fitted, judged)] = inner_folds(rows.months, rows.customers, rows.churned)
    assert set(rows.months[judged]) == {rows.months.max()}
    assert rows.months[fitted].max() < rows.months[judged].min()


def test_few_leavers_are_dealt_by_customer_so_nobody_is_on_both_sides() -> None:
    rows = drawn(100)
    folds = inner_folds(rows.months, rows.customers, rows.churned)
    assert len(folds) == GROUPS
    assert sorted(np.concatenate([judged for _, judged in folds])) == list(
        range(len(rows))
    )
    for fitted, judged in folds:
        assert not set(rows.customers[fitted]) & set(rows.customers[judged])


def test_calibration_mends_scores_that_are_too_sure() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(-2, 1, 20_000)
    churned = rng.random(20_000) < 1 / (1 + np.exp(-odds))
    slope, intercept = platt(3 * odds + 1, churned)
    assert slope == pytest.approx(1 / 3, abs=0.02)
    assert intercept == pytest.approx(-1 / 3, abs=0.05)


def test_calibration_never_turns_a_ranking_round() -> None:
    churned = np.array([True] * 10 + [False] * 90)
    assert platt(np.where(churned, -1.0, 1.0), churned)[0] == STEEPEST_FALL


@pytest.mark.parametrize("name", NAMES)
def test_fitting_and_scoring_leave_the_shared_rows_as_they_are(name: str) -> None:
    """The candidates of a month learn from one frame, without a copy for each."""
    learn = drawn(500, seed=8)
    before = learn.features.copy(deep=True)
    derive = Derive(pca=2, factors=1, clusters=2)
    fitted = fit_candidate(shipped_candidate(name), learn, FEATURES, 5, 1, derive)
    fitted.classifier.predict(learn.features)
    pd.testing.assert_frame_equal(learn.features, before, check_exact=True)


@pytest.mark.parametrize("name", NAMES)
def test_rows_scored_in_batches_get_the_scores_of_all_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn, later = drawn(500, seed=9), drawn(100, months=1, seed=10).features
    classifier = fit_candidate(
        shipped_candidate(name), learn, FEATURES, 5, 1
    ).classifier
    at_once = classifier.predict(later)
    monkeypatch.setattr("churn_tasks.modeling.classifier.BATCH_ROWS", 33)
    assert np.allclose(classifier.predict(later), at_once, rtol=0, atol=1e-12)
