"""A family that a profile brings along: one file, and nothing else is touched."""

from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.metrics import roc_auc_score

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.modeling_section import Wanted
from churn_tasks.core.settings import load_settings
from churn_tasks.modeling.candidates import candidate_models, fit_candidate
from churn_tasks.modeling.explanation import contributions
from churn_tasks.modeling.family import trusted_types
from tests.modeling.samples import FEATURES, drawn

OWN = '''"""The nearer to the leavers' middle than to that of the stayers, the likelier a customer leaves."""

import numpy as np
from pydantic import Field
from sklearn.base import BaseEstimator

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.scaled import fitted_scaled


class Parameters(Closed):
    power: float = Field(2.0, gt=0, le=4)


class Middles(BaseEstimator):
    def __init__(self, power=2.0):
        self.power = power

    def fit(self, numbers, churned):
        self.leavers = numbers[churned].mean(axis=0)
        self.stayers = numbers[~churned].mean(axis=0)
        return self

    def contributions(self, numbers):
        far = np.abs(numbers - self.stayers) ** self.power
        return far - np.abs(numbers - self.leavers) ** self.power

    def decision_function(self, numbers):
        return self.contributions(numbers).sum(axis=1)


def fit(rows, given):
    return fitted_scaled(rows, lambda: Middles(given.power), given.model_dump())


TRUSTED = ("churn_own_family_middles.Middles",)
'''


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A folder of a profile with a family of its own."""
    folder = tmp_path / "shop"
    (folder / "families").mkdir(parents=True)
    (folder / "families" / "middles.py").write_text(OWN, encoding="utf-8")
    return folder


def _wanted(name: str, **given: object) -> tuple[Wanted, ...]:
    return (Wanted(name=name, family=name, given=given),)


def test_it_is_fitted_saved_read_back_and_explained(profile: Path) -> None:
    (candidate,) = candidate_models(_wanted("middles", power=1.5), profile)
    learn, later = drawn(1_000, seed=1), drawn(2_000, months=1, seed=2)
    classifier = fit_candidate(candidate, learn, FEATURES, 5, 1).classifier
    scores = classifier.predict(later.features)
    assert roc_auc_score(later.churned, scores) > 0.75
    file, trusted = skops.io.dumps(classifier), list(trusted_types(profile))
    back = skops.io.loads(file, trusted=trusted)
    assert np.array_equal(back.predict(later.features), scores)
    rows = later.features.iloc[:50]
    rest = back.decision_function(rows) - contributions(back, rows).sum(axis=1)
    assert np.ptp(rest) < 1e-9


def test_its_types_are_trusted_in_its_own_profile_alone(profile: Path) -> None:
    (candidate,) = candidate_models(_wanted("middles"), profile)
    classifier = fit_candidate(candidate, drawn(300), FEATURES, 5, 1).classifier
    file = skops.io.dumps(classifier)
    untrusted = set(skops.io.get_untrusted_types(data=file))
    assert untrusted <= set(trusted_types(profile))
    assert not untrusted <= set(trusted_types())


def test_another_code_of_it_fits_it_anew_and_no_other(
    profile: Path, tmp_path: Path
) -> None:
    (before,) = candidate_models(_wanted("middles"), profile)
    other = tmp_path / "other" / "families"
    other.mkdir(parents=True)
    changed = OWN.replace("mean(axis=0)", "max(axis=0)")
    (other / "middles.py").write_text(changed, encoding="utf-8")
    (after,) = candidate_models(_wanted("middles"), other.parent)
    assert before.digest("same data") != after.digest("same data")
    (shipped,) = candidate_models(_wanted("lightgbm"), profile)
    (same,) = candidate_models(_wanted("lightgbm"), other.parent)
    assert shipped.digest("same data") == same.digest("same data")


def test_other_parameters_are_another_candidate(profile: Path) -> None:
    (one,) = candidate_models(_wanted("middles"), profile)
    (two,) = candidate_models(_wanted("middles", power=3.0), profile)
    assert one.digest("same data") != two.digest("same data")
    assert one.digest("same data") != one.digest("other data")


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (OWN.replace("class Parameters(", "class Parameter("), "Parameters"),
        (OWN.replace("def fit(rows", "def learn(rows"), "fit"),
    ],
)
def test_a_file_that_lacks_something_says_what(
    profile: Path, content: str, missing: str
) -> None:
    (profile / "families" / "broken.py").write_text(content, encoding="utf-8")
    with pytest.raises(
        SettingsError, match=f"broken.py: a model family needs {missing}"
    ):
        candidate_models(_wanted("broken"), profile)


def test_a_shipped_name_is_refused(profile: Path) -> None:
    (profile / "families" / "svm.py").write_text(OWN, encoding="utf-8")
    with pytest.raises(SettingsError, match="svm: families of these names are shipped"):
        candidate_models(_wanted("svm"), profile)


@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        (["magic"], "no model family 'magic'; there are .*lightgbm.*voting"),
        ([{"name": "x", "family": "magic"}], "no model family 'magic'"),
        ([{"name": "svm", "gven": {}}], "no such field; there are name, family, given"),
        (["svm", "svm"], "candidates of the same name: svm"),
        ([{"name": "champion", "family": "svm"}], "champion is what tables call"),
        ([], "at least one is needed"),
    ],
)
def test_settings_that_name_no_family_say_what_there_is(
    candidates: list[object], said: str
) -> None:
    model = {"name": "x", "candidates": candidates}
    with pytest.raises(SettingsError, match=said):
        load_settings("telecom", model=model)


def test_a_family_may_stand_twice_under_two_names() -> None:
    deep = {"name": "deep", "family": "decision_tree", "given": {"depth": 9}}
    model = {"name": "x", "candidates": ["decision_tree", deep]}
    settings = load_settings("telecom", model=model)
    shallow, deep_one = candidate_models(settings.model.candidates)
    assert (shallow.name, deep_one.name) == ("decision_tree", "deep")
    assert (shallow.given.depth, deep_one.given.depth) == (5, 9)
