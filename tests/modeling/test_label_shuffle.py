"""Labels dealt out anew to the same customers: whatever the road from rows to scores still finds, it has peeked.

Reading, selection, preprocessing, fitting and calibration run as in a month's training, twenty times; the AUC on a
later month must be chance. Controls: a road that encodes texts by labels that include the row's own, and one that
selects columns on the judged rows too, are both caught; with the true labels the honest road finds what is there.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.sections import Features
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.frames import (
    FeatureSet,
    Sample,
    feature_set,
    sample,
)
from churn_tasks.modeling.metrics import ranking
from churn_tasks.modeling.selection import select
from churn_tasks.work.customer_rows import customer_rows
from tests.lakes import raw_tables, small_run
from tests.modeling.synthetic import fill, signals

PERMUTATIONS, TOLERANCE = 20, 0.03
CUSTOMERS, MONTHS = 500, list(months_between(Month(2024, 3), Month(2024, 5) + 1))
Road = Callable[[Sample, Sample, FeatureSet, str], float]


@pytest.fixture(scope="module")
def rows(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Sample, FeatureSet]]:
    """Three months of a hundred columns, read as training reads them; two carry the truth, the rest is noise."""
    run = small_run(
        tmp_path_factory.mktemp("shuffle"),
        "2024-07",
        raw=raw_tables(),
        definition="not_billed",
    )
    fill(run, MONTHS, CUSTOMERS)
    offered = feature_set(run.registry.queries["features"])
    features = offered.subset(
        {*signals(run), *offered.names[:: len(offered.names) // 98]}
    )
    yield (
        sample(customer_rows(run, features, MONTHS, labelled=True), features),
        features,
    )
    run.close()


def shuffled(rows: Sample, chance: np.random.Generator) -> Sample:
    """The labels of each month dealt out anew among its customers: every month keeps its churn rate."""
    churned = rows.churned.copy()
    for month in np.unique(rows.months):
        those = np.flatnonzero(rows.months == month)
        churned[those] = churned[chance.permutation(those)]
    return replace(rows, churned=churned)


def auc_of(rows: Sample, features: FeatureSet, road: Road, candidate: str) -> float:
    """AUC on the latest month of what the road makes of the earlier ones."""
    latest = rows.months == rows.months.max()
    return road(rows.rows(~latest), rows.rows(latest), features, candidate)


def honest(learn: Sample, test: Sample, features: FeatureSet, candidate: str) -> float:
    """As the step does it: columns selected, encoders and model fitted on the rows to learn from alone."""
    chosen = features.subset(select(learn, features, Features()).kept)
    return fitted_auc(learn, test, chosen, candidate)


def fitted_auc(
    learn: Sample, test: Sample, features: FeatureSet, candidate: str
) -> float:
    columns = replace(learn, features=learn.features[features.names])
    fitted = fit_candidate(shipped_candidate(candidate), columns, features, 1, 1)
    scores = fitted.classifier.predict(test.features)
    return float(ranking(scores, test.churned)["auc"] or 0.5)


def encoded_by_its_own_label(
    learn: Sample, test: Sample, features: FeatureSet, candidate: str
) -> float:
    """A leak: a text of many values becomes the churn rate of its value, counted over all rows, its own among them."""
    text = np.concatenate(
        [
            [f"{abs(hash_of(customer)) % 300}" for customer in one.customers]
            for one in (learn, test)
        ]
    )
    truth = np.concatenate([learn.churned, test.churned])
    months = np.concatenate([learn.months, test.months]).astype(str)
    keys = np.char.add(text.astype(str), months)
    rate = {key: truth[keys == key].mean() for key in np.unique(keys)}
    encoded = np.array([rate[key] for key in keys])
    name = features.numeric[0]
    parts = [encoded[: len(learn)], encoded[len(learn) :]]
    learn, test = (
        replace(one, features=one.features.assign(**{name: part}))
        for one, part in zip((learn, test), parts, strict=True)
    )
    return honest(learn, test, features, candidate)


def hash_of(customer: object) -> int:
    return int(str(customer).lstrip("c")) * 2_654_435_761


def selected_on_all_rows(
    learn: Sample, test: Sample, features: FeatureSet, candidate: str
) -> float:
    """A leak: the judged rows help to choose the columns."""
    both = Sample(*(
        np.concatenate([getattr(learn, name), getattr(test, name)]) if name != "features" else _stacked(learn, test)
        for name in ("customers", "months", "features", "churned", "left_early", "rotated")
    ))  # fmt: skip
    best = sorted(features.numeric, key=lambda name: -_distance(both, name))[:15]
    return fitted_auc(learn, test, features.subset(best), candidate)


def _stacked(learn: Sample, test: Sample) -> object:
    import pandas as pd

    return pd.concat([learn.features, test.features], ignore_index=True)


def _distance(rows: Sample, name: str) -> float:
    values = rows.features[name].to_numpy()
    return abs(values[rows.churned].mean() - values[~rows.churned].mean()) / (
        values.std() + 1e-9
    )


def mean_auc(
    rows: Sample,
    features: FeatureSet,
    road: Road,
    candidate: str,
    times: int = PERMUTATIONS,
) -> float:
    chance = np.random.default_rng(11)
    return float(
        np.mean(
            [
                auc_of(shuffled(rows, chance), features, road, candidate)
                for _ in range(times)
            ]
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("candidate", ["logistic_regression", "lightgbm"])
def test_labels_dealt_out_anew_cannot_be_predicted(
    rows: tuple[Sample, FeatureSet], candidate: str
) -> None:
    assert abs(mean_auc(*rows, honest, candidate) - 0.5) <= TOLERANCE


@pytest.mark.parametrize("candidate", ["logistic_regression", "lightgbm"])
def test_true_labels_can(rows: tuple[Sample, FeatureSet], candidate: str) -> None:
    """Control: the same road finds the two columns among all the noise."""
    assert auc_of(*rows, honest, candidate) > 0.65


@pytest.mark.parametrize("road", [encoded_by_its_own_label, selected_on_all_rows])
def test_a_road_that_peeks_is_caught(
    rows: tuple[Sample, FeatureSet], road: Road
) -> None:
    """Control: both lie far outside the tolerance after a few permutations already."""
    assert mean_auc(*rows, road, "logistic_regression", times=5) > 0.5 + 2 * TOLERANCE


def test_each_month_keeps_its_leavers(rows: tuple[Sample, FeatureSet]) -> None:
    before, after = rows[0], shuffled(rows[0], np.random.default_rng(1))
    for month in np.unique(before.months):
        those = before.months == month
        assert before.churned[those].sum() == after.churned[those].sum() > 10
    assert (before.churned != after.churned).any() and before.features is after.features
