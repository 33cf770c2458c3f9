"""Drift of one month for the steps that run it: hands :mod:`.delivery_drift` what it needs of a run.

Extraction asks first, so that harm stops a source before anything is written. The notes are written when the month is
checked: by then the months before are integrated, also where Airflow extracts several months side by side.
"""

import logging
from collections.abc import Iterator
from typing import Any, Protocol

from churn_tasks.checks import delivery_drift as drift
from churn_tasks.checks.delivery_drift import Extract, Overlap, Relations, Yardstick
from churn_tasks.checks.drift import Delivered, Finding, no_overlap
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.registry import Registry

log = logging.getLogger("churn.drift")
Before = tuple[Month, Delivered] | None


class Run(Protocol):
    """What is needed of a month's run."""

    settings: Settings
    month: Month

    @property
    def window(self) -> Window: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def lake(self) -> Any: ...
    @property
    def engine(self) -> Any: ...


def accepted(run: Run, name: str) -> Before:
    """The yardstick: what the latest earlier month delivered that passed the checks and became clean."""
    before = drift.yardstick(run.engine, name, _accepted_months(run, name))
    return (before.month, before.delivered) if before else None


def below(run: Run, name: str, relations: Relations, before: Before) -> list[Finding]:
    """Drift of the tables or files that the extract reads."""
    extract = _extract(run, name)
    return drift.below_extract(extract, run.month, relations, _yardstick(before))


def above(
    run: Run, name: str, now: Delivered, before: Before, overlap: Overlap = no_overlap
) -> list[Finding]:
    """Drift of what the extract gives."""
    costs = drift.gap_costs(run.settings)
    table = run.registry.raw[name]
    return drift.of_result(table, now, _yardstick(before), costs, overlap)


def refuse_harm(run: Run, name: str, findings: list[Finding]) -> None:
    """Let notes pass.

    Raises:
        BadInput: a finding is harmful; every harmful column is named.
    """
    drift.refuse_harm(name, run.month, findings)


def note_drift(run: Run) -> int:
    """Write ``drift`` of the month and log each note.

    Raises:
        BadInput: a change is harmful that extraction could not see, because the month before was not yet accepted.
    """
    costs = drift.gap_costs(run.settings)
    notes: list[Finding] = []
    for name in run.registry.raw:
        now = drift.latest_delivery(run.engine, name, run.month)
        if now is None:
            continue
        before = drift.yardstick(run.engine, name, _accepted_months(run, name))
        extract = _extract(run, name)
        findings = drift.delivery_drift(extract, run.month, now, before, costs)
        drift.refuse_harm(name, run.month, findings)
        for finding in findings:
            log.warning("%s %s: %s", name, run.month, finding.text)
        notes += findings
    with run.engine.registered("new_drift", drift.drift_rows(notes)):
        return int(run.engine.write("drift", run.month, "SELECT * FROM new_drift"))


def extract_text(run: Run, name: str) -> str:
    """The extract as the profile has it, without the month's dates."""
    return drift.extract_text(run.settings, name)


def _accepted_months(run: Run, name: str) -> Iterator[Month]:
    """Earlier months whose delivery became clean, the latest first."""
    for month in reversed(run.lake.months("delivery")):
        if month < run.month and run.lake.has(f"clean_{name}", month):
            yield month


def _extract(run: Run, name: str) -> Extract:
    return drift.extract_of(run.settings, run.window, run.registry.raw[name])


def _yardstick(before: Before) -> Yardstick | None:
    return Yardstick(*before) if before else None
