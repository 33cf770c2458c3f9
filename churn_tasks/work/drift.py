"""Drift of one month's deliveries against those of the latest earlier month that was accepted.

Extraction asks first, so that harm stops a source before anything is written. The notes are written when the month is
checked: by then the months before are integrated, also where Airflow extracts several months side by side.
"""

import logging
from collections.abc import Iterator

from churn_tasks.checks import delivery_drift
from churn_tasks.checks.delivery_drift import Extract, Overlap, Relations, Yardstick
from churn_tasks.checks.drift import Delivered, Finding, no_overlap
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun

log = logging.getLogger("churn.drift")


def yardstick(run: MonthRun, name: str) -> Yardstick | None:
    """What the latest earlier month delivered of a table that passed the checks and became clean."""
    months = _accepted_months(run, name)
    return delivery_drift.yardstick(run.engine, name, months)


def _accepted_months(run: MonthRun, name: str) -> Iterator[Month]:
    """Earlier months whose delivery became clean, the latest first."""
    for month in reversed(run.lake.months("delivery")):
        if month < run.month and run.lake.has(f"clean_{name}", month):
            yield month


def drift_below(
    run: MonthRun, name: str, relations: Relations, before: Yardstick | None
) -> list[Finding]:
    """Drift of the tables or files that the extract reads."""
    extract = _extract(run, name)
    return delivery_drift.below_extract(extract, run.month, relations, before)


def drift_of_result(
    run: MonthRun,
    name: str,
    now: Delivered,
    before: Yardstick | None,
    overlap: Overlap = no_overlap,
) -> list[Finding]:
    """Drift of what the extract gives."""
    costs = delivery_drift.gap_costs(run.settings)
    table = run.registry.raw[name]
    return delivery_drift.of_result(table, now, before, costs, overlap)


def note_drift(run: MonthRun) -> int:
    """Write ``drift`` of the month and log each note; returns the rows.

    Raises:
        BadInput: a change is harmful that extraction could not see, because the month before was not yet accepted.
    """
    costs = delivery_drift.gap_costs(run.settings)
    notes: list[Finding] = []
    for name in run.registry.raw:
        now = delivery_drift.latest_delivery(run.engine, name, run.month)
        if now is None:
            continue
        before, extract = yardstick(run, name), _extract(run, name)
        findings = delivery_drift.delivery_drift(extract, run.month, now, before, costs)
        delivery_drift.refuse_harm(name, run.month, findings)
        for finding in findings:
            log.warning("%s %s: %s", name, run.month, finding.text)
        notes += findings
    rows = delivery_drift.drift_rows(notes)
    return run.engine.write("drift", run.month, rows)


def _extract(run: MonthRun, name: str) -> Extract:
    table = run.registry.raw[name]
    return delivery_drift.extract_of(run.settings, run.window, table)
