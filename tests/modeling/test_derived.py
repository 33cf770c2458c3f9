"""Derived columns: fitted on training rows alone, the same bytes twice, explained by what they are made of."""

import numpy as np
import pytest
import skops.io

from churn_tasks.core.sections import Derive
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.derived import DerivedColumns
from churn_tasks.modeling.explanation import (
    cluster_table,
    contributions,
    derived_columns,
)
from churn_tasks.modeling.family import trusted_types
from tests.modeling.samples import FEATURES, drawn

NAMES = ["lightgbm", "logistic_regression"]
ALL = Derive(pca=3, factors=2, clusters=4)


@pytest.fixture(scope="module")
def fitted() -> DerivedColumns:
    return DerivedColumns(3, 2, 4).fit(
        drawn(1_000, seed=1).features[list(FEATURES.numeric)]
    )


def _candidate(
    name: str, seed: int = 1, derive: Derive | None = ALL, threads: int = 1
) -> ChurnClassifier:
    return fit_candidate(
        shipped_candidate(name), drawn(1_000, seed=seed), FEATURES, 5, threads, derive
    ).classifier


@pytest.mark.parametrize("name", NAMES)
def test_the_same_rows_give_the_same_bytes_with_any_number_of_threads(
    name: str,
) -> None:
    one, again, two = (
        skops.io.dumps(_candidate(name, threads=threads).preprocess)
        for threads in (1, 1, 2)
    )
    assert _content(one) == _content(again) == _content(two)
    other = skops.io.dumps(_candidate(name, seed=2).preprocess)
    assert _content(one) != _content(other), "control: other rows, other columns"


def _content(file: bytes) -> list[float]:
    """What was fitted, without the addresses that a file of skops names objects by."""
    preprocess = skops.io.loads(file, trusted=list(trusted_types()))
    step = derived_columns(preprocess)
    return [
        array.tobytes()
        for array in (
            step.weights,
            step.middles,
            step.mean,
            step.median,
            step.score_mean,
        )
    ]


@pytest.mark.parametrize("name", NAMES)
def test_rows_to_be_scored_change_nothing(name: str) -> None:
    """A row's score does not depend on the rows scored with it; fitted on them as well it would (control)."""
    classifier = _candidate(name)
    rows = drawn(300, months=1, seed=8).features
    wild = rows.copy()
    wild.loc[100:, list(FEATURES.numeric)] *= 1000.0
    assert np.array_equal(
        classifier.predict(rows)[:100], classifier.predict(wild)[:100]
    )
    numeric = list(FEATURES.numeric)
    refitted = [
        DerivedColumns(3, 2, 4).fit(frame[numeric]).transform(frame[numeric])[:100]
        for frame in (rows, wild)
    ]
    assert not np.allclose(*refitted)


@pytest.mark.parametrize("name", NAMES)
def test_contributions_still_add_up_and_name_source_features(name: str) -> None:
    classifier = _candidate(name)
    rows = drawn(200, months=1, seed=2).features
    added = contributions(classifier, rows)
    assert list(added.columns) == classifier.features
    constant = classifier.decision_function(rows) - added.sum(axis=1)
    assert np.ptp(constant) == pytest.approx(0, abs=1e-6)
    assert added["calls_drop"].std() > added["noise_a"].std()


def test_shares_of_a_derived_column_sum_to_one(fitted: DerivedColumns) -> None:
    rows = drawn(50, months=1, seed=3).features[list(FEATURES.numeric)]
    for number in range(9):
        shares = fitted.shares(rows, number)
        assert shares.shape == (50, len(FEATURES.numeric))
        assert (shares >= 0).all()
        assert shares.sum(axis=1) == pytest.approx(1)


def test_names_and_scale(fitted: DerivedColumns) -> None:
    rows = drawn(1_000, seed=1).features[list(FEATURES.numeric)]
    made = fitted.transform(rows)
    assert fitted.get_feature_names_out().tolist() == [
        "pca_1", "pca_2", "pca_3", "factor_1", "factor_2", "cluster_1", "cluster_2", "cluster_3", "cluster_4",
    ]  # fmt: skip
    assert made.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert made.std(axis=0) == pytest.approx(1, abs=1e-6)
    assert np.isfinite(fitted.transform(rows.assign(bill_cny=np.nan))).all()


def test_principal_components_do_not_correlate(fitted: DerivedColumns) -> None:
    made = fitted.transform(drawn(1_000, seed=1).features[list(FEATURES.numeric)])[
        :, :3
    ]
    correlation = np.corrcoef(made.T)
    assert np.abs(correlation - np.eye(3)).max() < 1e-6


def test_clusters_find_two_kinds_of_customers() -> None:
    """Half of the customers talk a lot and pay a lot; the nearest middle tells the halves apart."""
    rows = drawn(600, months=1, seed=4)
    heavy = np.arange(600) % 2 == 0
    frame = rows.features[["bill_cny", "calls_drop", "noise_a"]].copy()
    frame.loc[heavy, ["bill_cny", "calls_drop"]] += [5_000.0, 60.0]
    cluster = DerivedColumns(clusters=2).fit(frame).belongs_to(frame)
    assert np.mean(cluster == cluster[0]) == pytest.approx(0.5, abs=0.02)
    assert len(set(cluster[heavy])) == 1


def test_the_table_of_clusters_counts_everybody_once() -> None:
    rows = drawn(1_000, seed=1)
    table = cluster_table(_candidate("lightgbm"), rows)
    assert table["customers"].sum() == len(rows)
    assert table["customers"].is_monotonic_decreasing or len(table) == 4
    weighted = (table["churn_rate"] * table["customers"]).sum() / len(rows)
    assert weighted == pytest.approx(rows.churned.mean())
    assert cluster_table(_candidate("lightgbm", derive=None), rows) is None


def test_none_are_derived_by_default() -> None:
    assert Derive() == Derive(pca=0, factors=0, clusters=0)
    assert (
        derived_columns(_candidate("logistic_regression", derive=Derive()).preprocess)
        is None
    )
