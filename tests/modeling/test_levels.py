"""Levels of texts that a model has seen; any other one is scored without the column."""

import numpy as np
import pandas as pd
import pytest

from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.stand_ins import known_levels, not_learnt, stand_ins
from churn_tasks.work.unknown_values import unknown_features
from tests.modeling.samples import FEATURES, drawn


def test_known_levels_are_those_of_training_in_order() -> None:
    levels = ["R2"] * 500 + ["R1"] * 500
    frame = pd.DataFrame({"region": [*levels, "unknown"], "bill": 1.0})
    assert known_levels(frame, ["region"]) == {"region": ["R1", "R2"]}
    often = pd.DataFrame({"region": levels + ["unknown"] * 500})
    assert known_levels(often, ["region"]) == {"region": ["R1", "R2", "unknown"]}


def test_a_new_level_lacks_a_meaning_and_an_unknown_value_where_it_was_rare() -> None:
    often = pd.DataFrame({"region": ["R2"] * 500 + ["unknown"] * 500})
    rare = pd.DataFrame({"region": ["R2"] * 1_000})
    later = pd.DataFrame({"region": ["R2", "R9", "unknown"]})
    for learnt, masked in ((often, [0, 1, 0]), (rare, [0, 1, 1])):
        levels = known_levels(learnt, ["region"])
        mask = not_learnt(stand_ins(learnt), later, levels)
        assert mask[:, 0].tolist() == [bool(one) for one in masked]


@pytest.mark.parametrize("level", ["P99", "Gold", "9.0"])
def test_who_has_a_new_level_is_marked_and_all_others_keep_their_scores(
    level: str,
) -> None:
    model = shipped_candidate("logistic_regression")
    classifier = fit_candidate(model, drawn(1_000, seed=1), FEATURES, 5, 1).classifier
    rows = drawn(500, months=1, seed=2)
    frame = rows.features.copy()
    frame.loc[frame.index < 40, "plan"] = level
    changed = Sample(**{**vars(rows), "features": frame})
    marked = unknown_features(classifier, changed)
    assert set(marked[:40]) == {"plan"}
    assert set(marked[40:]) == {None}
    before, now = classifier.predict(rows.features), classifier.predict(frame)
    assert np.array_equal(before[40:], now[40:])
    assert now[:40].mean() == pytest.approx(before[:40].mean(), abs=0.05)


def test_a_model_of_before_knows_no_levels_and_still_scores() -> None:
    model = shipped_candidate("lightgbm")
    classifier = fit_candidate(model, drawn(1_000, seed=1), FEATURES, 5, 1).classifier
    old = ChurnClassifier(**{**classifier.get_params(deep=False), "known_levels": {}})
    frame = drawn(100, months=1, seed=2).features.assign(plan="P99")
    assert not old.not_learnt(frame).any()
    assert np.isfinite(old.predict(frame)).all()
