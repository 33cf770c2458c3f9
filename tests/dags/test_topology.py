"""What churn_monthly is made of: exact tasks, exact order, and the policy that every task follows."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from churn_tasks.core.errors import (
    BadInput,
    CheckFailed,
    ConnectionTrouble,
    Fenced,
    NotReady,
    SettingsError,
)
from churn_tasks.walks.tasks import STEPS, TASKS, task_named

DAG_FILES = sorted((Path(__file__).resolve().parents[2] / "dags").glob("*.py"))


def test_the_tasks_are_those_of_the_pipeline_in_its_order(dag):
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "extract": set(),
        "integrate": {"extract"},
        "model": {"integrate"},
        "publish": {"model"},
        "report": {"publish"},
    }
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        t.name: set(t.after) for t in TASKS
    }


def test_every_step_is_run_by_exactly_one_task():
    assert STEPS == (
        "extract", "late", "check_raw", "integrate", "match", "texts", "summarise", "features", "check_features",
        "labels", "check_relations", "train", "promote", "score", "triggers", "warn", "check_list",
        "publish", "watch", "report", "catalogue",
    )  # fmt: skip
    assert len(set(STEPS)) == len(STEPS) == 21


def test_the_steps_are_the_files_of_their_folder():
    files = {
        path.stem
        for path in (DAG_FILES[0].parents[1] / "churn_tasks" / "steps").glob("*.py")
    }
    assert files - {"__init__"} == set(STEPS)


def test_nothing_is_published_past_a_failed_check(dag):
    """Every check stands in a task above that of the step publish, or before the step in its own task; the rule between
    tasks holds back what follows a failure, and a task ends at the step that fails."""
    above = {
        task.task_id
        for task in dag.get_task("publish").get_flat_relatives(upstream=True)
    }
    checked_in = {
        step: task.name
        for task in TASKS
        for step in task.steps
        if step.startswith("check_")
    }
    assert checked_in == {
        "check_raw": "integrate",
        "check_features": "model",
        "check_relations": "model",
        "check_list": "publish",
    }
    assert above == {"extract", "integrate", "model"}
    learning = task_named("model").steps
    assert learning.index("labels") < learning.index("check_relations")
    assert learning.index("check_relations") < learning.index("train")
    steps = task_named("publish").steps
    assert steps.index("check_list") < steps.index("publish")
    assert {task.trigger_rule.value for task in dag.tasks} == {"none_failed"}


def test_the_schedule_is_the_month_before_after_billing_has_closed(dag):
    table = dag.timetable
    assert (table.expression, str(table.timezone), table.run_offset, table.key_format) == (
        "0 2 6 * *", "Asia/Shanghai", -1, "%Y-%m",
    )  # fmt: skip
    assert dag.catchup is True
    assert dag.max_active_runs == 1


def test_every_task_has_limits_and_a_way_to_be_heard(dag):
    assert len(dag.tasks) == 5
    for task in dag.tasks:
        assert task.retries == 6, f"{task.task_id}: say how often it may be tried again"
        assert task.retry_delay == timedelta(minutes=1)
        assert task.retry_exponential_backoff == 2.0
        assert timedelta(minutes=30) <= task.execution_timeout <= timedelta(hours=2), (
            f"{task.task_id}: give it a limit"
        )
        assert task.on_failure_callback, (
            f"{task.task_id}: nobody would hear of its failure"
        )
        assert task.max_active_tis_per_dag == 1
        assert task.doc or task.python_callable.__doc__, (
            f"{task.task_id}: say what it does"
        )


@pytest.mark.parametrize(("error", "action"), [
    (NotReady("x"), "retry"),
    (ConnectionTrouble("x"), "retry"),
    (CheckFailed("x"), "fail"),
    (BadInput("x"), "fail"),
    (SettingsError("x"), "fail"),
    (Fenced("x"), "fail"),
    (ZeroDivisionError("x"), "fail"),
])  # fmt: skip
def test_only_what_waiting_mends_is_tried_again(dag, error, action):
    policies = [task.retry_policy for task in dag.tasks]
    decisions = {
        policy.evaluate(exception=error, try_number=1, max_tries=6).action.value
        for policy in policies
    }
    assert (len(policies), decisions) == (5, {action})


def test_the_page_of_the_dag_is_its_manual(dag):
    assert "At three in the morning" in dag.doc_md
    for word in (
        "CheckFailed",
        "ConnectionTrouble",
        "NotReady",
        "Fenced",
        "SettingsError",
        "backfill create",
    ):
        assert word in dag.doc_md
    assert dag.tags == {"churn", "telecom"}


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.name)
def test_a_dag_file_is_wiring_only(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 120
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [getattr(node, "module", "") or ""]
        )
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {
        "airflow",
        "churn_airflow",
        "churn_tasks",
        "datetime",
        "pendulum",
    }
    for trap in (
        "{{",
        "logical_date",
        "execution_date",
        "data_interval",
        '"ds"',
        "'ds'",
    ):
        assert trap not in text, (
            f"{file.name}: {trap} is absent or wrong in a partitioned run; use month_of"
        )


def test_there_are_dag_files():
    names = [file.name for file in DAG_FILES]
    assert names == [
        "churn_backtest.py",
        "churn_monthly.py",
        "churn_review.py",
        "churn_watch.py",
    ]
