"""Runs months through Airflow's own backfill and reports on them; a month that is done is not run again."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churn_tasks.core.errors import CheckFailed, ConnectionTrouble
from churn_tasks.core.months import Month
from churn_tasks.local.airflow import Airflow

DAG_ID = "churn_monthly"
MONTHS_AT_ONCE = 2  # cores: one month's start-up and imports fill the other's waiting
PAGE = 100
LOOK_EVERY_S = 3.0
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
        show: called every three seconds or so with the state of all months.

    Raises:
        CheckFailed: a run failed; the message holds the end of the failed task's log.
    """
    airflow.send("PATCH", f"/dags/{DAG_ID}", {"is_paused": False})
    states = month_states(airflow, months)
    failed_before = _failed(states).keys()
    while True:
        states = month_states(airflow, months, states)
        show(states)
        if all(each.state == "success" for each in states):
            return states
        for run_id, failed in _failed(states).items():
            if run_id not in failed_before:
                raise CheckFailed(_why(airflow, failed))
        if not _is_at_work(airflow, states):
            _create(airflow, months)
        airflow.fail_if_gone()
        if not _runs_a_task(states):  # a DAG file that cannot be read may be why
            airflow.refuse_import_errors()
        time.sleep(LOOK_EVERY_S)


def _failed(states: Iterable[MonthState]) -> dict[str, MonthState]:
    """The months whose latest run failed, by that run."""
    return {each.run_id: each for each in states if each.state == "failed"}


def month_states(
    airflow: Airflow, months: Sequence[Month], before: Iterable[MonthState] = ()
) -> list[MonthState]:
    """The latest run of each month with its tasks.

    Args:
        before: what an earlier look found; of a run that had ended by then the tasks are not asked for again.
    """
    runs = {}
    for run in _all(airflow, f"/dags/{DAG_ID}/dagRuns", "dag_runs"):
        runs[run["partition_key"]] = run
    ended = {each.run_id: each for each in before if each.state in FINISHED}
    states = []
    for month in months:
        latest = runs.get(str(month))
        if latest is None:
            states.append(MonthState(month))
        else:
            states.append(_month_state(airflow, month, latest, ended))
    return states


def _month_state(
    airflow: Airflow,
    month: Month,
    run: Mapping[str, Any],
    ended: Mapping[str, MonthState],
) -> MonthState:
    run_id, state = run["dag_run_id"], run["state"]
    before = ended.get(run_id)
    if before and before.state == state:
        return before
    if state == "queued":
        return MonthState(month, run_id, state, {})
    return MonthState(month, run_id, state, _task_states(airflow, run_id))


def _task_states(airflow: Airflow, run_id: str) -> TaskStates:
    path = f"/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances"
    states = {}
    for task in _all(airflow, path, "task_instances"):
        states[task["task_id"]] = task["state"] or ""
    return states


def _runs_a_task(states: Iterable[MonthState]) -> bool:
    return any("running" in (each.tasks or {}).values() for each in states)


def _create(airflow: Airflow, months: Sequence[Month]) -> None:
    backfill = {
        "dag_id": DAG_ID,
        "from_date": f"{months[0].start}T00:00:00Z",
        "to_date": f"{months[-1].end}T00:00:00Z",
        "max_active_runs": MONTHS_AT_ONCE,
        "reprocess_behavior": "failed",
    }
    airflow.send("POST", "/backfills", backfill)


def _is_at_work(airflow: Airflow, states: Sequence[MonthState]) -> bool:
    """Whether a month runs or waits, or a backfill is about to make its runs."""
    if any(each.state in IN_FLIGHT for each in states):
        return True
    backfills = airflow.get("/backfills", dag_id=DAG_ID, limit=PAGE)["backfills"]
    return any(
        backfill["completed_at"] is None and not backfill["is_paused"]
        for backfill in backfills
    )


def _all(airflow: Airflow, path: str, name: str) -> list[dict[str, Any]]:
    """Every item of a collection, oldest first."""
    order = "id" if name == "dag_runs" else "start_date"
    items: list[dict[str, Any]] = []
    while True:
        page = airflow.get(path, limit=PAGE, offset=len(items), order_by=order)
        items += page[name]
        if len(items) >= page["total_entries"] or not page[name]:
            return items


def _why(airflow: Airflow, failed: MonthState) -> str:
    page = f"{airflow.url}/dags/{DAG_ID}/runs/{failed.run_id}"
    for task, state in (failed.tasks or {}).items():
        if state == "failed":
            log = _log_tail(airflow, failed.run_id, task)
            return (
                f"{failed.month}: task {task} failed.\n{log}\nSee {page}/tasks/{task}"
            )
    return f"{failed.month} failed without a failed task. See {page}"


def _log_tail(airflow: Airflow, run_id: str, task: str, lines: int = 15) -> str:
    path = f"/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{task}"
    try:
        tries = airflow.get(path)["try_number"]
        content = airflow.get(f"{path}/logs/{tries}", full_content=True)["content"]
    except ConnectionTrouble as error:
        return f"(its log could not be read: {error})"
    said = list(filter(None, map(_line, content)))
    return "\n".join(said[-lines:]) or "(its log is empty)"


def _line(entry: Any) -> str:
    """One line of a structured log entry; nothing for marks that fold the log on Airflow's page."""
    if not isinstance(entry, dict):
        return ""
    event = str(entry.get("event", ""))
    if event.startswith("::"):
        return ""
    given = entry.get("error_detail") or []
    errors = "; ".join(_raised(each) for each in given if isinstance(each, dict))
    return f"{entry.get('level', '')} {event} {errors}".strip()


def _raised(detail: Mapping[str, Any]) -> str:
    return f"{detail.get('exc_type')}: {detail.get('exc_value')}"
