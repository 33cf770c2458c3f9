"""Runs months through Airflow's own backfill and reports on them; a month that is done is not run again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from churn_tasks.core.errors import CheckFailed, ConnectionTrouble
from churn_tasks.core.months import Month
from churn_tasks.local.airflow import Airflow

DAG_ID = "churn_monthly"
MONTHS_AT_ONCE = (
    2  # two cores: one month's start-up and imports fill the other's waiting
)
PAGE = 100
FINISHED = ("success", "failed")
IN_FLIGHT = ("queued", "running")

TaskStates = dict[str, str]  # task -> state as Airflow names it


@dataclass(frozen=True)
class MonthState:
    """One month in Airflow: its latest run.

    Attributes:
        state: of the run; ``""`` before there is one.
        tasks: state of each task; empty before Airflow has made them.
    """

    month: Month
    run_id: str = ""
    state: str = ""
    tasks: TaskStates | None = None


def run_months(
    airflow: Airflow, months: Sequence[Month], show: Callable[[list[MonthState]], None]
) -> list[MonthState]:
    """Have Airflow run every month that is not done, and wait until all are.

    Args:
        show: called about once a second with the state of all months.

    Raises:
        CheckFailed: a run failed; the message holds the end of the failed task's log.
    """
    airflow.send("PATCH", f"/dags/{DAG_ID}", {"is_paused": False})
    failed_before = {
        each.run_id for each in month_states(airflow, months) if each.state == "failed"
    }
    while True:
        states = month_states(airflow, months)
        show(states)
        if all(each.state == "success" for each in states):
            return states
        for each in states:
            if each.state == "failed" and each.run_id not in failed_before:
                raise CheckFailed(_why(airflow, each))
        if not any(each.state in IN_FLIGHT for each in states) and not _is_running(
            airflow
        ):
            _create(airflow, months)
        airflow.fail_if_gone()
        airflow.refuse_import_errors()
        time.sleep(1)


def month_states(airflow: Airflow, months: Sequence[Month]) -> list[MonthState]:
    """The latest run of each month with its tasks."""
    runs = {
        run["partition_key"]: run
        for run in _all(airflow, f"/dags/{DAG_ID}/dagRuns", "dag_runs")
    }
    tasks: dict[str, TaskStates] = {}
    for each in _all(
        airflow, f"/dags/{DAG_ID}/dagRuns/~/taskInstances", "task_instances"
    ):
        tasks.setdefault(each["dag_run_id"], {})[each["task_id"]] = each["state"] or ""
    return [
        MonthState(
            month, run["dag_run_id"], run["state"], tasks.get(run["dag_run_id"], {})
        )
        if (run := runs.get(str(month)))
        else MonthState(month)
        for month in months
    ]


def _create(airflow: Airflow, months: Sequence[Month]) -> None:
    backfill = {
        "dag_id": DAG_ID,
        "from_date": f"{months[0].start}T00:00:00Z",
        "to_date": f"{months[-1].end}T00:00:00Z",
        "max_active_runs": MONTHS_AT_ONCE,
        "reprocess_behavior": "failed",
    }
    airflow.send("POST", "/backfills", backfill)


def _is_running(airflow: Airflow) -> bool:
    found = airflow.get("/backfills", dag_id=DAG_ID, limit=PAGE)["backfills"]
    return any(each["completed_at"] is None and not each["is_paused"] for each in found)


def _all(airflow: Airflow, path: str, name: str) -> list[dict[str, Any]]:
    """Every item of a collection, oldest first."""
    items: list[dict[str, Any]] = []
    while True:
        page = airflow.get(
            path,
            limit=PAGE,
            offset=len(items),
            order_by="id" if name == "dag_runs" else "start_date",
        )
        items += page[name]
        if len(items) >= page["total_entries"] or not page[name]:
            return items


def _why(airflow: Airflow, failed: MonthState) -> str:
    task = next(
        (task for task, state in (failed.tasks or {}).items() if state == "failed"),
        None,
    )
    page = f"{airflow.url}/dags/{DAG_ID}/runs/{failed.run_id}"
    if task is None:
        return f"{failed.month} failed without a failed task. See {page}"
    return f"{failed.month}: task {task} failed.\n{_log_tail(airflow, failed.run_id, task)}\nSee {page}/tasks/{task}"


def _log_tail(airflow: Airflow, run_id: str, task: str, lines: int = 15) -> str:
    path = f"/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{task}"
    try:
        tries = airflow.get(path)["try_number"]
        content = airflow.get(f"{path}/logs/{tries}", full_content=True)["content"]
    except ConnectionTrouble as error:
        return f"(its log could not be read: {error})"
    said = [line for entry in content if (line := _line(entry))]
    return "\n".join(said[-lines:]) or "(its log is empty)"


def _line(entry: Any) -> str:
    """One line of a structured log entry; nothing for marks that fold the log on Airflow's page."""
    if not isinstance(entry, dict) or str(entry.get("event", "")).startswith("::"):
        return ""
    details = [
        each for each in entry.get("error_detail") or [] if isinstance(each, dict)
    ]
    errors = "; ".join(
        f"{each.get('exc_type')}: {each.get('exc_value')}" for each in details
    )
    return f"{entry.get('level', '')} {entry.get('event', '')} {errors}".strip()
