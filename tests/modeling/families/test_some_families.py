"""What is particular to a family: the rule, the blends, the drawn tree, thinned rows, given parameters."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.core.errors import SettingsError
from churn_tasks.modeling.calibration import platt
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import probability
from churn_tasks.modeling.families.stacking import stacked_weights
from churn_tasks.modeling.family import family
from churn_tasks.modeling.scaled import thinned
from tests.modeling.families.test_every_family import fitted
from tests.modeling.samples import FEATURES, drawn


@pytest.mark.parametrize(
    ("column", "high"), [("calls_drop", True), ("bill_cny", False)]
)
def test_a_rule_ranks_by_its_column_alone(column: str, high: bool) -> None:
    later = drawn(1_000, months=1, seed=2)
    rule = fitted("rule", drawn(500, seed=1), column=column, high=high)
    assert rule.classifier.features == [column]
    values = later.features[column].to_numpy() * (1 if high else -1)
    scores = rule.classifier.predict(later.features)
    assert np.array_equal(np.argsort(scores), np.argsort(values))
    assert scores.mean() == pytest.approx(later.churned.mean(), abs=0.04)
    wrong = fitted("rule", drawn(500, seed=1), column=column, high=not high)
    auc = roc_auc_score(later.churned, scores)
    assert roc_auc_score(later.churned, wrong.classifier.predict(later.features)) < auc


def test_who_has_no_value_comes_last_in_a_rule() -> None:
    learn, later = drawn(500, seed=1), drawn(100, months=1, seed=2).features
    for high in (True, False):
        rule = fitted("rule", learn, column="often_unknown", high=high).classifier
        rule.stand_ins = {}
        scores = rule.predict(later)
        unknown = later["often_unknown"].isna().to_numpy()
        # calibration may find nothing in noise, but never turns the order round
        assert scores[unknown].max() <= scores[~unknown].min() + 1e-9


def test_a_rule_of_texts_is_refused() -> None:
    with pytest.raises(SettingsError, match="plan holds texts"):
        fitted("rule", drawn(300), column="plan")


def test_a_rule_of_no_column_is_refused() -> None:
    with pytest.raises(SettingsError, match="family rule: column: Field required"):
        family("rule").given({})


@pytest.mark.parametrize("name", ["voting", "stacking"])
def test_members_must_be_families_of_their_own(name: str) -> None:
    said = "no such members: magic; there are .*lightgbm"
    with pytest.raises(SettingsError, match=said):
        family(name).given({"members": ["magic", "svm"]})
    with pytest.raises(SettingsError, match="no such members: voting"):
        family(name).given({"members": ["voting", "svm"]})
    with pytest.raises(SettingsError, match="stands twice"):
        family(name).given({"members": ["svm", "svm"]})
    with pytest.raises(SettingsError, match="members"):
        family(name).given({"members": ["svm"]})


def test_a_vote_is_the_mean_of_its_members_log_odds() -> None:
    learn, later = drawn(600, seed=1), drawn(300, months=1, seed=2).features
    members = ["logistic_regression", "naive_bayes"]
    odds = [fitted(name, learn).classifier.decision_function(later) for name in members]
    vote = fitted("voting", learn, members=members).classifier
    mean = np.mean(odds, axis=0)
    margin = (vote.decision_function(later) - vote.intercept) / vote.slope
    # the members alone let values stand in for unknown ones, the vote does so for all
    assert np.corrcoef(margin, mean)[0, 1] > 0.9999


def test_stacking_believes_who_tells_and_not_who_does_not() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(-1, 1, 5_000)
    churned = rng.random(5_000) < 1 / (1 + np.exp(-odds))
    said = np.column_stack([odds, rng.normal(-1, 1, 5_000), -odds])
    weights, _ = stacked_weights(said, churned)
    assert weights[0] > 0.8
    assert weights[1] < 0.1
    assert weights[2] == 0


def test_the_tree_is_drawn() -> None:
    figure = fitted("decision_tree", drawn(300)).figures["tree.png"]
    (axes,) = figure.axes
    said = " ".join(text.get_text() for text in axes.texts)
    assert "calls_drop" in said


def test_thinning_keeps_leavers_and_calibration_makes_probabilities_again() -> None:
    learn, later = drawn(3_000, seed=1), drawn(3_000, months=1, seed=2)
    positions = np.arange(len(learn))
    kept = thinned(positions, learn.churned, 1_000)
    assert len(kept) == 1_000
    assert learn.churned[kept].mean() == pytest.approx(0.5)  # 0.26 in life
    assert list(kept) == sorted(set(kept))
    assert thinned(positions, learn.churned, None) is positions
    scores = fitted("svm", learn, most_rows=1_000).classifier.predict(later.features)
    assert scores.mean() == pytest.approx(later.churned.mean(), abs=0.03)


@pytest.mark.parametrize(
    "name", ["logistic_regression", "decision_tree", "random_forest", "svm"]
)
def test_class_weights_leave_probabilities_as_they_are(name: str) -> None:
    """Control: before calibration the margins of weighted leavers are far too high."""
    # enough rows for the rates of the 32 levels of plan_type, which tell nothing
    learn, later = drawn(2_000, seed=1), drawn(3_000, months=1, seed=2)
    weighted = fitted(name, learn, class_weight="balanced").classifier
    scores = weighted.predict(later.features)
    assert scores.mean() == pytest.approx(later.churned.mean(), abs=0.03)
    if name == "logistic_regression":
        weighted.slope, weighted.intercept = 1.0, 0.0
        raw = weighted.predict(later.features)
        assert raw.mean() > later.churned.mean() + 0.08


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("lightgbm", {"leaves": 3, "most_trees": 12}),
        ("random_forest", {"trees": 11}),
        ("neural_network", {"hidden": (3, 2), "rounds": 2}),
        ("k_nearest_neighbours", {"neighbours": 7}),
    ],
)
def test_what_is_given_decides(name: str, given: dict[str, object]) -> None:
    rows, later = drawn(300, seed=1), drawn(50, months=1, seed=2).features
    default = fitted(name, rows).classifier.predict(later)
    other = fitted(name, rows, **given).classifier.predict(later)
    assert not np.array_equal(default, other)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("lightgbm", {"leaves": 1}),
        ("random_forest", {"trees": 5}),
        ("svm", {"kernel": "poly"}),
        ("logistic_statistical", {"p_value": 0}),
        ("neural_network", {"hidden": ()}),
    ],
)
def test_what_is_out_of_range_is_refused(name: str, given: dict[str, object]) -> None:
    field = next(iter(given))
    with pytest.raises(
        SettingsError, match=f"model.candidates, family {name}: {field}"
    ):
        shipped_candidate(name, **given)


def test_a_family_that_selects_no_columns_takes_the_selected() -> None:
    selected = FEATURES.subset(["calls_drop", "noise_a"])
    assert shipped_candidate("svm").features(FEATURES, selected) is selected
    rule = shipped_candidate("rule", column="bill_cny")
    assert rule.features(FEATURES, selected).names == ["bill_cny"]
    rows = drawn(300).with_columns(["bill_cny"])
    classifier = fit_candidate(
        rule, rows, rule.features(FEATURES, selected), 5, 1
    ).classifier
    assert classifier.feature_set != FEATURES.digest


@pytest.mark.filterwarnings("error")
def test_margins_far_from_0_give_probabilities_and_no_warning() -> None:
    """Naive Bayes adds up what correlated columns tell, each as if it were alone."""
    learn, later = drawn(200, seed=1), drawn(50, months=1, seed=2).features
    for frame in (learn.features, later):
        frame["bill_cny"] *= 1e30
    scores = fitted("naive_bayes", learn).classifier.predict(later)
    assert ((scores >= 0) & (scores <= 1)).all()
    odds = np.array([-2000.0, 0.0, 2000.0])
    assert list(probability(odds)) == [0.0, 0.5, 1.0]
    churned = np.array([False, True, True])
    slope, intercept = platt(odds, churned)
    assert np.isfinite([slope, intercept]).all()
