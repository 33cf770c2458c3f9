"""The hazard of leaving month by month and kind by kind: planted kinds are found, and the window's chance holds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.families.hazard import Hazards, leaving_months
from churn_tasks.modeling.fitted import LearntRows
from churn_tasks.modeling.frames import FeatureSet, Sample

COLUMNS = ("complaints", "debt", "noise")
FEATURES = FeatureSet(dict.fromkeys(COLUMNS, "feat_test"), COLUMNS, (), "0" * 16)
SLOPES = {"voluntary": 0, "forced": 1}  # which column drives the kind
SLOPE, LEVEL = 1.5, -4.5


def planted(customers: int, months: int, seed: int, training: int = 3) -> Sample:
    """Each month of the window a customer may leave of complaints or of debt, whichever comes first."""
    chance = np.random.default_rng(seed)
    rows = customers * training
    columns = chance.normal(size=(rows, len(COLUMNS)))
    hazards = np.exp(LEVEL + SLOPE * columns[:, list(SLOPES.values())])
    leaves_in = np.full(rows, -1)
    kinds = np.full(rows, None, dtype=object)
    for month in range(months):
        for place, kind in enumerate(SLOPES):
            strikes = chance.random(rows) < hazards[:, place] / (
                1 + hazards.sum(axis=1)
            )
            leaves = strikes & (leaves_in == -1)
            leaves_in[leaves], kinds[leaves] = month, kind
    first = np.datetime64("2024-03", "M")
    month_of = np.repeat(first + np.arange(training), customers)
    left = (month_of + 2 + leaves_in).astype("datetime64[D]") + 9
    left[leaves_in == -1] = np.datetime64("NaT")
    nobody = np.zeros(rows, dtype=bool)
    people = [f"c{number:06d}" for number in range(customers)]
    return Sample(
        customers=np.array(people * training, dtype=object),
        months=month_of.astype("datetime64[D]"),
        features=pd.DataFrame(columns, columns=list(COLUMNS)),
        churned=leaves_in >= 0,
        left_early=nobody,
        rotated=nobody,
        left_date=left,
        kinds=kinds,
    )


def fitted(rows: Sample, **given: object):
    candidate = shipped_candidate("hazard", **{"strength": 1.0, **given})
    return fit_candidate(candidate, rows, FEATURES, 5, 1)


def of_kinds(candidate, rows: Sample) -> dict[str, np.ndarray]:
    classifier = candidate.classifier
    numbers = classifier.preprocess.transform(rows.features)
    chances = classifier.ranker.of_kinds(numbers)
    return dict(zip(classifier.ranker.kinds, chances.T, strict=True))


@pytest.mark.parametrize("months", [1, 3, 6])
def test_the_chance_of_the_window_holds_and_each_kind_is_told(months: int) -> None:
    """Control: the chance of a first month alone falls short of a longer window by half and more."""
    one = fitted(planted(20_000, months, seed=11))
    later = planted(20_000, months, seed=2, training=1)
    scores = one.classifier.predict(later.features)
    assert scores.mean() == pytest.approx(later.churned.mean(), rel=0.08)
    sure = scores > np.quantile(scores, 0.9)
    assert later.churned[sure].mean() == pytest.approx(scores[sure].mean(), rel=0.1)
    assert one.parameters["months"] == months
    chances = of_kinds(one, later)
    for kind, chance in chances.items():
        left = later.kinds == kind
        assert chance.mean() == pytest.approx(left.mean(), rel=0.1)
        others = [each for name, each in chances.items() if name != kind]
        leavers = later.churned
        share = chance[leavers] / (chance[leavers] + others[0][leavers])
        assert roc_auc_score(left[leavers], share) > 0.9
    if months > 1:
        ranker = one.classifier.ranker
        first = Hazards(ranker.regression, 1, ranker.kinds)
        numbers = one.classifier.preprocess.transform(later.features)
        padded = np.hstack([numbers, np.eye(1, months).repeat(len(numbers), axis=0)])
        assert first.of_kinds(padded).sum(axis=1).mean() < 0.6 * later.churned.mean()


def test_the_kinds_of_leaving_add_up_to_leaving() -> None:
    one = fitted(planted(2_000, 3, seed=3))
    later = planted(500, 3, seed=4, training=1)
    together = np.sum(list(of_kinds(one, later).values()), axis=0)
    numbers = one.classifier.preprocess.transform(later.features)
    odds = one.classifier.ranker.decision_function(numbers)
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(together, abs=1e-5)
    table = one.tables["kinds"].set_index("kind")
    assert set(table.index) == set(SLOPES)
    assert table["expected"].to_numpy() == pytest.approx(table["left"], rel=0.05)


@pytest.mark.parametrize("lacks", ["kinds", "left_date", "both"])
def test_without_days_or_kinds_it_is_one_kind_in_one_month(lacks: str) -> None:
    rows = planted(2_000, 3, seed=5)
    if lacks != "left_date":
        rows = replace(rows, kinds=None)
    if lacks != "kinds":
        rows = replace(rows, left_date=None)
    one = fitted(rows)
    assert one.parameters["months"] == (3 if lacks == "kinds" else 1)
    assert one.parameters["kinds"] == (2 if lacks == "left_date" else 1)
    later = planted(4_000, 3, seed=6, training=1)
    scores = one.classifier.predict(later.features)
    auc = roc_auc_score(later.churned, scores)
    assert auc > 0.7
    whole = fitted(planted(2_000, 3, seed=5)).classifier.predict(later.features)
    if lacks != "left_date":  # what drives two kinds apart is no sum for all leavers
        assert roc_auc_score(later.churned, whole) > auc + 0.01


def test_rare_and_unknown_kinds_are_one_together() -> None:
    rows = planted(2_000, 1, seed=7)
    kinds = rows.kinds.copy()
    leavers = np.flatnonzero(rows.churned)
    kinds[leavers[:3]], kinds[leavers[3:6]] = "natural", None
    one = fitted(replace(rows, kinds=kinds))
    assert one.classifier.ranker.kinds == ("forced", "other", "voluntary")


def test_months_are_counted_from_the_first_in_which_somebody_leaves() -> None:
    """A row of March: 10 May is the first month of its window, 2 July the third; of April one later each."""
    march, april = np.datetime64("2024-03-01"), np.datetime64("2024-04-01")
    days = np.array(
        ["2024-05-10", "2024-07-02", "NaT", "2024-06-01"], dtype="datetime64[D]"
    )
    rows = LearntRows(
        frame=pd.DataFrame(index=range(4)),
        text=[],
        churned=np.array([True, True, False, True]),
        months=np.array([march, march, march, april]),
        customers=np.arange(4),
        folds=[],
        seed=1,
        threads=1,
        left_date=days,
    )
    assert leaving_months(rows).tolist() == [0, 2, -1, 0]
