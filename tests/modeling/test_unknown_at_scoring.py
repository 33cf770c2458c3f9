"""A value that is unknown at scoring and was known to the model: scored without it, marked, and never the reason.

Each family is held against the same family fitted without the column, and against what it does with the blank itself.
"""

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.sections import Derive
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.explanation import contributions, raising_factors
from churn_tasks.modeling.frames import UNKNOWN, FeatureSet, Sample
from churn_tasks.modeling.stand_ins import (
    VALUES,
    fewest_rows,
    is_unknown,
    stand_ins,
    stood_in,
)

NAMES = ["lightgbm", "logistic_regression"]
NUMERIC, TEXT = ("tenure_months", "bill_cny", "calls_drop"), ("plan",)
FEATURES = FeatureSet(dict.fromkeys((*NUMERIC, *TEXT), "feat_t"), NUMERIC, TEXT, "ab")
NEAR = 0.03  # of a probability, mean over customers


def drawn(customers: int, seed: int, intercept: float = 0.6) -> Sample:
    """Customers of two months, who leave early in their tenure, with calls that drop, and of one plan more than others.

    An intercept of 0.6 gives a base rate of 28 %, of -1.6 one of 6 %, of 2.5 one of 56 %.
    """
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "tenure_months": 1 + rng.gamma(2, 20, customers),
            "bill_cny": rng.lognormal(4, 0.5, customers),
            "calls_drop": rng.normal(size=customers),
            "plan": rng.choice(["basic", "gold", "student"], customers).astype(object),
        }
    )
    odds = intercept - 0.06 * frame["tenure_months"] + 0.5 * frame["calls_drop"]
    odds += np.where(frame["plan"] == "student", 1.5, -0.5)
    churned = rng.random(customers) < 1 / (1 + np.exp(-odds.to_numpy()))
    nobody = np.zeros(customers, dtype=bool)
    months = np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[D]")
    names = np.array([f"c{number:05d}" for number in range(customers)], dtype=object)
    of_row = np.repeat(months, customers // 2)
    return Sample(names, of_row, frame, churned, nobody, nobody)


def blanked(
    frame: pd.DataFrame, *columns: str, rows: object = slice(None)
) -> pd.DataFrame:
    """A copy in which some rows have no value in some columns."""
    without = frame.copy()
    for name in columns:
        blank: object = UNKNOWN if name in TEXT else np.nan
        without.loc[without.index[rows], name] = blank
    return without


def fitted(name: str, rows: Sample, derive: Derive | None = None) -> ChurnClassifier:
    return fit_candidate(
        shipped_candidate(name), rows, FEATURES, 5, 1, derive
    ).classifier


def without_column(name: str, rows: Sample, *columns: str) -> ChurnClassifier:
    """The same family on the same rows, that never saw the columns."""
    others = FEATURES.subset(set(FEATURES.names) - set(columns))
    return fit_candidate(
        shipped_candidate(name), rows.with_columns(others.names), others, 5, 1
    ).classifier


def trusting(classifier: ChurnClassifier) -> ChurnClassifier:
    """The same model, which takes a blank for whatever its family makes of it."""
    parameters = {**classifier.get_params(deep=False), "stand_ins": {}}
    return ChurnClassifier(**parameters)


@pytest.mark.parametrize("column", ["tenure_months", "calls_drop", "plan"])
@pytest.mark.parametrize("intercept", [-1.6, 2.5])
@pytest.mark.parametrize("name", NAMES)
def test_a_blank_is_scored_like_by_a_model_that_never_saw_the_column(
    name: str, intercept: float, column: str
) -> None:
    learn, later = drawn(4_000, 1, intercept), drawn(800, 2, intercept)
    model = fitted(name, learn)
    scores = model.predict(blanked(later.features, column))
    without = without_column(name, learn, column).predict(later.features)
    # of half who leave, two boosters of 4,000 rows lie as far apart by the rates of the plan alone
    near = NEAR + 0.01 if (name, intercept) == ("lightgbm", 2.5) else NEAR
    assert np.abs(scores - without).mean() < near
    with_it = model.predict(later.features)
    assert scores.mean() == pytest.approx(with_it.mean(), abs=NEAR)


@pytest.mark.parametrize("blanks_learnt_from", [1, 7])
@pytest.mark.parametrize("name", NAMES)
def test_a_few_blanks_among_thousands_teach_nothing(
    name: str, blanks_learnt_from: int
) -> None:
    learn, later = drawn(4_000, 3), drawn(800, 4).features
    of_leavers = np.flatnonzero(learn.churned)[:blanks_learnt_from]
    few = blanked(learn.features, "tenure_months", rows=of_leavers)
    model = fitted(name, Sample(**{**vars(learn), "features": few}))
    without = without_column(name, learn, "tenure_months").predict(later)
    scores = model.predict(blanked(later, "tenure_months"))
    assert np.abs(scores - without).mean() < NEAR
    naive = trusting(model).predict(blanked(later, "tenure_months"))
    assert np.abs(naive - without).mean() > 3 * NEAR, "the control sees the fault"


def test_without_stand_ins_a_booster_reads_a_blank_as_zero() -> None:
    """Control of the tests above: the fault that they guard against is there."""
    model, later = fitted("lightgbm", drawn(4_000, 1)), drawn(800, 2)
    blank = blanked(later.features, "tenure_months")
    zero = later.features.assign(tenure_months=0.0)
    assert np.array_equal(trusting(model).predict(blank), model.predict(zero))
    assert trusting(model).predict(blank).mean() > 2 * later.churned.mean()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_often_unknown_in_training_keeps_its_own_meaning(name: str) -> None:
    """Whoever has no tenure on record leaves for sure here: that is learnt, and nothing stands in for it."""
    learn = drawn(4_000, 5)
    unknown = np.arange(len(learn)) % 10 == 0
    features = blanked(learn.features, "tenure_months", rows=unknown)
    churned = learn.churned | unknown
    model = fitted(
        name, Sample(**{**vars(learn), "features": features, "churned": churned})
    )
    assert "tenure_months" not in model.stand_ins
    assert model.predict(blanked(learn.features, "tenure_months")).mean() > 0.8


@pytest.mark.parametrize("derive", [None, Derive(pca=2, clusters=2)])
@pytest.mark.parametrize("name", NAMES)
def test_a_blank_is_never_the_reason_and_leaves_the_others_theirs(
    name: str, derive: Derive | None
) -> None:
    model, later = fitted(name, drawn(4_000, 1), derive), drawn(200, 2)
    blank = blanked(later.features, "tenure_months", "plan")
    added = contributions(model, blank)
    assert (added[["tenure_months", "plan"]] == 0).all(axis=None)
    factors = raising_factors(model, later.customers, blank)
    assert set(factors["feature"]) <= {"calls_drop", "bill_cny"}
    dropping = later.features["calls_drop"].to_numpy()
    assert np.corrcoef(dropping, added["calls_drop"])[0, 1] > 0.8
    naive = contributions(trusting(model), blank)
    assert (naive["tenure_months"] != 0).all(), "the control blames the blank"


@pytest.mark.parametrize("name", NAMES)
def test_customers_with_every_value_are_scored_as_before(name: str) -> None:
    model, later = fitted(name, drawn(4_000, 1)), drawn(400, 2).features
    half = blanked(later, "tenure_months", rows=slice(0, 200))
    assert np.array_equal(model.predict(half)[200:], model.predict(later)[200:])
    assert np.array_equal(trusting(model).predict(later), model.predict(later))
    mask = model.not_learnt(half)
    assert mask.sum() == 200
    assert mask[:200, model.features.index("tenure_months")].all()


def test_the_values_stand_for_the_training_rows_in_equal_parts() -> None:
    frame = pd.DataFrame({"number": np.arange(1_000.0), "rare": np.nan})
    frame["text"] = pd.Series(["a"] * 750 + ["b"] * 250, dtype=object)
    values = stand_ins(frame)
    assert sorted(values["number"]) == [25.0 + 50 * part for part in range(VALUES)]
    assert sorted(values["text"]) == ["a"] * 15 + ["b"] * 5
    assert "rare" not in values, "of what is never known nothing can stand in"
    assert list(values["number"]) != sorted(values["number"])


def test_how_many_blanks_are_enough_to_learn_from() -> None:
    assert [fewest_rows(rows) for rows in (100, 4_000, 10**6)] == [10, 20, 200]
    for blanks, stands_in in ((19, True), (20, False)):
        frame = blanked(drawn(4_000, 1).features, "bill_cny", rows=slice(blanks))
        assert ("bill_cny" in stand_ins(frame)) is stands_in


def test_standing_in_changes_the_unknown_values_alone() -> None:
    frame = blanked(drawn(40, 1).features, "bill_cny", "plan", rows=slice(10))
    values = stand_ins(drawn(4_000, 2).features)
    mask = np.column_stack([is_unknown(frame[name]) for name in frame])
    variants = list(stood_in(values, frame, mask))
    assert len(variants) == VALUES
    for variant in variants:
        assert not np.column_stack([is_unknown(variant[name]) for name in frame]).any()
        pd.testing.assert_frame_equal(variant.iloc[10:], frame.iloc[10:])
