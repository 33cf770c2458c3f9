"""churn_backtest: started by people alone, one task, and only names and months in XCom."""

import pytest

from churn_airflow import backtest as bridge
from churn_tasks.core.errors import BadInput, SettingsError


@pytest.fixture
def backtest_dag(load_dag):
    return load_dag("churn_backtest.py")


def test_it_is_one_task_that_nobody_but_people_start(backtest_dag):
    assert [task.task_id for task in backtest_dag.tasks] == ["backtest"]
    assert type(backtest_dag.timetable).__name__ == "NullTimetable"
    assert backtest_dag.max_active_runs == 1
    assert set(backtest_dag.params) == {"from", "to", "definition"}


def test_a_definition_that_there_is_not_is_refused_with_those_there_are(
    monkeypatch, tmp_path
):
    settings = bridge.load_settings("telecom", state_dir=tmp_path)
    monkeypatch.setattr(bridge, "connected", lambda _: settings)
    with pytest.raises(SettingsError, match=r"no definitions/leaves\.yaml.*not_billed"):
        bridge.run_backtest({"definition": "leaves"})


def test_a_month_that_is_none_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(bridge, "connected", lambda settings: settings)
    with pytest.raises(BadInput, match="2024-13"):
        bridge.run_backtest({"from": "2024-13", "to": None})


def test_months_in_the_wrong_order_are_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(bridge, "connected", lambda settings: settings)
    with pytest.raises(BadInput, match=r"2024-02, lies before the first, 2024-05"):
        bridge.run_backtest({"from": "2024-05", "to": "2024-02"})
