"""Runs the steps of one task for the month of the DAG run, and says which failures are worth another try."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
)
from airflow.sdk.exceptions import AirflowSkipException, AirflowTaskTimeout

from churn_airflow.alerts import alert, announce
from churn_airflow.connections import connected
from churn_airflow.month import month_of
from churn_tasks.core.errors import RETRYABLE
from churn_tasks.core.settings import load_settings
from churn_tasks.walks.month import run_task
from churn_tasks.walks.tasks import task_named

if TYPE_CHECKING:
    from churn_tasks.runner.step import StepReport

# Waiting mends these; everything else (bad data, a bug) fails at once. A killed process raises nothing and is retried.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=[*RETRYABLE, AirflowTaskTimeout], action=RetryAction.RETRY)
    ],
    default=RetryAction.FAIL,
)
DEFAULTS: dict[str, Any] = {
    "retries": 6,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": RETRY_POLICY,
    "max_active_tis_per_dag": 1,  # months may overlap, but never in the same task
    "trigger_rule": "none_failed",  # a task with nothing to do yet is shown as skipped and holds nobody up
    "on_failure_callback": alert,
}


def limits(task: str) -> dict[str, Any]:
    """Arguments of ``@task`` that the pipeline sets for one task."""
    return {"execution_timeout": timedelta(minutes=task_named(task).minutes)}


def run(task: str) -> list[dict[str, Any]]:
    """Run the steps of one task for the month of this DAG run.

    Returns:
        What each step says of itself (names, counts, seconds), for XCom; never rows.

    Raises:
        AirflowSkipException: no step had anything to do for this month yet.
        ChurnError: as the step raised it; ``RETRY_POLICY`` decides by its class.
    """
    context = get_current_context()
    settings = connected(load_settings())
    reports = list(run_task(task, settings, month_of(context)))
    for report in reports:
        # the restatement of an earlier month: the run itself goes on
        if report.outcome == "refused":
            about = {**context, "exception": report.reason}
            announce(f"refused-{report.month}", about, settings)
        # the model in force no longer fits: the list is out all the same
        if report.facts.get("alarms"):
            about = {**context, "exception": report.facts["alarms"]}
            announce(f"watch-{report.month}", about, settings)
    facts = [_facts(report) for report in reports]
    if all(report.outcome == "skipped" for report in reports):
        context["ti"].xcom_push("return_value", facts)
        reasons = [f"{report.step}: {report.reason}" for report in reports]
        raise AirflowSkipException("; ".join(reasons))
    return facts


def _facts(report: "StepReport") -> dict[str, Any]:
    """What a report says; fields that say nothing are left out."""
    facts = asdict(report)
    return {name: value for name, value in facts.items() if value not in ("", {}, None)}
