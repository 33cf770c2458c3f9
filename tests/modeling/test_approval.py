"""Where a person is asked, what passes the gate waits; no answer keeps what is, and an answer holds."""

from contextlib import closing

import pytest

from churn_tasks.by_hand.approval import let_go_live, proposed
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import Settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import small_profile
from tests.modeling.test_lost_models import Road
from tests.modeling.undecided import JULY, undecided


@pytest.fixture(scope="module")
def made(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Road:
    return undecided(postgres, tmp_path_factory.mktemp("approval"), "approval")


@pytest.fixture
def asking(made: Road) -> Settings:
    made.put_back()
    asked = {"approval": "person"}
    small_profile(made.folder, ["bill"], definition="not_billed", promotion=asked)
    return made.settings()


def _promote(settings: Settings) -> dict:
    with closing(MonthRun(settings, JULY)) as run:
        return run_on("promote", run).facts


def _in_force(settings: Settings) -> int | None:
    with closing(MonthRun(settings, JULY)) as run:
        champion = run.warehouse.champion(JULY)
    return champion.version if champion else None


def test_what_passes_the_gate_waits_and_no_answer_is_no(asking: Settings) -> None:
    facts = _promote(asking)
    assert facts["promoted"] is False
    assert "it waits until somebody agrees: churn models approve" in facts["why"]
    version = proposed(asking, JULY)
    assert version in (1, 2)
    assert "waits" not in asking.model_card("small_lake", version).read_text()
    assert _in_force(asking) is None


def test_it_goes_live_when_somebody_agrees_also_when_the_month_runs_again(
    asking: Settings,
) -> None:
    _promote(asking)
    version = let_go_live(asking, JULY, "Li", "looked at the card")
    for _ in range(2):
        assert _in_force(asking) == version
        assert proposed(asking, JULY) is None
        with closing(MonthRun(asking, JULY)) as run:
            (decision,) = run.warehouse.promotions()
        assert (decision["decided_by"], decision["is_promoted"]) == ("Li", True)
        assert "approved by Li: looked at the card" in decision["why"]
        _promote(asking)
    with pytest.raises(BadInput, match="proposes nothing"):
        let_go_live(asking, JULY, "Li", "again")


def test_control_without_the_setting_nobody_is_asked(made: Road) -> None:
    made.put_back()
    small_profile(made.folder, ["bill"], definition="not_billed")
    settings = made.settings()
    assert _promote(settings)["promoted"] is True
    assert proposed(settings, JULY) is None
    assert _in_force(settings) in (1, 2)
