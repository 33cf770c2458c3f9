"""The list of steps and tasks, and one step run by name."""

import logging
import sys
import time
from dataclasses import replace
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.core.errors import BadInput, CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Made
from churn_tasks.walks import graph
from churn_tasks.walks.graph import restated_steps, task_of
from churn_tasks.walks.month import run_step, run_task
from churn_tasks.walks.tasks import STEPS, TASKS


@pytest.fixture
def settings(tmp_path):
    return load_settings("telecom", state_dir=tmp_path)


@pytest.fixture
def plant(monkeypatch):
    """Put a function in the place of a step's work; what the step declares stays, but needs nothing."""

    def planted(step: str, work) -> None:
        declared = graph.step_named(step)
        reads = tuple(replace(read, needed=False) for read in declared.reads)
        put = replace(declared, work=work, reads=reads, idle=lambda run: "", after="")
        if step == "match":
            put = replace(put, decisions=())
        module = ModuleType(f"churn_tasks.steps.{step}")
        setattr(module, step, put)
        monkeypatch.setitem(sys.modules, f"churn_tasks.steps.{step}", module)
        graph.step_named.cache_clear()

    yield planted
    graph.step_named.cache_clear()


def test_a_task_comes_after_those_it_names():
    names = [task.name for task in TASKS]
    assert all(
        names.index(before) < names.index(task.name)
        for task in TASKS
        for before in task.after
    )
    assert sum(len(task.after) for task in TASKS) == 4


def test_a_step_is_run_timed_and_closed(settings, plant, caplog, monkeypatch):
    closed = []
    monkeypatch.setattr(MonthRun, "close", lambda run: closed.append(run.month))
    plant(
        "extract",
        lambda run: time.sleep(0.02) or Made({"raw_bill": 3}),
    )
    with caplog.at_level(logging.INFO, "churn"):
        report = run_step("extract", settings, Month(2024, 3))
    assert report.rows == {"raw_bill": 3}
    assert report.seconds >= 0.02
    assert closed == [Month(2024, 3)]
    assert "extract 2024-03 done" in caplog.text


def test_a_step_that_fails_is_closed_too_and_its_error_is_unchanged(
    settings, plant, caplog, monkeypatch
):
    closed = []
    monkeypatch.setattr(MonthRun, "close", lambda run: closed.append(run.month))

    def fail(run):
        raise CheckFailed("raw_bill 2024-03: empty")

    plant("check_raw", fail)
    with pytest.raises(CheckFailed, match="raw_bill 2024-03: empty"):
        run_step("check_raw", settings, Month(2024, 3))
    assert closed == [Month(2024, 3)]
    assert "check_raw 2024-03 failed" in caplog.text


def test_a_task_stops_at_the_step_that_fails(settings, plant):
    done = []

    def fail(run):
        raise CheckFailed("bad")

    plant(
        "check_raw",
        lambda run: done.append("check_raw") or Made(),
    )
    plant("integrate", fail)
    plant("summarise", lambda run: done.append("summarise"))
    with pytest.raises(CheckFailed):
        list(run_task("integrate", settings, Month(2024, 3)))
    assert done == ["check_raw"]


def test_a_list_that_fails_its_check_is_not_published(settings, plant):
    done = []

    def fail(run):
        raise CheckFailed("out_warning 2024-03: bad")

    for step in ("score", "triggers", "warn", "publish"):
        plant(step, lambda run, step=step: done.append(step) or Made())
    plant("check_list", fail)
    with pytest.raises(CheckFailed):
        list(run_task("publish", settings, Month(2024, 3)))
    assert done == ["score", "triggers", "warn"]


@pytest.mark.parametrize(
    "name", ["", "extracts", "month_run", "../extract", "churn_tasks.steps.extract"]
)
def test_an_unknown_name_is_refused_with_those_that_exist(settings, name):
    with pytest.raises(BadInput, match="check_list"):
        run_step(name, settings, Month(2024, 3))
    with pytest.raises(BadInput, match="publish"):
        list(run_task(name, settings, Month(2024, 3)))
    assert name not in STEPS


def test_no_step_of_a_restatement_trains_or_promotes():
    steps = {step for task in TASKS for step in restated_steps(task.steps)}
    assert set(STEPS) - steps == {
        "late",
        "check_relations",
        "train",
        "promote",
        "watch",
    }
    assert [task_of(step).name for step in ("extract", "check_raw", "labels", "score", "report")] == [
        "integrate", "integrate", "publish", "publish", "report",
    ]  # fmt: skip


def test_a_restated_month_comes_first_and_one_that_is_refused_holds_nobody_up(
    settings, plant, caplog
):
    """March takes in late rows of February; its check refuses them, and March goes on."""
    march, february = Month(2024, 3), Month(2024, 2)
    delivered = settings.lake_dir / "raw_bill" / f"month={february.start}"
    delivered.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": ["c"]}), delivered / "data.parquet")
    done = []

    def late(run):
        found = "DATE '2024-02-01' AS late_month, 'bill' AS table_name, 3 AS late_rows, 3 AS new_rows"
        run.engine.write(
            "late_rows",
            run.month,
            f"SELECT {found}, NULL AS known_from, NULL AS known_to",
        )
        return Made()

    def note(step):
        def run(run):
            done.append((step, run.edition, run.delivered_again))
            if step == "check_raw" and run.restated_until:
                raise CheckFailed("raw_bill 2024-02: bad (e.g. 13912345678)")
            return Made()

        return run

    plant("late", late)
    for step in ("extract", "check_raw", "integrate", "match", "texts", "summarise"):
        plant(step, note(step))
    reports = list(run_task("integrate", settings, march))
    restated = "2024-02-restated-2024-04-06"
    assert done == [
        ("extract", restated, None),
        ("check_raw", restated, ("bill",)),
        *(
            (step, "2024-03", None)
            for step in ("check_raw", "integrate", "match", "texts", "summarise")
        ),
    ]
    assert [(r.step, r.outcome) for r in reports if r.month == restated] == [
        ("extract", "done"),
        ("check_raw", "refused"),
    ]
    run = MonthRun(settings, march)
    refusal = run.rows_of_month("refusal").to_dict("records")
    assert [(str(row["refused_month"])[:7], row["task"]) for row in refusal] == [
        (str(february), "integrate")
    ]
    assert refusal[0]["reason"] == "raw_bill 2024-02: bad (e.g. 139****5678)"
    run.close()
    done.clear()
    list(run_task("extract", settings, march))
    assert done == [("extract", "2024-03", None)], (
        "what was refused is not tried again by later tasks"
    )
