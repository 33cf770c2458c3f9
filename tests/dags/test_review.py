"""churn_review: bounded, apart from the month, only line numbers in XCom, and each answer written down."""

from typing import Any

import pytest

from tests.dags.asking import CONTEXT, answer, asked

PAIR = {
    "customer_id_a": "1", "customer_id_b": "2", "probability": 0.8, "reason": "between_the_thresholds", "state": "open",
    "evidence": "same address", "evidence_zh": "地址相同", "phone_masked_a": "180****1234", "phone_masked_b": None,
    "record_a": {"customer_name": "王晓明", "address_text": "人民路12号|x", "birth_year": "1980"},
    "record_b": {"customer_name": "王小明", "address_text": "人民路13号", "birth_year": "1980"},
}  # fmt: skip


class Queue:
    """In place of the warehouse: what was asked of it, and what was decided."""

    def __init__(self, *pairs: dict[str, Any]) -> None:
        self.pairs, self.limits, self.decided = list(pairs), [], []

    def review_pairs(self, *, state=None, pair=None, limit=None):
        self.limits.append(limit)
        return self.pairs[:limit]

    def decide_pair(self, *decision: Any) -> bool:
        self.decided.append(decision)
        return True

    def close(self) -> None:
        pass


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch):
    from churn_airflow import review

    waiting = Queue(PAIR)
    monkeypatch.setattr(review, "_warehouse", lambda: waiting)
    return waiting


def _operator():
    from churn_airflow.review import ReviewOperator

    return ReviewOperator(task_id="decide", pair=["1", "2"])


def test_it_stands_apart_from_the_month_and_is_bounded(load_dag):
    dag = load_dag("churn_review.py")
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "pairs": set(),
        "decide": {"pairs"},
    }
    assert (dag.max_active_runs, dag.catchup, dag.timetable.expression) == (
        1,
        False,
        "0 9 * * 1-5",
    )
    assert "three in the morning" in dag.doc_md
    monthly = load_dag("churn_monthly.py")
    assert not any("review" in task.task_id for task in monthly.tasks), (
        "the month never waits for anybody"
    )


def test_only_line_numbers_are_handed_on_and_no_more_than_the_setting(queue):
    from churn_airflow.review import open_pairs

    assert open_pairs() == [["1", "2"]]
    assert queue.limits == [20]


def test_airflow_keeps_only_the_differences(queue, monkeypatch):
    from airflow.sdk.exceptions import TaskAwaitingInput

    with asked(monkeypatch) as kept, pytest.raises(TaskAwaitingInput):
        _operator().execute(CONTEXT)
    (request,) = kept
    assert "| name 姓名 | ＊晓＊ | ＊小＊ | ≠ |" in request["body"]
    assert "王" not in request["body"] and "人民路" not in request["body"]
    assert "180\\*\\*\\*\\*1234" in request["body"], (
        "and nothing of a record becomes markup"
    )
    assert (
        len(request["options"]) == 3 and request["defaults"] == request["options"][2:]
    )


def test_a_profile_may_show_whole_records(queue, monkeypatch):
    """Control: the same pair with the other setting shows the names."""
    from airflow.sdk.exceptions import TaskAwaitingInput

    from churn_airflow import review
    from churn_tasks.core.settings import load_settings

    monkeypatch.setattr(
        review,
        "load_settings",
        lambda: load_settings(matching={"airflow_shows": "records"}),
    )
    with asked(monkeypatch) as kept, pytest.raises(TaskAwaitingInput):
        _operator().execute(CONTEXT)
    assert "王晓明" in kept[0]["body"] and "人民路12号\\|x" in kept[0]["body"]


def test_a_pair_decided_meanwhile_is_not_asked_about(queue, monkeypatch):
    queue.pairs = [{**PAIR, "state": "same"}]
    with asked(monkeypatch) as kept:
        assert _operator().execute({"task_instance": None}) is None
    assert kept == []


@pytest.mark.parametrize(("number", "decision"), [(0, "same"), (1, "different")])
def test_an_answer_is_written_in_the_name_of_who_gave_it(queue, number, decision):
    operator = _operator()
    told = operator.execute_complete({}, answer(operator.options[number], "brothers"))
    assert told == {"decision": decision}
    assert queue.decided == [(("1", "2"), decision, "li", "brothers")]


def test_a_skipped_pair_stays_open(queue):
    operator = _operator()
    assert operator.execute_complete({}, answer(operator.options[2])) == {
        "decision": "skip"
    }
    assert queue.decided == []
