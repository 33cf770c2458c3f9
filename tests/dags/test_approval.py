"""The month waits for a person only where the profile says so, for so many hours, and goes on without an answer."""

from datetime import timedelta

import pytest

from churn_tasks.core import settings as settings_module
from churn_tasks.core.modeling_section import Promotion
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from tests.dags.asking import CONTEXT, answer, asked


@pytest.fixture
def asking_dag(load_dag, monkeypatch: pytest.MonkeyPatch):
    asked = {"approval": "person", "approval_hours": 30}
    given = load_settings(promotion=asked)
    monkeypatch.setattr(settings_module, "load_settings", lambda: given)
    return load_dag()


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """In place of lake and warehouse: version 3 is proposed; who let it go live, and why."""
    from churn_airflow import approval

    let: list[tuple[str, str]] = []
    monkeypatch.setattr(approval, "month_of", lambda context: Month(2024, 8))
    monkeypatch.setattr(approval, "_proposed", lambda settings, month: 3)
    monkeypatch.setattr(approval, "_card", lambda settings, version: f"# {version}")
    monkeypatch.setattr(
        approval, "_let_go_live", lambda settings, month, *said: let.append(said)
    )
    return let


def _operator():
    from churn_airflow.approval import ApprovalOperator

    return ApprovalOperator(task_id="approve", terms=Promotion(approval_hours=30))


def test_the_list_waits_for_the_answer_and_no_longer_than_the_setting(asking_dag):
    assert {task.task_id: task.upstream_task_ids for task in asking_dag.tasks} == {
        "extract": set(),
        "integrate": {"extract"},
        "model": {"integrate"},
        "approve": {"model"},
        "publish": {"approve"},
        "report": {"publish"},
    }
    asks = asking_dag.get_task("approve")
    assert asks.response_timeout == timedelta(hours=30)
    assert asks.trigger_rule.value == "none_failed"


def test_control_no_month_waits_where_nobody_asked_for_it(dag):
    assert "approve" not in dag.task_ids


def test_the_card_is_shown_and_no_answer_keeps(live, monkeypatch):
    from airflow.sdk.exceptions import TaskAwaitingInput

    with asked(monkeypatch) as kept, pytest.raises(TaskAwaitingInput):
        _operator().execute(CONTEXT)
    (request,) = kept
    assert request["body"] == "# 3"
    assert request["defaults"] == request["options"][1:]
    operator = _operator()
    assert operator.execute_complete({}, answer(operator.options[1], "good")) == {
        "decision": "keep"
    }
    assert live == []


def test_an_approval_is_written_in_the_name_of_who_gave_it(live):
    operator = _operator()
    told = operator.execute_complete({}, answer(operator.options[0], "good"))
    assert told == {"decision": "approve"}
    assert live == [("li", "good")]


def test_nobody_is_asked_where_nothing_is_proposed(live, monkeypatch):
    from churn_airflow import approval

    monkeypatch.setattr(approval, "_proposed", lambda settings, month: None)
    with asked(monkeypatch) as kept:
        assert _operator().execute(CONTEXT) is None
    assert kept == []
