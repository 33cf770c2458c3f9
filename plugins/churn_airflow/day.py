"""Which day a run of the daily watch is for, and the watch itself for that day."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from airflow.sdk import get_current_context

from churn_airflow.alerts import announce
from churn_airflow.connections import connected
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import load_settings

# for the form of a manual run; day_of decides
PATTERN = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


def day_of(context: Mapping[str, Any]) -> date:
    """The day of a task's context: the run's partition key, or the parameter ``day`` of a manual run.

    Raises:
        BadInput: neither is given, both are given and differ, or one is no day of the form YYYY-MM-DD.
    """
    parameters = context.get("params") or {}
    given = {
        "partition key": context.get("partition_key"),
        "parameter day": parameters.get("day"),
    }
    days = {}
    for source, value in given.items():
        if value is not None:
            days[source] = _parsed(value)
    if not days:
        raise BadInput(
            "this run has no day: it has no partition key and no parameter day. Trigger it again with"
            ' {"day": "2024-08-14"}.'
        )
    if len(set(days.values())) > 1:
        told = " but ".join(f"{source} says {day}" for source, day in days.items())
        raise BadInput(f"{told}. Trigger the run again with one of them.")
    return next(iter(days.values()))


def _parsed(value: object) -> date:
    """A day of the form YYYY-MM-DD and no other that ISO 8601 knows."""
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or value != day.isoformat():
        raise BadInput(
            f"day {value!r} is not of the form YYYY-MM-DD, for example 2024-08-14"
        )
    return day


def watch() -> list[dict[str, Any]]:
    """Watch the day of this run, and before it the days that were missed; old data are announced, not failed.

    Returns:
        What each day came to (counts and names of tables), for XCom.
    """
    # here, so that reading the DAGs does not import DuckDB
    from churn_tasks.walks.day import watch_days

    context = get_current_context()
    settings = connected(load_settings())
    reports = list(watch_days(settings, day_of(context)))
    last = reports[-1]
    if last.missing:
        about = {**context, "exception": "; ".join(last.missing)}
        announce(f"no-data-{last.day}", about, settings)
    return [asdict(report) for report in reports]
