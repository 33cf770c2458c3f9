"""Which month a DAG run is for. The only place that decides it."""

from collections.abc import Mapping
from typing import Any

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

# for the form of a manual run; Month.parse decides
PATTERN = "^[0-9]{4}-(0[1-9]|1[0-2])$"


def month_of(context: Mapping[str, Any]) -> Month:
    """The month of a task's context: the run's partition key, or the parameter ``month`` of a manual run.

    Dates of the run are never looked at: in Asia/Shanghai the run for January has a date in December.

    Raises:
        BadInput: neither is given, both are given and differ, or one is not of the form YYYY-MM.
    """
    parameters = context.get("params") or {}
    given = {
        "partition key": context.get("partition_key"),
        "parameter month": parameters.get("month"),
    }
    months = {}
    for source, value in given.items():
        if value is not None:
            months[source] = Month.parse(value)
    if not months:
        raise BadInput(
            "this run has no month: it has no partition key and no parameter month. "
            'Trigger it again with {"month": "2024-03"}, or create a backfill for the month.'
        )
    if len(set(months.values())) > 1:
        told = " but ".join(
            f"{source} says {month}" for source, month in months.items()
        )
        raise BadInput(f"{told}. Trigger the run again with one of them.")
    return next(iter(months.values()))
