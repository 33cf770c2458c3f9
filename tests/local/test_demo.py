"""The demo's plan is checked before anything is started, and a demo of another size is not mixed in."""

import pytest
from rich.console import Console

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.backfill import MonthState
from churn_tasks.local.demo import Demo
from churn_tasks.local.display import Display
from churn_tasks.local.estimate import Estimate


def demo(
    tmp_path,
    profile: str = "telecom",
    customers: int = 2000,
    months: int | None = None,
    **more,
) -> Demo:
    return Demo(
        load_settings(profile, state_dir=tmp_path, **more), Console(), customers, months
    )


def test_the_history_is_the_profiles_or_as_long_as_asked(tmp_path):
    assert [str(month) for month in demo(tmp_path, months=3).history] == [
        "2024-01",
        "2024-02",
        "2024-03",
    ]
    assert len(demo(tmp_path).history) == 14
    assert str(demo(tmp_path, "retail").history[-1]) == "2011-11"


def test_a_history_without_an_end_is_asked_for(tmp_path):
    with pytest.raises(SettingsError, match="--months"):
        demo(tmp_path, last_month=None).history  # noqa: B018 - reading it is the test


def test_another_size_is_refused_and_the_same_goes_on(tmp_path):
    demo(tmp_path)._check_plan()
    demo(tmp_path)._check_plan()
    with pytest.raises(SettingsError, match="CHURN_STATE_DIR"):
        demo(tmp_path, customers=3000)._check_plan()


def test_files_need_a_folder(tmp_path):
    with pytest.raises(SettingsError, match="CHURN_DATA_PATH"):
        demo(tmp_path, "retail")._check_plan()
    demo(tmp_path, "retail", data_path=tmp_path)._check_plan()


STATES = [
    MonthState(
        Month(2024, 1), "r", "success", {"extract": "success", "model": "skipped"}
    ),
    MonthState(Month(2024, 2)),
]


def test_a_log_gets_one_line_a_month(capsys):
    display = Display(Console(width=100))
    with display.shown():
        for _ in range(3):
            display.months(STATES)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("2024-01 success (1 of 2 months)")


def test_what_is_left_is_told_with_each_month(capsys):
    display = Display(Console(width=200), Estimate(20_000, 2))
    display.months(STATES)
    said = capsys.readouterr().out
    assert "2024-01 success (1 of 2 months; to go: " in said
    assert "as on two quiet cores" in said


def test_the_plan_is_told_in_words(tmp_path):
    assert demo(tmp_path)._summary() == (
        "a simulated operator with 2,000 customers, 14 months from 2024-01"
    )
    assert demo(tmp_path, "retail")._summary().startswith("profile retail, 24 months")


def test_a_terminal_gets_a_grid(capsys):
    display = Display(Console(width=100, force_terminal=True))
    with display.shown():
        display.months(STATES)
    shown = capsys.readouterr().out
    assert "2024-01" in shown
    assert "not yet" in shown
    assert "1 of 2" in shown
