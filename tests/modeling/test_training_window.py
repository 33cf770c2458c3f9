"""The training window of a month: judged without MLflow, with any champion, by whoever asks."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.modeling.candidates import CandidateModel, shipped_candidate
from churn_tasks.modeling.metrics import ranking
from churn_tasks.modeling.validation import CHAMPION, InForce, Judged, truth_of
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work import training
from churn_tasks.work.season_scores import season_scores
from churn_tasks.work.training import (
    TrainingWindow,
    judge,
    judged_here,
    month_candidates,
    offered_features,
    training_window,
)
from tests.lakes import another_month, small_profile, telecom_tables
from tests.modeling.synthetic import fill, signals

FIRST_FEATURES, JULY, AUGUST = Month(2024, 3), Month(2024, 7), Month(2024, 8)
OCTOBER = Month(2024, 10)
TREE = {"name": "tree", "family": "decision_tree", "given": {"depth": 3}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of 400 customers, of which no month has been trained; there is no warehouse and no MLflow."""
    folder = tmp_path_factory.mktemp("window")
    with _run(folder, JULY) as run:
        fill(run, list(months_between(FIRST_FEATURES, AUGUST + 1)), 400)
    return folder


def _run(
    folder: Path, month: Month, *candidates: object, **model: object
) -> closing[MonthRun]:
    wanted = list(candidates) or ["logistic_regression"]
    model = {"name": "shop", "candidates": wanted, **model}
    profile = small_profile(
        folder, telecom_tables(), model=model, definition="not_billed"
    )
    settings = load_settings(str(profile), state_dir=folder / "state")
    return closing(MonthRun(settings, month))


def _window(
    run: MonthRun, champion: InForce | None = None
) -> tuple[TrainingWindow, list[CandidateModel]]:
    offered = offered_features(run)
    candidates = month_candidates(run, offered)
    return training_window(run, candidates, champion, offered), candidates


@pytest.fixture
def july(folder: Path) -> Iterator[MonthRun]:
    with _run(folder, JULY, "logistic_regression", TREE) as run:
        yield run


def test_families_are_judged_on_the_same_later_month(july: MonthRun) -> None:
    window, candidates = _window(july)
    models = judge(window, candidates)
    assert [model.name for model in models] == ["logistic_regression", "tree"]
    assert str(window.tested) == "2024-05"
    assert {str(month)[:7] for month in window.learn.months} == {"2024-03"}
    for model in models:
        assert model.outcome.customers == len(window.test) == len(model.scores)
        assert model.outcome.auc is not None and model.outcome.auc > 0.6
        assert model.classifier.trained_on == ["2024-03"]
        assert (model.version, model.run_id) == (0, None)


def test_nothing_is_kept_and_the_same_comes_out_again(july: MonthRun) -> None:
    before = _files(july)
    first, again = (judge(*_window(july)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.scores, other.scores)
    assert _files(july) == before


def _files(run: MonthRun) -> list[Path]:
    return sorted(run.settings.state_dir.rglob("*.parquet"))


def test_the_champion_of_one_month_is_judged_in_the_next(folder: Path) -> None:
    """As a backtest walks: nobody but the caller knows who is in force."""
    with _run(folder, JULY, "logistic_regression", TREE) as july:
        window, candidates = _window(july)
        best = max(
            judge(window, candidates),
            key=lambda model: model.outcome.average_precision or 0.0,
        )
    champion = InForce("shop", 7, best.classifier)
    with _run(folder, AUGUST, "logistic_regression", TREE) as august:
        window, candidates = _window(august, champion)
        models = judge(window, candidates)
    assert [model.name for model in models] == ["logistic_regression", "tree", CHAMPION]
    assert models[-1].version == 7
    assert models[-1].classifier.trained_on == ["2024-03"]
    assert models[0].classifier.trained_on == ["2024-03", "2024-04"]


def test_who_keeps_models_is_asked_for_each(july: MonthRun) -> None:
    asked: list[str] = []

    def judge_one(window: TrainingWindow, candidate: CandidateModel) -> Judged:
        asked.append(candidate.name)
        return judged_here(window, candidate)

    judge(*_window(july), judge_one)
    assert asked == ["logistic_regression", "tree"]


def test_a_rule_stands_in_the_table_though_its_column_was_not_selected(
    folder: Path,
) -> None:
    """And the others do not get its column for that: control."""
    with _run(folder, JULY) as run:
        window, (regression,) = _window(run)
        alone = judge(window, [regression])[0]
        (left_out, *_) = set(window.offered.numeric) - set(window.features.names)
        (signal, *_) = signals(run)
    rules = []
    for name, column in (("noise", left_out), ("signal", signal)):
        given = {"column": column}
        rules.append({"name": name, "family": "rule", "given": given})
    with _run(folder, JULY, "logistic_regression", *rules) as run:
        window, candidates = _window(run)
        models = {model.name: model for model in judge(window, candidates)}
    assert models["noise"].classifier.features == [left_out]
    assert left_out not in models["logistic_regression"].classifier.features
    assert np.array_equal(models["logistic_regression"].scores, alone.scores)
    best = models["logistic_regression"].outcome.auc or 0.0
    assert best > (models["noise"].outcome.auc or 1.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"column": "no_such"}, "rule: no such feature: no_such"),
        ({}, "family rule: column: Field required"),
        ({"column": "x", "direction": "up"}, "there are column, high"),
    ],
)
def test_a_rule_of_no_feature_is_refused_before_anything_is_read(
    folder: Path, given: dict[str, str], said: str
) -> None:
    with (
        _run(folder, JULY, {"name": "rule", "given": given}) as run,
        pytest.raises(SettingsError, match=said),
    ):
        month_candidates(run, offered_features(run))


def test_other_candidates_leave_the_digest_of_the_window_as_it_is(
    folder: Path,
) -> None:
    """So that a family that is added fits no other anew."""
    digests = []
    for candidates in (["logistic_regression"], ["logistic_regression", TREE]):
        with _run(folder, JULY, *candidates) as run:
            window, models = _window(run)
            digests.append(models[0].digest(window.digest))
    assert digests[0] == digests[1]
    assert shipped_candidate("svm").digest("x") != shipped_candidate(
        "rule", column="y"
    ).digest("x")


def test_a_search_fits_the_best_of_its_trials_and_is_not_made_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In October three months can be learnt from, and the latest of them judges what the first tells."""
    search = {"kind": "grid", "trials": 4, "months": 1}
    with _run(folder, OCTOBER, "decision_tree", search=search) as run:
        fill(run, [AUGUST + 1, OCTOBER], 400)
        window, (tree,) = _window(run)
        found = window.fitted(tree)
        trials = found.tables["trials"]
        assert len(trials) == 4
        best = trials.loc[trials["average_precision"].idxmax()]
        if best.name:  # the first is what is given
            assert found.parameters["depth"] == best["depth"]
        fits = []
        fit = training.fit_candidate

        def counted(*arguments: Any) -> Any:
            fits.append(arguments[0].name)
            return fit(*arguments)

        monkeypatch.setattr(training, "fit_candidate", counted)
        again = window.fitted(tree)
        assert fits == ["decision_tree"]  # the last fit; the trials were kept
        assert again.parameters == found.parameters


def test_kinds_and_days_of_leaving_reach_the_hazard(tmp_path: Path) -> None:
    """Half of the leavers leave in either kind, all of them in the one month of the window."""
    kind = "CASE WHEN hash(customer_id) % 2 = 0 THEN 'voluntary' ELSE 'forced' END"
    hazard = {"name": "hazard", "given": {"fewest_of_kind": 10}}
    with _run(tmp_path, JULY, hazard) as run:
        fill(run, list(months_between(FIRST_FEATURES, JULY + 1)), 400, kind=kind)
        window, (candidate,) = _window(run)
        found = window.fitted(candidate)
    kinds = found.tables["kinds"]
    assert list(kinds["kind"]) == ["forced", "voluntary"]
    assert kinds["left"].sum() == window.learn.churners
    assert kinds["left"].min() > 0.3 * window.learn.churners
    assert found.parameters["months"] == 1


def test_a_candidate_that_would_not_fit_into_memory_is_left_out_with_a_line(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Control: with room for it the same forest is judged."""
    forest = {"name": "random_forest", "given": {"trees": 200, "fewest_in_leaf": 1}}
    judged = {}
    for memory_gb in (0.005, 1.0):
        search = {"memory_gb": memory_gb}
        with _run(folder, JULY, "logistic_regression", forest, search=search) as run:
            models = judge(*_window(run))
            judged[memory_gb] = [model.name for model in models]
    assert judged[0.005] == ["logistic_regression"]
    assert judged[1.0] == ["logistic_regression", "random_forest"]
    assert "random_forest is left out: " in caplog.text
    search = {"memory_gb": 0.000_01}
    with _run(folder, JULY, "logistic_regression", search=search) as run:
        window, candidates = _window(run)
        with pytest.raises(
            SettingsError, match=r"memory_gb: no candidate fits \d+ rows"
        ):
            judge(window, candidates)


@pytest.mark.parametrize("search", [{"kind": "bayes"}, {"kind": "grid", "trials": 1}])
def test_a_search_that_there_is_not_is_refused(
    folder: Path, search: dict[str, object]
) -> None:
    with pytest.raises(SettingsError, match=r"model\.search"):
        _run(folder, JULY, search=search)


def test_models_are_judged_by_the_scores_that_the_list_would_have_shown(
    folder: Path,
) -> None:
    """Control: as the model calibrates itself, the mean score is another; the ranking is the same."""
    with _run(folder, AUGUST, calibration="prior_shift") as run:
        window, candidates = _window(run)
        (model,) = judge(window, candidates)
        then = another_month(run, str(window.tested))
        given = model.classifier.predict(window.test.features)
        shown = season_scores(then, model.classifier, given)
    at_risk = truth_of(window.test).at_risk
    figures = model.outcome
    assert (model.calibration, model.calibration_shift) == ("prior_shift", shown.shift)
    assert figures.mean_score == pytest.approx(shown.scores[at_risk].mean())
    assert abs(figures.mean_score - given[at_risk].mean()) > 0.001
    as_given = ranking(given[at_risk], window.test.churned[at_risk])
    assert figures.average_precision == as_given["average_precision"]


def test_it_knows_no_mlflow() -> None:
    """Control: the training step's candidates do."""
    for module, knows in (("training", False), ("candidates", True)):
        code = (
            f"import sys, churn_tasks.work.{module}; sys.exit('mlflow' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], check=False)
        assert (done.returncode == 1) == knows
