"""churn_watch: the day of a run, its schedule, and its one task."""

import re
from datetime import date, timedelta

import pytest

from churn_airflow.day import PATTERN, day_of
from churn_tasks.core.errors import BadInput
from tests.lakes import small_profile, telecom_tables

BAD = [
    "",
    "2024-08",
    "2024-8-14",
    "20240814",
    "2024-W33-3",
    "2024-02-30",
    "2024-08-14T00:00",
    " 2024-08-14",
    20240814,
]


@pytest.fixture
def watch_dag(load_dag):
    return load_dag("churn_watch.py")


def test_it_is_one_task_with_a_manual(watch_dag):
    assert [task.task_id for task in watch_dag.tasks] == ["watch"]
    assert watch_dag.max_active_runs == 1
    (task,) = watch_dag.tasks
    assert (task.retries, task.execution_timeout) == (6, timedelta(hours=2))
    assert task.on_failure_callback
    assert "At three in the morning" in watch_dag.doc_md


def test_a_source_that_has_ended_is_watched_by_hand_alone(watch_dag):
    """An end date would do the same for the clock, but leaves runs by hand without their task, and green."""
    assert type(watch_dag.timetable).__name__ == "NullTimetable"
    assert watch_dag.end_date is None


def test_a_source_that_grows_is_watched_each_morning_for_the_day_before(
    load_dag, tmp_path, monkeypatch
):
    profile = small_profile(tmp_path, telecom_tables(), time_zone="Asia/Shanghai")
    monkeypatch.setenv("CHURN_PROFILE", str(profile))
    dag = load_dag("churn_watch.py")
    table = dag.timetable
    assert (table.expression, str(table.timezone), table.run_offset, table.key_format) == (
        "0 7 * * *", "Asia/Shanghai", -1, "%Y-%m-%d",
    )  # fmt: skip
    assert dag.catchup is False, "a run makes up for missed days itself"


@pytest.mark.parametrize("context", [
    {"partition_key": "2024-08-14"},
    {"partition_key": "2024-08-14", "params": {"day": None}},
    {"params": {"day": "2024-08-14"}},
    {"partition_key": "2024-08-14", "params": {"day": "2024-08-14"}},
])  # fmt: skip
def test_the_day_is_found(context):
    assert day_of(context) == date(2024, 8, 14)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"params": {}},
        {"partition_key": "2024-08-14", "params": {"day": "2024-08-15"}},
    ],
)
def test_a_run_without_one_day_is_refused(context):
    with pytest.raises(BadInput, match=r"no day|but"):
        day_of(context)


@pytest.mark.parametrize("given", BAD)
def test_another_form_is_refused_and_the_form_does_not_offer_it(given):
    with pytest.raises(BadInput, match="YYYY-MM-DD"):
        day_of({"params": {"day": given}})
    if given != "2024-02-30":  # the form cannot count days
        assert not re.search(PATTERN, str(given)) or not isinstance(given, str)
