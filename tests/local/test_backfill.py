"""What is asked of Airflow: only what is not done, once, and a failure is told with its log."""

from dataclasses import dataclass, field

import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.local import backfill
from churn_tasks.local.backfill import MonthState, run_months

MONTHS = [Month(2024, 1), Month(2024, 2)]


@dataclass
class Scripted:
    """Airflow whose runs move on by one state each time they are looked at."""

    runs: dict[
        str, list[list[str]]
    ]  # month -> runs -> states to come, the last one stays
    url: str = "http://airflow"
    active: bool = False
    asked: list[dict] = field(default_factory=list)
    looked_into: list[str] = field(default_factory=list)  # runs, by their tasks

    def get(self, path, **parameters):
        if path == "/backfills":
            return {
                "backfills": [{"completed_at": None, "is_paused": False}]
                if self.active
                else []
            }
        if path.endswith("/dagRuns"):
            return self._runs()
        if path.endswith("/taskInstances"):
            self.looked_into.append(path.split("/")[-2])
            return {"task_instances": [], "total_entries": 0}
        raise AssertionError(path)

    def send(self, method, path, content):
        self.asked.append(content)
        if path == "/backfills":
            for month in ("2024-01", "2024-02"):
                states = self.runs.setdefault(month, [])
                if not states or states[-1][-1] == "failed":
                    states.append(["queued", "running", "success"])

    def fail_if_gone(self):
        pass

    def refuse_import_errors(self):
        pass

    def _runs(self):
        found = []
        for month, runs in self.runs.items():
            for number, states in enumerate(runs):
                state = states.pop(0) if len(states) > 1 else states[0]
                found.append(
                    {
                        "partition_key": month,
                        "dag_run_id": f"{month}-{number}",
                        "state": state,
                    }
                )
        return {"dag_runs": found, "total_entries": len(found)}

    @property
    def backfills(self):
        return [content for content in self.asked if "from_date" in content]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(backfill.time, "sleep", lambda seconds: None)


def run(airflow) -> list[list[MonthState]]:
    shown = []
    run_months(airflow, MONTHS, shown.append)
    return shown


def test_every_month_is_asked_for_once():
    airflow = Scripted({})
    shown = run(airflow)
    assert [state.state for state in shown[-1]] == ["success", "success"]
    assert airflow.backfills == [
        {
            "dag_id": "churn_monthly",
            "from_date": "2024-01-01T00:00:00Z",
            "to_date": "2024-03-01T00:00:00Z",
            "max_active_runs": 2,
            "reprocess_behavior": "failed",
        }
    ]


def test_what_is_done_is_not_asked_for_again():
    airflow = Scripted({"2024-01": [["success"]], "2024-02": [["success"]]})
    run(airflow)
    assert airflow.backfills == []


def test_only_runs_at_work_and_newly_ended_are_looked_into():
    airflow = Scripted(
        {
            "2024-01": [["success"]],
            "2024-02": [["queued", "queued", "running", "running", "success"]],
        }
    )
    run(airflow)
    assert airflow.looked_into == ["2024-01-0", *["2024-02-0"] * 3]


def test_what_is_under_way_is_waited_for():
    airflow = Scripted(
        {"2024-01": [["success"]], "2024-02": [["running"] * 5 + ["success"]]}
    )
    run(airflow)
    assert airflow.backfills == []


def test_a_month_that_failed_before_is_run_again():
    airflow = Scripted({"2024-01": [["success"]], "2024-02": [["failed"]]})
    run(airflow)
    assert len(airflow.backfills) == 1
    assert len(airflow.runs["2024-02"]) == 2


def test_a_backfill_that_airflow_still_counts_as_running_is_not_joined_by_another():
    airflow = Scripted({"2024-01": [["success"]]}, active=True)
    with pytest.raises(TimeoutError):
        run_months(airflow, MONTHS, limited(10))
    assert airflow.backfills == []


def limited(polls: int):
    def show(states):
        nonlocal polls
        polls -= 1
        if polls == 0:
            raise TimeoutError

    return show


def test_a_failure_ends_the_wait_and_is_told():
    airflow = Scripted({"2024-01": [["running", "running", "failed"]]})
    with pytest.raises(CheckFailed, match="2024-01 failed without a failed task"):
        run(airflow)
