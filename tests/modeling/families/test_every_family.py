"""What every family must do: find a planted signal, give probabilities, the same again, and come back from its file."""

from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.metrics import roc_auc_score

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.family_files import family_files
from churn_tasks.modeling.candidates import (
    Candidate,
    fit_candidate,
    shipped_candidate,
)
from churn_tasks.modeling.explanation import contributions, raising_factors
from churn_tasks.modeling.family import family, trusted_types
from churn_tasks.modeling.frames import Sample
from tests.modeling.samples import FEATURES, drawn

NEEDED: dict[str, dict[str, Any]] = {"rule": {"column": "calls_drop"}}
NAMES = list(family_files())
SUMS = [
    "hazard",  # of one kind in one month, as here
    "lightgbm",
    "logistic_regression",
    "logistic_statistical",
    "naive_bayes",
    "rule",
    "voting",
]  # whose contributions are exact
LEAST_AUC = {"rule": 0.75}  # the truth itself has 0.84


def fitted(name: str, rows: Sample, threads: int = 1, **given: Any) -> Candidate:
    candidate = shipped_candidate(name, **{**NEEDED.get(name, {}), **given})
    features = candidate.features(FEATURES, FEATURES)
    return fit_candidate(
        candidate, rows.with_columns(features.names), features, 5, threads
    )


@pytest.fixture(scope="module")
def learn() -> Sample:
    return drawn(1_200, seed=1)


@pytest.fixture(scope="module")
def later() -> Sample:
    return drawn(3_000, months=1, seed=2)


@pytest.fixture(scope="module", params=NAMES)
def one(request: pytest.FixtureRequest, learn: Sample) -> Candidate:
    return fitted(request.param, learn)


def test_there_are_as_many_as_the_handbook_says() -> None:
    assert len(NAMES) == 14


def test_it_finds_the_signal_and_gives_probabilities(
    one: Candidate, later: Sample
) -> None:
    scores = one.classifier.predict(later.features)
    auc = roc_auc_score(later.churned, scores)
    assert auc > LEAST_AUC.get(one.name, 0.80)
    assert scores.mean() == pytest.approx(later.churned.mean(), abs=0.03)
    sure = scores > np.quantile(scores, 0.8)
    assert later.churned[sure].mean() == pytest.approx(scores[sure].mean(), abs=0.1)


def test_it_comes_back_from_its_file_without_pickle(
    one: Candidate, later: Sample
) -> None:
    file = skops.io.dumps(one.classifier)
    assert set(skops.io.get_untrusted_types(data=file)) <= set(trusted_types())
    back = skops.io.loads(file, trusted=list(trusted_types()))
    assert np.array_equal(
        back.predict(later.features), one.classifier.predict(later.features)
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_rows_give_the_same_bytes_with_any_number_of_threads(
    name: str, later: Sample
) -> None:
    rows = drawn(300, seed=3)
    one, again, two = (fitted(name, rows, threads) for threads in (1, 1, 2))
    scores = one.classifier.predict(later.features).tobytes()
    assert again.classifier.predict(later.features).tobytes() == scores
    assert two.classifier.predict(later.features).tobytes() == scores


def test_contributions_add_up_where_the_family_is_a_sum(
    one: Candidate, later: Sample
) -> None:
    """Control: those of the others do not, and are still told apart by what carries the truth."""
    rows = later.features.iloc[:60]
    added = contributions(one.classifier, rows)
    rest = one.classifier.decision_function(rows) - added.sum(axis=1).to_numpy()
    assert (np.ptp(rest) < 1e-9) == (one.name in SUMS)
    assert added.shape == (60, len(one.classifier.features))
    strongest = added.abs().mean().idxmax()
    assert strongest == "calls_drop"


def test_reasons_are_what_raises_the_score(one: Candidate, later: Sample) -> None:
    rows = later.rows(np.arange(60))
    factors = raising_factors(one.classifier, rows.customers, rows.features)
    assert (factors["contribution"] > 0).all()
    least = rows.customers[rows.features["calls_drop"].argmin()]
    of_least = factors[factors["customer_id"] == least]
    assert "calls_drop" not in set(of_least["feature"])


def test_scoring_leaves_the_rows_as_they_are(one: Candidate, later: Sample) -> None:
    rows = later.features.iloc[:20]
    before = rows.copy(deep=True)
    contributions(one.classifier, rows)
    assert rows.equals(before)


def test_values_never_seen_are_scored(one: Candidate, later: Sample) -> None:
    rows = later.features.iloc[:20].copy()
    rows["plan"], rows["noise_a"], rows["all_unknown"] = "new", np.nan, 3.0
    rows["calls_drop"] = np.nan
    assert np.isfinite(one.classifier.predict(rows)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_there_is_not_is_refused_with_those_that_there_are(
    name: str,
) -> None:
    its_family = family(name)
    there = list(its_family.parameters.model_fields)
    with pytest.raises(SettingsError, match=f"family {name}: .*{there[0]}"):
        its_family.given({**NEEDED.get(name, {}), "treees": 3})


@pytest.mark.parametrize("name", NAMES)
def test_each_parameter_has_a_range_and_each_family_a_word_for_itself(
    name: str,
) -> None:
    module = __import__(
        f"churn_tasks.modeling.families.{name}", fromlist=["Parameters"]
    )
    assert len(module.__doc__) > 60
    for field in family(name).parameters.model_fields.values():
        has_choice = "Literal" in str(field.annotation) or field.annotation is bool
        is_text = field.annotation is str
        assert field.metadata or has_choice or is_text
