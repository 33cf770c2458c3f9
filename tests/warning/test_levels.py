"""Levels by score, and what triggers make of them: of a key account any sign counts, others must show several."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.level_section import LEVEL_TABLE, LevelRule
from churn_tasks.core.settings import load_settings
from churn_tasks.walks.graph import run_on
from churn_tasks.warning.priority import Fired, raised_level
from tests.lakes import put, rows, small_profile
from tests.scored_lake import scored_run

CASES = [
    # score, key account, priorities -> level
    ("low", True, (30,), "medium"),
    ("low", True, (30, 30), "high"),
    ("low", False, (30,), "low"),
    ("low", False, (30, 30), "medium"),
    ("low", False, (30, 30, 30), "high"),
    ("low", False, (89,), "low"),
    ("low", False, (90,), "high"),
    ("high", False, (30,), "high"),
    ("high", True, (30,), "high"),
    ("medium", True, (), "medium"),
    ("low", True, (), "low"),
]


@pytest.mark.parametrize(("score", "is_key", "priorities", "expected"), CASES)
def test_the_table_that_ships(
    score: str, is_key: bool, priorities: tuple[int, ...], expected: str
) -> None:
    fired = Fired(priorities, is_key)
    assert raised_level(score, LEVEL_TABLE, fired) == expected


def test_without_a_table_the_score_alone_says_it() -> None:
    """Control: the same triggers change nothing."""
    assert raised_level("low", (), Fired((100, 100, 100), True)) == "low"


def test_the_order_of_the_table_does_not_matter() -> None:
    fired = Fired((30, 30, 30), False)
    assert raised_level("low", LEVEL_TABLE[::-1], fired) == "high"


def test_a_triggers_priority_counts_from_the_one_stated() -> None:
    rule = LevelRule(level="high", accounts="all", triggers=2, priority=50)
    assert raised_level("low", (rule,), Fired((50, 49))) == "low"
    assert raised_level("low", (rule,), Fired((50, 50))) == "high"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"level": "red"}, "warning_list.raised.0.level"),
        ({"level": "high", "accounts": "vip"}, "warning_list.raised.0.accounts"),
        ({"level": "high", "triggers": 0}, "warning_list.raised.0.triggers"),
        ({"level": "high", "tiggers": 2}, "warning_list.raised.0.tiggers"),
    ],
)
def test_a_wrong_row_is_refused_by_name(
    wrong: dict[str, object], said: str, tmp_path: Path
) -> None:
    profile = small_profile(tmp_path, ["bill"], warning_list={"raised": [wrong]})
    with pytest.raises(SettingsError, match=said):
        load_settings(str(profile))


def test_the_list_shows_the_level_that_its_triggers_reach(tmp_path: Path) -> None:
    """Of the quietest of the list two get triggers; everybody else keeps the level of the score."""
    limits = {"share": 0.1, "medium_probability": 0.998, "high_probability": 0.999}
    run = scored_run(tmp_path, "2024-07", warning_list=limits)
    run_on("warn", run)
    before = {row["customer_id"]: row for row in rows(run, "out_warning_list")}
    quiet = sorted(c for c, row in before.items() if row["level"] == "low")
    ported, faulty, beside = quiet[0], quiet[1], "nobody"
    fired = []
    for customer, trigger, priority in (
        (ported, "port_requested", 100),
        (faulty, "faults_reported", 60),
        (beside, "port_requested", 100),
    ):
        row = {"customer_id": customer, "trigger": trigger, "priority": priority}
        fired.append({**row, "evidence_en": "fired", "evidence_zh": "触发"})
    put(run, "out_trigger", "2024-07", fired, checked=False)
    run_on("warn", run)
    after = {row["customer_id"]: row for row in rows(run, "out_warning_list")}
    run.close()
    assert after[ported]["level"] == "high", "who asks to port"
    assert after[faulty]["level"] == "low", "one sign of an ordinary customer"
    for customer, row in after.items():
        if customer != ported:
            assert row["level"] == before[customer]["level"]
    assert after[ported]["triggers"] == "port_requested"
    assert {row["triggers"] for row in before.values()} == {None}
    sets = {row["trigger_set"] for row in after.values()}
    assert len(sets) == 1 and sets != {row["trigger_set"] for row in before.values()}
