"""Whether a ranking is better than another: equal to scikit-learn's figure, and right about chance."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from churn_tasks.modeling.paired import Evidence, gain, gains

WORLDS = 200


def world(seed: int, ours: float, theirs: float, rows: int = 3_000) -> dict:
    """Two months of the same customers, one in twenty of whom leaves, and two noisy views of who does.

    Args:
        ours, theirs: how far a view sets leavers apart; 0 is chance.
    """
    chance = np.random.default_rng(seed)
    churned = chance.random(2 * rows) < 0.05
    return {
        "scores": ours * churned + chance.normal(size=2 * rows),
        "rival": theirs * churned + chance.normal(size=2 * rows),
        "churned": churned,
        "months": np.repeat([1, 2], rows),
        "customers": np.tile(np.arange(rows), 2),
    }


def test_the_difference_is_that_of_scikit_learn_by_month_equal_scores_included():
    given = world(1, ours=1.0, theirs=0.5)
    given["scores"] = np.round(given["scores"])
    expected = 0.0
    for month in (1, 2):
        rows = given["months"] == month
        truth = given["churned"][rows]
        gained = average_precision_score(truth, given["scores"][rows])
        gained -= average_precision_score(truth, given["rival"][rows])
        expected += gained * truth.sum() / given["churned"].sum()
    assert gain(**given).difference == pytest.approx(expected, abs=1e-6)


def test_a_constant_rival_comes_to_the_base_rate():
    given = world(2, ours=1.0, theirs=0.0)
    given["rival"] = np.zeros(len(given["rival"]))
    alone = 0.0
    for month in (1, 2):
        rows = given["months"] == month
        truth = given["churned"][rows]
        better = average_precision_score(truth, given["scores"][rows]) - truth.mean()
        alone += better * truth.sum() / given["churned"].sum()
    assert gain(**given).difference == pytest.approx(alone, abs=1e-6)


def test_the_months_stand_beside_the_whole_and_one_without_leavers_is_left_out():
    given = world(5, ours=1.0, theirs=0.5)
    given["churned"][given["months"] == 2] &= np.arange(3_000) < 1_500
    found = gain(**given)
    assert [each.month for each in found.by_month] == [1, 2]
    assert sum(each.churners for each in found.by_month) == found.churners
    weighted = 0.0
    for each in found.by_month:
        rows = given["months"] == each.month
        truth, scores = given["churned"][rows], given["scores"][rows]
        assert each.ours == pytest.approx(average_precision_score(truth, scores))
        assert each.low < each.ours - each.rivals < each.high
        weighted += (each.ours - each.rivals) * each.churners / found.churners
    assert found.difference == pytest.approx(weighted)
    given["churned"][given["months"] == 2] = False
    assert [each.month for each in gain(**given).by_month] == [1]


def test_models_are_held_against_the_same_draws_whether_together_or_alone():
    given = world(6, ours=1.0, theirs=0.5)
    models = {"one": given.pop("scores"), "other": given["rival"][::-1].copy()}
    rival = given.pop("rival")
    together = gains(models, rival, Evidence(**given), candidates=1, seed=3)
    for name, scores in models.items():
        alone = gain(scores=scores, rival=rival, **given, seed=3)
        assert together[name] == alone


def test_a_customer_of_two_months_is_one_unit():
    """Control: the same rows as those of different customers seem to prove more than they do."""
    chance = np.random.default_rng(8)
    persons = np.tile(np.arange(1_500), 2)
    taste = np.tile(chance.normal(size=1_500), 2)
    churned = np.tile(chance.random(1_500) < 0.05, 2)
    rows = {"churned": churned, "months": np.repeat([1, 2], 1_500)}
    views = {"scores": churned + taste, "rival": 0.3 * churned + taste[::-1]}
    clustered = gain(**views, **rows, customers=persons)
    apart = gain(**views, **rows, customers=np.arange(3_000))
    assert clustered.high - clustered.low > 1.2 * (apart.high - apart.low)


def test_where_neither_knows_anything_hardly_one_world_in_forty_is_sure_of_a_gain():
    """Control: a gate that looks at the difference alone is wrong in half of them."""
    found = [
        gain(**world(seed, 0.0, 0.0, rows=1_000), seed=seed) for seed in range(WORLDS)
    ]
    surely = sum(each.low > 0 for each in found)
    ahead = sum(each.difference > 0 for each in found)
    assert surely <= 0.05 * WORLDS
    assert ahead > 0.4 * WORLDS


def test_a_better_ranking_is_found_and_a_worse_one_never():
    better = [gain(**world(seed, 1.5, 1.0), seed=seed) for seed in range(20)]
    worse = [gain(**world(seed, 1.0, 1.5), seed=seed) for seed in range(20)]
    assert sum(each.low > 0 for each in better) >= 19
    assert not any(each.low > 0 for each in worse)


def test_who_was_chosen_from_many_must_be_surer():
    given = world(3, 1.2, 1.0)
    assert gain(**given, candidates=10).low < gain(**given).low


def test_the_same_seed_gives_the_same_interval():
    given = world(4, 1.2, 1.0)
    assert gain(**given, seed=7) == gain(**given, seed=7)
    assert gain(**given, seed=7) != gain(**given, seed=8)
