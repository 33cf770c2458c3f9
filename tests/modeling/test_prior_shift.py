"""A season that makes more or fewer leave is found from scores alone, where the customers are the same."""

import numpy as np
import pytest

from churn_tasks.modeling.prior_shift import likeliest_share, with_share

LEARNT = 0.3
APART = 2.0  # distance of leavers from stayers, in standard deviations of both


def month(
    share: float, rows: int = 40_000, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are probabilities where ``LEARNT`` leave, of customers of whom ``share`` leave."""
    chance = np.random.default_rng(seed)
    leaves = chance.random(rows) < share
    seen = chance.normal(size=rows) + APART * leaves
    odds = np.log(LEARNT / (1 - LEARNT)) + APART * seen - APART**2 / 2
    return 1 / (1 + np.exp(-odds)), leaves


@pytest.mark.parametrize("share", [0.05, 0.3, 0.67])
def test_the_share_of_a_month_is_found_without_its_truth(share):
    """Control: the mean of the scores as they are is far from it wherever the season moved."""
    scores, leaves = month(share)
    assert likeliest_share(scores, LEARNT) == pytest.approx(leaves.mean(), abs=0.01)
    if share != LEARNT:
        assert abs(scores.mean() - leaves.mean()) > 0.03


@pytest.mark.parametrize("share", [0.05, 0.67])
def test_scores_are_probabilities_again(share):
    scores, leaves = month(share)
    moved = with_share(scores, LEARNT, likeliest_share(scores, LEARNT))
    for part in np.array_split(np.argsort(moved), 10):
        assert moved[part].mean() == pytest.approx(leaves[part].mean(), abs=0.03)


def test_the_ranking_stays():
    scores, _ = month(0.5)
    moved = with_share(scores, LEARNT, 0.5)
    assert (np.argsort(scores, kind="stable") == np.argsort(moved, kind="stable")).all()


def test_by_hand():
    """0.3 learnt, 0.6 now: odds of leaving x (0.6 / 0.4) / (0.3 / 0.7) = x 3.5; 0.5 becomes 3.5 / 4.5."""
    assert with_share(np.array([0.5]), 0.3, 0.6) == pytest.approx(3.5 / 4.5)


def test_a_month_that_nothing_moved_keeps_its_scores():
    scores, _ = month(LEARNT)
    assert likeliest_share(scores, LEARNT) == pytest.approx(LEARNT, abs=0.01)
    assert with_share(scores, LEARNT, LEARNT) == pytest.approx(scores)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_scores_that_are_certain_stay_certain(score):
    assert with_share(np.array([score]), LEARNT, 0.9) == pytest.approx(score)
    assert 0 < likeliest_share(np.full(10, score), LEARNT) < 1
