"""Categories as numbers: one column each, from which no row can read its own label."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import TargetEncoder

from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.encoding import (
    MEAN_ROWS,
    beside_month,
    cross_fit,
    cross_fitted_rates,
    rate_encoder,
)
from churn_tasks.modeling.explanation import contributions
from churn_tasks.modeling.folds import customer_folds, groups_of
from churn_tasks.modeling.frames import FeatureSet, Sample

NAMES = ["lightgbm", "logistic_regression"]
NUMERIC, TEXT = ("calls_drop",), ("city",)
FEATURES = FeatureSet(dict.fromkeys((*NUMERIC, *TEXT), "feat_t"), NUMERIC, TEXT, "ab")


def drawn(
    cities: np.ndarray, effect: np.ndarray, seed: int, months: int = 3, base: float = -2
) -> Sample:
    """Customers of as many cities as effects; each effect is added to the log-odds of its city's customers.

    Args:
        cities: of each customer the number of the city.
    """
    rng = np.random.default_rng(seed)
    people = len(cities)
    rows = people * months
    of_row = np.tile(cities, months)
    frame = pd.DataFrame({"calls_drop": rng.normal(size=rows)})
    frame["city"] = np.array([f"C{city:04d}" for city in of_row], dtype=object)
    odds = base + effect[of_row] + 0.7 * frame["calls_drop"].to_numpy()
    first = np.datetime64("2024-01", "M")
    of_month = [(first + month).astype("datetime64[D]") for month in range(months)]
    nobody = np.zeros(rows, dtype=bool)
    customers = np.array([f"c{number:06d}" for number in range(people)], dtype=object)
    return Sample(
        customers=np.tile(customers, months),
        months=np.repeat(of_month, people),
        features=frame,
        churned=rng.random(rows) < 1 / (1 + np.exp(-odds)),
        left_early=nobody,
        rotated=nobody,
    )


def auc_on(name: str, learn: Sample, later: Sample, features: FeatureSet) -> float:
    rows = learn.with_columns(features.names)
    model = fit_candidate(shipped_candidate(name), rows, features, 5, 1).classifier
    return roc_auc_score(later.churned, model.predict(later.features))


def test_a_rate_is_that_of_the_level_and_of_the_mean() -> None:
    """Of 300 customers of a city 60 left, of 300 others none: 0.20 and 0.00 beside a month's rate of 0.10."""
    frame = pd.DataFrame({"city": ["north"] * 300 + ["south"] * 300})
    churned = np.arange(600) < 60
    months = np.full(600, np.datetime64("2024-03-01"))
    encoder = rate_encoder().fit(frame, beside_month(churned, months))
    north, south, never_seen = encoder.transform(
        pd.DataFrame({"city": ["north", "south", "west"]})
    )[:, 0]
    assert MEAN_ROWS == 200
    assert north == pytest.approx(300 * 0.10 / 500)
    assert south == pytest.approx(-300 * 0.10 / 500)
    assert never_seen == pytest.approx(0, abs=1e-12)


def test_scikit_learns_own_smoothing_believes_two_rows() -> None:
    """Why the number of rows is stated: control of the choice."""
    frame = pd.DataFrame({"city": ["rare"] * 2 + ["often"] * 998})
    left = (np.arange(1_000) < 100).astype(float)
    own = TargetEncoder(target_type="continuous").fit(frame, left)
    rare = pd.DataFrame({"city": ["rare"]})
    assert own.transform(rare)[0, 0] == 1.0
    stated = rate_encoder().fit(frame, left)
    assert stated.transform(rare)[0, 0] < 0.12


def test_a_level_of_a_bad_month_is_not_bad_by_that() -> None:
    """A tariff that came in the month in which half left, like everybody's half there."""
    months = np.repeat(np.array(["2024-01-01", "2024-02-01"], "datetime64[D]"), 1_000)
    frame = pd.DataFrame({"tariff": ["old"] * 1_500 + ["new"] * 500})
    churned = np.tile(np.arange(1_000) % 10 == 0, 2)
    churned[1_000:] = np.arange(1_000) % 2 == 0
    new = pd.DataFrame({"tariff": ["new"]})
    rate = rate_encoder().fit(frame, beside_month(churned, months)).transform(new)
    naive = rate_encoder().fit(frame, churned.astype(float)).transform(new)
    assert rate[0, 0] == pytest.approx(0, abs=0.001)
    assert naive[0, 0] - churned.mean() > 0.1, "the control sees the fault"


def test_each_row_is_given_rates_once_and_never_of_itself_or_its_customer() -> None:
    customers = np.array([f"c{number % 400:03d}" for number in range(1_200)])
    latest = np.arange(1_200) >= 800
    for folds in (
        [(np.flatnonzero(~latest), np.flatnonzero(latest))],
        customer_folds(customers),
        [],
    ):
        cross = cross_fit(folds, customers)
        given = np.concatenate([to for _, to in cross])
        assert sorted(given) == list(range(1_200))
        for source, to in cross[len(folds) :]:
            assert not set(customers[source]) & set(customers[to])
        for source, to in cross:
            assert not set(source) & set(to)
    assert set(groups_of(customers)) == {0, 1, 2, 3, 4}


def test_a_column_of_one_level_a_customer_tells_nothing() -> None:
    """Control: rates that a row's own label went into part all leavers from all stayers."""
    rng = np.random.default_rng(3)
    customers = np.array([f"c{number:05d}" for number in range(4_000)], dtype=object)
    frame = pd.DataFrame({"number": customers})
    churned = rng.random(4_000) < 0.1
    months = np.full(4_000, np.datetime64("2024-03-01"))
    honest = cross_fitted_rates(frame, churned, months, customers)[:, 0]
    told = beside_month(churned, months)
    naive = rate_encoder().fit(frame, told).transform(frame)[:, 0]
    assert 0.4 < roc_auc_score(churned, honest) < 0.6
    assert roc_auc_score(churned, naive) == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_cities_that_tell_make_a_model_better(name: str) -> None:
    rng = np.random.default_rng(7)
    cities, effect = rng.integers(0, 24, 3_000), rng.normal(scale=0.8, size=24)
    learn = drawn(cities, effect, 1)
    later = drawn(cities, effect, 2, months=1)
    without = auc_on(name, learn, later, FEATURES.subset(["calls_drop"]))
    assert auc_on(name, learn, later, FEATURES) > without + 0.03


@pytest.mark.parametrize("name", NAMES)
def test_three_hundred_cities_that_tell_nothing_do_no_harm(name: str) -> None:
    rng = np.random.default_rng(8)
    cities, effect = rng.integers(0, 300, 3_000), np.zeros(300)
    learn = drawn(cities, effect, 3)
    later = drawn(cities, effect, 4, months=1)
    without = auc_on(name, learn, later, FEATURES.subset(["calls_drop"]))
    assert auc_on(name, learn, later, FEATURES) > without - 0.015


@pytest.mark.parametrize("name", NAMES)
def test_a_level_never_seen_is_scored_as_if_it_were_unknown(name: str) -> None:
    """Control: a booster takes the mean, which lies between the bad city and all others, for the bad city."""
    rng = np.random.default_rng(9)
    cities, effect = rng.integers(0, 6, 3_000), np.array([2.0, 0, 0, 0, 0, 0])
    learn = drawn(cities, effect, 5)
    model = fit_candidate(shipped_candidate(name), learn, FEATURES, 5, 1).classifier
    here = learn.features.head(500).assign(calls_drop=0.0)
    west = here.assign(city="west")
    bad = model.predict(here.assign(city="C0000")).mean()
    assert bad > 2 * learn.churned.mean()
    assert model.predict(west).mean() == pytest.approx(
        model.predict(here).mean(), abs=0.02
    )
    assert (contributions(model, west)["city"] == 0).all()
    assert model.not_learnt(west).sum() == 500
    if name == "lightgbm":
        model.known_levels = {}
        assert model.predict(west).mean() > 2 * learn.churned.mean()


def test_a_level_of_many_rows_has_one_rate_whichever_group_it_is_told_by() -> None:
    """Control: without steps it has five, each lower the more of its own group left."""
    rng = np.random.default_rng(12)
    learn = drawn(rng.integers(0, 4, 20_000), np.zeros(4), 8, months=1, base=-3)
    column = learn.features[["city"]]
    told = beside_month(learn.churned, learn.months)
    cross = cross_fit([], learn.customers)
    stepless = TargetEncoder(target_type="continuous", smooth=MEAN_ROWS, cv=cross)
    fine = stepless.fit_transform(column, told)[:, 0]
    steps = rate_encoder().set_params(cv=cross).fit_transform(column, told)[:, 0]
    for city in column["city"].unique():
        those = (column["city"] == city).to_numpy()
        assert len(np.unique(fine[those])) == 5
        assert len(np.unique(steps[those])) <= 2
        assert np.ptp(steps[those]) < 0.006


def test_the_model_s_file_does_not_hold_who_was_in_which_fold() -> None:
    rng = np.random.default_rng(10)
    learn = drawn(rng.integers(0, 6, 500), np.zeros(6), 6)
    for name in NAMES:
        model = fit_candidate(shipped_candidate(name), learn, FEATURES, 5, 1).classifier
        fitted = model.preprocess.named_transformers_["text"]
        planned = {step: what for step, what, _ in model.preprocess.transformers}
        assert fitted.named_steps["rates"].cv == 5
        assert planned["text"].named_steps["rates"].cv == 5


def test_rates_are_those_of_the_rows_that_a_fold_fits_on() -> None:
    """Of the rows that a fold predicts: their own labels do not matter."""
    rng = np.random.default_rng(11)
    learn = drawn(rng.integers(0, 6, 2_000), np.zeros(6), 7)
    latest = learn.months == learn.months.max()
    fold = (np.flatnonzero(~latest), np.flatnonzero(latest))
    other = replace(learn, churned=np.where(latest, ~learn.churned, learn.churned))
    given = []
    for sample in (learn, other):
        encoder = rate_encoder().set_params(cv=cross_fit([fold], sample.customers))
        told = beside_month(sample.churned, sample.months)
        given.append(encoder.fit_transform(sample.features[["city"]], told))
    assert np.array_equal(given[0], given[1])
    assert average_precision_score(learn.churned, given[0][:, 0]) < 0.3
