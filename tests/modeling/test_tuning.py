"""The search for parameters: in time, bounded, resumed, and never worse than what it began with."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.family_files import family_files
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Search
from churn_tasks.core.windows import Calendar
from churn_tasks.modeling import tuning
from churn_tasks.modeling.candidates import CandidateModel, shipped_candidate
from churn_tasks.modeling.family import family
from churn_tasks.modeling.folds import Fold
from churn_tasks.modeling.tuning import (
    Trial,
    best_of,
    proposals,
    searched,
    timed_folds,
    trial_table,
)
from churn_tasks.work.kept_trials import KeptTrials
from tests.modeling.samples import drawn

TREE = shipped_candidate("decision_tree")
FOLDS: list[Fold] = [(np.array([0]), np.array([1]))]
OPTUNA = pytest.param(
    "optuna",
    marks=pytest.mark.skipif(
        find_spec("optuna") is None,
        reason="optuna is not installed here; make install brings it",
    ),
)


@dataclass
class InMemory:
    trials: list[Trial] = field(default_factory=list)

    def known(self) -> Sequence[Trial]:
        return self.trials

    def keep(self, trial: Trial) -> None:
        self.trials.append(trial)


def _deeper_is_better(candidate: CandidateModel, _fold: Fold) -> float:
    return float(candidate.given.depth) / 100


@pytest.mark.parametrize(("delay", "predict"), [(1, 1), (0, 1), (1, 2), (2, 2)])
def test_nothing_is_judged_by_a_fit_that_knew_its_truth(
    delay: int, predict: int
) -> None:
    """Control: with the month before, as a plain split in time would have it, the truth was not known yet."""
    rows = drawn(120, months=8)
    calendar = Calendar(
        first_month=Month(2023, 10),
        observe=3,
        delay=delay,
        predict=predict,
        settle_days=5,
    )
    folds = timed_folds(rows, calendar.mature_months, 3)
    assert len(folds) == 3
    for fitted, judged in folds:
        (judging,) = {Month.parse(str(month)[:7]) for month in rows.months[judged]}
        latest = Month.parse(str(rows.months[fitted].max())[:7])
        assert latest in calendar.mature_months(judging)
        assert latest + delay + predict <= judging
        assert not set(fitted) & set(judged)
    assert (judging - 1) not in calendar.mature_months(judging) or not delay
    latest_first = [rows.months[judged][0] for _, judged in folds]
    assert latest_first == sorted(latest_first, reverse=True)


def test_without_a_month_late_enough_nothing_is_searched() -> None:
    rows = drawn(120, months=2)
    calendar = Calendar(
        first_month=Month(2024, 1), observe=3, delay=1, predict=1, settle_days=5
    )
    folds = timed_folds(rows, calendar.mature_months, 3)
    assert folds == []
    search = Search(kind="random")
    assert searched(TREE, folds, _deeper_is_better, search, 1, InMemory()) == []
    assert best_of(TREE, []) is TREE


def test_months_with_too_few_leavers_judge_nothing() -> None:
    rows = drawn(120, months=6)
    rows.churned[rows.months == rows.months.max()] = False
    calendar = Calendar(
        first_month=Month(2023, 10), observe=3, delay=1, predict=1, settle_days=5
    )
    folds = timed_folds(rows, calendar.mature_months, 2)
    judging = {str(rows.months[judged][0]) for _, judged in folds}
    assert str(rows.months.max()) not in judging
    assert len(folds) == 2


@pytest.mark.parametrize("kind", ["grid", "random", OPTUNA])
def test_the_best_wins_and_what_is_given_comes_first(kind: str) -> None:
    search = Search(kind=kind, trials=21)
    trials = searched(TREE, FOLDS, _deeper_is_better, search, 1, InMemory())
    assert len(trials) == 20  # 5 x 4 combinations; one of them is what is given
    assert trials[0].given == {}
    keys = {json.dumps(trial.given, sort_keys=True) for trial in trials}
    assert len(keys) == 20
    assert best_of(TREE, trials).given.depth == 8
    assert best_of(TREE, trials).given.class_weight == "none"
    assert list(trial_table(trials)["average_precision"][:1]) == [0.05]


def test_where_nothing_is_better_the_candidate_stays_as_it_is() -> None:
    def all_alike(_candidate: CandidateModel, _fold: Fold) -> float:
        return 0.3

    search = Search(kind="random", trials=5)
    trials = searched(TREE, FOLDS, all_alike, search, 1, InMemory())
    assert best_of(TREE, trials).given == TREE.given


def test_what_is_given_is_not_searched() -> None:
    given = shipped_candidate("decision_tree", depth=3)
    for proposal in list(proposals(given, Search(kind="grid"), 1)):
        assert "depth" not in proposal
    search = Search(kind="grid", trials=5)
    trials = searched(given, FOLDS, _deeper_is_better, search, 1, InMemory())
    assert best_of(given, trials).given.depth == 3


def test_the_seed_decides_what_is_drawn() -> None:
    def drawn_by(seed: int) -> list[object]:
        return list(proposals(TREE, Search(kind="random"), seed))[:6]

    assert drawn_by(1) == drawn_by(1)
    assert drawn_by(1) != drawn_by(2)


def test_time_runs_out_after_the_trial_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr(tuning.time, "monotonic", lambda: clock[0])

    def slow(_candidate: CandidateModel, _fold: Fold) -> float:
        clock[0] += 10.0
        return 0.3

    search = Search(kind="grid", trials=20, seconds=25.0)
    assert len(searched(TREE, FOLDS, slow, search, 1, InMemory())) == 3
    unlimited = Search(kind="grid", trials=20)
    assert len(searched(TREE, FOLDS, slow, unlimited, 1, InMemory())) == 20


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from churn_tasks.core.sections import Search
from churn_tasks.modeling.candidates import shipped_candidate
from churn_tasks.modeling.tuning import searched
from churn_tasks.work.kept_trials import KeptTrials

made = []

def judge_trial(candidate, fold):
    if len(made) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    made.append(candidate)
    return candidate.given.depth / 100

tree = shipped_candidate("decision_tree")
search = Search(kind=sys.argv[2], trials=9)
fold = [(np.array([0]), np.array([1]))]
searched(tree, fold, judge_trial, search, 1, KeptTrials(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("kind", ["random", OPTUNA])
def test_a_search_that_was_killed_goes_on_behind_what_it_has_finished(
    tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "month" / "tree.jsonl"
    command = [sys.executable, "-c", KILLED, str(file), kind]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"given": {"dep')  # a line that was being written
    assert len(KeptTrials(file).known()) == 4
    made = []

    def judge_trial(candidate: CandidateModel, fold: Fold) -> float:
        made.append(candidate)
        return _deeper_is_better(candidate, fold)

    search = Search(kind=kind, trials=9)
    trials = searched(TREE, FOLDS, judge_trial, search, 1, KeptTrials(file))
    whole = searched(TREE, FOLDS, _deeper_is_better, search, 1, InMemory())
    assert trials == whole
    assert len(made) == 5
    assert KeptTrials(file).known() == whole
    assert os.listdir(file.parent) == ["tree.jsonl"]


@pytest.mark.parametrize("kind", [OPTUNA])
def test_optuna_comes_nearer_to_the_best_than_drawing_does(kind: str) -> None:
    """Of 576 combinations 40 are tried; each parameter adds to the figure by itself. Control: random."""
    booster = shipped_candidate("lightgbm")
    searched_values = booster.family.searched

    def separable(candidate: CandidateModel, _fold: Fold) -> float:
        total = 0.0
        for name, values in searched_values.items():
            value = getattr(candidate.given, name)
            place = values.index(value) if value in values else len(values)
            total -= abs(place - 1) / 10
        return total

    def mean_best(by: str) -> float:
        search = Search(kind=by, trials=40)
        best = []
        for seed in range(6):
            trials = searched(booster, FOLDS, separable, search, seed, InMemory())
            best.append(max(trial.average_precision for trial in trials))
        return float(np.mean(best))

    assert mean_best(kind) > mean_best("random") + 0.02


def test_without_optuna_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    search = Search(kind="optuna", trials=3)
    with pytest.raises(SettingsError, match="needs the package optuna: make install"):
        searched(TREE, FOLDS, _deeper_is_better, search, 1, InMemory())


@pytest.mark.parametrize("kind", ["grid", "random", OPTUNA])
def test_a_trial_that_would_not_fit_into_memory_is_passed_over(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    def shallow(candidate: CandidateModel) -> bool:
        return candidate.given.depth <= 5

    search = Search(kind=kind, trials=20)
    given = (TREE, FOLDS, _deeper_is_better, search, 1, InMemory())
    trials = searched(*given, shallow)
    assert best_of(TREE, trials).given.depth == 5
    assert 0 < len(trials) < 20
    assert "'depth': 8" in caplog.text and "would not fit into memory" in caplog.text


@pytest.mark.parametrize(
    ("name", "given", "dearer"),
    [
        ("random_forest", {"trees": 10}, {"trees": 1_000}),
        ("random_forest", {"fewest_in_leaf": 500}, {"fewest_in_leaf": 1}),
    ],
)
def test_what_a_forest_keeps_of_its_trees_counts(
    name: str, given: dict[str, int], dearer: dict[str, int]
) -> None:
    """Of 300,000 rows and 180 columns the numbers alone are 2 GB, as they are for a regression."""
    forest = family(name)
    cheap = forest.memory(300_000, 180, forest.given(given))
    dear = forest.memory(300_000, 180, forest.given(dearer))
    regression = family("logistic_regression")
    numbers = regression.memory(300_000, 180, regression.given({}))
    assert numbers == pytest.approx(2.16e9)
    assert numbers < cheap < 1.2 * numbers < 2 * numbers < dear


@pytest.mark.parametrize("name", [*family_files()])
def test_a_family_takes_every_value_that_it_offers(name: str) -> None:
    given = {"column": "calls_drop"} if name == "rule" else {}
    for parameter, values in family(name).searched.items():
        assert len(values) >= 2
        for value in values:
            taken = family(name).given({**given, parameter: value})
            assert getattr(taken, parameter) == value


def test_the_table_has_a_column_for_each_parameter() -> None:
    trials = [Trial({}, 0.2), Trial({"depth": 3}, 0.3)]
    expected = pd.DataFrame({"average_precision": [0.2, 0.3], "depth": [np.nan, 3.0]})
    pd.testing.assert_frame_equal(trial_table(trials), expected)
