"""``churn search`` on a small lake: what it writes, that it repeats itself, obeys bans and logs no customer."""

from pathlib import Path

import pytest
import yaml

from churn_tasks.by_hand.pattern_search import ATTRIBUTES, FORMULAS, search
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.modeling.search.genetic import Effort
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import small_profile
from tests.modeling.synthetic import fill, signals

MARCH = Month(2024, 3)
TINY = Effort(population=40, generations=3)


def _quiet(doing: str, share: float, state: str) -> None:
    pass


@pytest.mark.slow
def test_a_search_leaves_two_files_and_the_same_ones_again(tmp_path: Path) -> None:
    profile = small_profile(
        tmp_path, ("bill", "balance"), features={"ban": []}, definition="not_billed"
    )
    settings = load_settings(
        str(profile),
        state_dir=tmp_path / "state",
        mlflow_url=f"sqlite:///{tmp_path}/mlflow.db",
    )
    run = MonthRun(settings, Month(2024, 8))
    fill(run, [MARCH, MARCH + 1], 1_200)
    up, down = signals(run)
    month = next(
        month
        for month in (MARCH + back for back in range(2, 9))
        if _window(settings, month) == [MARCH]
    )
    searched = search(settings, month, 600, _quiet, TINY)
    assert searched.window.months == [MARCH]
    assert {one.name for one in searched.outcome.attributes[:2]} == {up, down}
    written = {
        name: (searched.folder / name).read_bytes() for name in (FORMULAS, ATTRIBUTES)
    }
    assert "c0000" not in written[FORMULAS].decode(), "a customer's number"
    told = yaml.safe_load(written[FORMULAS])
    assert told["learnt_from"] == "2024-03 to 2024-03"
    assert not told["stopped_by_the_clock"]
    assert _search_runs(settings) == [{"churn.month": str(month), "found": 0.0}]

    again = search(settings, month, 600, _quiet, TINY)
    assert {
        name: (again.folder / name).read_bytes() for name in (FORMULAS, ATTRIBUTES)
    } == written
    banned = settings.model_copy(
        update={"features": settings.features.model_copy(update={"ban": (up,)})}
    )
    other = search(banned, month, 600, _quiet, TINY)
    assert up not in {one.name for one in other.outcome.attributes}
    assert all(up not in one.formula.leaves() for one in other.outcome.proposals)


def _window(settings, month: Month) -> list[Month]:
    tested = settings.calendar.tested_month(month)
    return settings.calendar.mature_months(tested) if tested else []


def _search_runs(settings) -> list[dict]:
    from churn_tasks.adapters.tracking import Tracking

    tracking = Tracking(settings)
    found = tracking.client.search_runs(
        [tracking.experiment_id], "tags.`churn.kind` = 'search'"
    )
    assert all(run.info.status == "FINISHED" for run in found)
    return [
        {
            "churn.month": run.data.tags["churn.month"],
            "found": run.data.metrics["found"],
        }
        for run in found
    ]


def test_too_short_a_history_is_said(tmp_path: Path) -> None:
    settings = load_settings(
        str(small_profile(tmp_path, ("bill",))), state_dir=tmp_path / "state"
    )
    with pytest.raises(NotReady, match="trains on nothing yet: history is too short"):
        search(settings, Month(2024, 4), 60, _quiet)
    with pytest.raises(NotReady, match=r"needs cohort of .*churn step features"):
        search(settings, Month(2024, 10), 60, _quiet)
