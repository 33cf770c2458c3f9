"""A promotion that is killed without warning, between any two things that it writes, ends like one that was not.

SIGKILL to a process of its own. Control: a promotion that is not taken up again leaves what the next month must not
take for a decision.
"""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.modeling.test_lost_models import Road
from tests.modeling.undecided import JULY, undecided

PLACES = {
    "copy of the files": "churn_tasks.work.kept_models.KeptModels.keep",
    "decision": "churn_tasks.adapters.warehouse.Warehouse.record_promotion",
    "aliases": "churn_tasks.adapters.tracking.Tracking.set_aliases",
    "first card": "churn_tasks.work.model_cards.replace_text",
    "row for the next month": "churn_tasks.adapters.engine.Engine.write",
}
PROCESS = """
import os, signal, sys
from unittest.mock import patch
from pkgutil import resolve_name
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

profile, state, warehouse, mlflow, place, moment = sys.argv[1:]
owner, _, name = place.rpartition(".")
written = getattr(resolve_name(owner), name)

def killed(*arguments, **named):
    if moment == "after":
        written(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

settings = load_settings(profile, state_dir=state, warehouse_url=warehouse, mlflow_url=mlflow)
with patch(place, killed):
    run_on("promote", MonthRun(settings, Month(2024, 7)))
"""


@pytest.fixture(scope="module")
def made(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Road:
    return undecided(postgres, tmp_path_factory.mktemp("killed"), "killed_promotion")


def _kill(road: Road, place: str, moment: str) -> int:
    given = road.settings().environment
    known = [given.state_dir, given.warehouse_url, given.mlflow_url]
    command = [sys.executable, "-c", PROCESS, road.profile, *known, place, moment]
    return subprocess.run([str(part) for part in command], check=False).returncode


def _left(road: Road) -> dict[str, Any]:
    """What a promotion leaves in warehouse, lake, MLflow and state folder."""
    with closing(MonthRun(road.settings(), JULY)) as run:
        decisions = run.warehouse.promotions()
        for row in decisions:
            del row["recorded_at"]
        experiment = [run.tracking.experiment_id]
        runs = run.tracking.client.search_runs(experiment)
        decided = run.lake.has("out_promotion", JULY)
        return {
            "decisions": decisions,
            "aliases": run.tracking.aliases(),
            "runs": sorted(each.info.status for each in runs),
            "decided": decided and run.lake.sha256("out_promotion", JULY),
            "files": _texts(run.settings.state_dir, "model_cards", "models"),
        }


def _texts(state: Path, *folders: str) -> dict[str, bytes]:
    found = {}
    for folder in folders:
        for path in sorted((state / folder).rglob("*")):
            if path.is_file():
                found[str(path.relative_to(state))] = path.read_bytes()
    return found


def _promote(road: Road) -> dict[str, Any]:
    with closing(MonthRun(road.settings(), JULY)) as run:
        run_on("promote", run)
    return _left(road)


@pytest.mark.slow
def test_a_promotion_killed_anywhere_ends_like_one_that_was_not(made: Road) -> None:
    made.put_back()
    expected = _promote(made)
    assert len(expected["decisions"]) == 1
    assert set(expected["runs"]) == {"FINISHED"}
    assert len([name for name in expected["files"] if name.endswith(".md")]) == 2
    kills = [(next(iter(PLACES)), "before")] + [(place, "after") for place in PLACES]
    unfinished = 0
    for place, moment in kills:
        made.put_back()
        assert _kill(made, PLACES[place], moment) == -signal.SIGKILL
        unfinished += _left(made) != expected
        assert _promote(made) == expected
    assert unfinished == len(kills) - 1  # control: all but the one after the last
