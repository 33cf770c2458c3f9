"""Explanations: they add up to the score, and only what raises a score is a reason."""

import numpy as np
import pytest

from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.explanation import (
    contributions,
    raising_factors,
    source_features,
)
from tests.modeling.samples import FEATURES, drawn

NAMES = ["lightgbm", "logistic_regression"]


@pytest.mark.parametrize("name", NAMES)
def test_contributions_add_up_to_the_log_odds_less_one_constant(name: str) -> None:
    classifier = fit_candidate(
        shipped_candidate(name), drawn(1_000, seed=1), FEATURES, 5, 1
    ).classifier
    rows = drawn(200, months=1, seed=2).features
    added = contributions(classifier, rows)
    rest = classifier.decision_function(rows) - added.sum(axis=1).to_numpy()
    assert np.ptp(rest) < 1e-9
    assert sorted(added.columns) == sorted(FEATURES.names)


@pytest.mark.parametrize("name", NAMES)
def test_reasons_raise_the_score_and_differ_by_customer(name: str) -> None:
    classifier = fit_candidate(
        shipped_candidate(name), drawn(2_000, seed=3), FEATURES, 5, 1
    ).classifier
    rows = drawn(100, months=1, seed=4)
    factors = raising_factors(classifier, rows.customers, rows.features)
    assert (factors["contribution"] > 0).all()
    first = (
        factors.sort_values("contribution", ascending=False)
        .groupby("customer_id")["feature"]
        .first()
    )
    assert first.nunique() >= 3
    lowest = rows.customers[
        rows.features["calls_drop"].argmin()
    ]  # a fall of calls far below the mean protects
    assert "calls_drop" not in set(factors[factors["customer_id"] == lowest]["feature"])
    assert factors[factors["feature"] == "plan"]["value"].isna().all()
    some = factors[factors["feature"] == "calls_drop"].iloc[0]
    assert (
        some["value"]
        == rows.features["calls_drop"][list(rows.customers).index(some["customer_id"])]
    )


LEVELS = {"lightgbm": 1, "logistic_regression": 1, "logistic_statistical": 3}


@pytest.mark.parametrize("name", LEVELS)
def test_every_column_is_traced_to_its_feature(name: str) -> None:
    """A category is one column, but for the family that has a column for each of its levels."""
    classifier = fit_candidate(
        shipped_candidate(name), drawn(1_000, seed=5), FEATURES, 5, 1
    ).classifier
    source = source_features(classifier.preprocess)
    assert (
        len(source)
        == classifier.preprocess.transform(drawn(5, months=1).features).shape[1]
    )
    # of basic, gold, unknown; not mixed up with plan_type
    assert source.count("plan") == LEVELS[name]
    assert set(source) == set(FEATURES.names)


@pytest.mark.parametrize("name", LEVELS)
def test_a_category_has_one_contribution(name: str) -> None:
    rows = drawn(1_000, seed=6)
    classifier = fit_candidate(shipped_candidate(name), rows, FEATURES, 5, 1).classifier
    added = contributions(classifier, rows.features)
    assert list(added.columns).count("plan") == 1
    of_level = added["plan"].groupby(rows.features["plan"]).mean()
    assert of_level["gold"] > 0.1 > of_level["basic"], "holders of gold leave more"
