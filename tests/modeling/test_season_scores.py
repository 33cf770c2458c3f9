"""The scores of a month moved to its season: what is known then, recorded on the row, and nothing where nobody asks."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.season_scores import (
    known_shares,
    season_of,
    season_scores,
)
from tests.lakes import another_month, small_run

FIRST, CUSTOMERS = Month(2024, 3), 400
SEASON = (0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # by month
STEADY = (0.2,) * 12
MODEL = ChurnClassifier(trained_on=["2024-03"])
SCORES = np.linspace(0.05, 0.35, CUSTOMERS)  # what the model gives in every month


def _share(season: tuple[float, ...], month: Month) -> float:
    return season[month.start.month - 1]


def _lake(
    folder: Path, season: tuple[float, ...], last: Month, **model: str
) -> MonthRun:
    """Every month scored alike; the truth of a month comes in with the run two months later."""
    settings = {"model": {"name": "small_lake", **model}, "definition": "not_billed"}
    run = small_run(folder, str(last), raw=("bill",), **settings)
    people = f"(SELECT n, format('c{{:04d}}', n) AS id FROM range({CUSTOMERS}) AS r(n))"
    for month in months_between(FIRST, last):
        churned = f"hash(id || '{month}') % 1000 < {1000 * _share(season, month):.0f}"
        truth = {"churned": churned, "left_early": "false", "rotated": "false"}
        _write(run, "label", month, people, truth)
        score = f"0.05 + 0.3 * n / {CUSTOMERS - 1}"
        scored = {"churn_score": score, "calibration_shift": "0", "learnt_share": "0.2"}
        scored |= {"model_name": "'m'", "model_version": "1", "feature_set": "'f'"}
        _write(run, "score_churn", month, people, scored)
    return run


def _write(
    run: MonthRun, table: str, month: Month, people: str, given: dict[str, str]
) -> None:
    known = {"customer_id": "id", **given}
    columns = []
    for name in run.registry.tables[table].column_names:
        columns.append(f'{known.get(name, "NULL")} AS "{name}"')
    run.engine.write(table, month, f"SELECT {', '.join(columns)} FROM {people}")


@pytest.mark.parametrize("month", [Month(2025, 4), Month(2025, 7)])
def test_a_season_is_met_by_the_year_before(tmp_path: Path, month: Month) -> None:
    """Control: as the model calibrated itself, the mean score is 0.2 in every month."""
    with closing(_lake(tmp_path, SEASON, month, calibration="auto")) as run:
        found = season_scores(run, MODEL, SCORES)
        rate = known_shares(run)[month - 12]
    assert found.method == "month_of_year"
    assert found.scores.mean() == pytest.approx(rate, abs=1e-6)
    assert abs(SCORES.mean() - rate) > 0.05
    assert (np.diff(found.scores) > 0).all(), "the ranking has changed"
    odds = np.log(found.scores / (1 - found.scores)) - np.log(SCORES / (1 - SCORES))
    assert odds == pytest.approx(found.shift)


def test_without_a_season_scores_stay(tmp_path: Path) -> None:
    with closing(_lake(tmp_path, STEADY, Month(2025, 7), calibration="auto")) as run:
        found = season_scores(run, MODEL, SCORES)
    assert abs(found.scores.mean() - 0.2) < 0.03
    assert found.method != "prior_shift"


def test_who_does_not_ask_gets_the_model_as_it_is_and_nothing_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(_lake(tmp_path, SEASON, Month(2025, 4))) as run:
        monkeypatch.delattr(type(run.engine), "ask")
        found = season_scores(run, MODEL, SCORES)
    assert (found.method, found.shift, found.learnt) == ("window", 0.0, None)
    assert found.scores is SCORES


@pytest.mark.parametrize("wanted", ["latest", "month_of_year"])
def test_what_is_not_known_yet_leaves_scores_as_they_are(
    tmp_path: Path, wanted: str
) -> None:
    with closing(_lake(tmp_path, SEASON, Month(2024, 5), calibration=wanted)) as run:
        early = another_month(run, "2024-04")
        found = season_scores(early, MODEL, SCORES)
    assert found.method == "window"
    assert found.scores is SCORES


def test_nothing_is_known_before_its_time(tmp_path: Path) -> None:
    """The truth of May 2025 lies in the lake when April 2025 is scored again; it changes nothing."""
    april = Month(2025, 4)
    with closing(_lake(tmp_path / "then", SEASON, april, calibration="auto")) as run:
        then = season_scores(run, MODEL, SCORES)
    with closing(
        _lake(tmp_path / "now", SEASON, Month(2025, 9), calibration="auto")
    ) as run:
        later = another_month(run, str(april))
        now = season_scores(later, MODEL, SCORES)
        assert max(known_shares(later)) == april - 2
    assert (then.method, then.shift) == (now.method, now.shift)


def test_a_tested_month_is_calibrated_by_what_was_known_then(tmp_path: Path) -> None:
    """Control: what the run itself knows, five months later, moves the same scores elsewhere."""
    april, september = Month(2025, 4), Month(2025, 9)
    with closing(_lake(tmp_path, SEASON, september, calibration="latest")) as run:
        then = season_scores(another_month(run, str(april)), MODEL, SCORES)
        tested = season_of(run, april).calibrated(MODEL, SCORES)
        own = season_scores(run, MODEL, SCORES)
        assert max(season_of(run, april).shares) == april - 2
    assert (tested.method, tested.shift) == ("latest", then.shift)
    assert np.array_equal(tested.scores, then.scores)
    assert abs(own.shift - then.shift) > 0.1


def test_scores_that_were_moved_are_taken_back_before_they_teach(
    tmp_path: Path,
) -> None:
    """`latest` asks what the model gave, not what the list showed."""
    month = Month(2025, 4)
    with closing(_lake(tmp_path, SEASON, month, calibration="latest")) as run:
        plain = season_scores(run, MODEL, SCORES)
        people = (
            f"(SELECT n, format('c{{:04d}}', n) AS id FROM range({CUSTOMERS}) AS r(n))"
        )
        score = f"0.05 + 0.3 * n / {CUSTOMERS - 1}"
        shown = f"1 / (1 + (1 - ({score})) / ({score}) * exp(-1.5))"
        moved = {
            "churn_score": shown,
            "calibration_shift": "1.5",
            "learnt_share": "0.2",
        }
        moved |= {"model_name": "'m'", "model_version": "1", "feature_set": "'f'"}
        _write(run, "score_churn", month - 2, people, moved)
        again = season_scores(run, MODEL, SCORES)
    assert plain.method == again.method == "latest"
    assert again.shift == pytest.approx(plain.shift)
