"""Accepting a figure of one month that stopped it and is right: which figure, and the decision on record."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import NamedTuple

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.checks.exceptions import RAW, setting_name
from churn_tasks.checks.measures import POPULATION
from churn_tasks.checks.relations import RELATION
from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun

RESULTS = (
    "SELECT table_name, column_name, measure, value, verdict FROM check_result WHERE month = $month"
    f" UNION ALL SELECT '{RELATION}', '', measure, value, verdict FROM {RELATION} WHERE month = $month"
    " ORDER BY ALL"
)
ADJUSTED = ("stop", "accepted")


class Found(NamedTuple):
    """What the gate last found of a measure in the month."""

    measure: str
    value: float
    verdict: str


def accept(
    settings: Settings, month: Month, measure: str, by: str, why: str
) -> Acceptance:
    """Put on record that a figure which stopped the month is right.

    Raises:
        BadInput: it did not stop the month, or who or why is blank.
        SettingsError: there is no warehouse to keep the decision in.
    """
    person, reason = _given(by, why)
    found = _stopping(settings, month, measure.removeprefix(RAW))
    acceptance = Acceptance(found.measure, found.value, person, reason)
    with closing(Warehouse(settings)) as warehouse:
        warehouse.record_acceptance(month, acceptance)
    return acceptance


def take_back(
    settings: Settings, month: Month, measure: str, by: str, why: str
) -> Acceptance:
    """Take an acceptance back; the next run of the month stops again.

    Raises:
        BadInput: no acceptance in force fits, or who or why is blank.
    """
    person, reason = _given(by, why)
    name = measure.removeprefix(RAW)
    with closing(Warehouse(settings)) as warehouse:
        in_force = {each.measure: each for each in warehouse.acceptances(month)}
        if name not in in_force:
            there = ", ".join(in_force) or "none"
            raise BadInput(f"{month}: {name} was not accepted; in force: {there}")
        taken = Acceptance(name, in_force[name].value, person, reason)
        warehouse.record_acceptance(month, taken, is_accepted=False)
    return taken


def in_force(settings: Settings, month: Month) -> list[Acceptance]:
    """What is accepted of a month."""
    with closing(Warehouse(settings)) as warehouse:
        return warehouse.acceptances(month)


def stopping(settings: Settings, month: Month) -> list[Found]:
    """The figures that stopped the month when it was last checked, or would have if nobody had accepted them."""
    with closing(MonthRun(settings, month, date.max)) as run:
        return [each for each in _found(run) if each.verdict in ADJUSTED]


def _given(by: str, why: str) -> tuple[str, str]:
    person, reason = by.strip(), why.strip()
    if not person or not reason:
        raise BadInput(
            "give --by (who says that the figure is right) and --why (the reason), neither blank"
        )
    return person, reason


def _stopping(settings: Settings, month: Month, name: str) -> Found:
    """The figure of this name that stopped the month."""
    stopped = stopping(settings, month)
    for found in stopped:
        if found.measure == name:
            return found
    listed = ", ".join(found.measure for found in stopped) or "none"
    raise BadInput(
        f"{month}: {name} did not stop the month when it was last checked; figures that did: {listed}."
        " Only what would stop a month is accepted, and only as it is."
    )


def _found(run: MonthRun) -> Iterator[Found]:
    run.engine.views("check_result", RELATION)
    for row in run.engine.records(RESULTS, {"month": run.month.start}):
        parts = (row["column_name"], row["measure"])
        measure = ".".join(filter(None, parts))
        name = setting_name(row["table_name"], measure)
        yield Found(name, row["value"], row["verdict"])
    yield from _population(run)


def _population(run: MonthRun) -> Iterator[Found]:
    """Of the population no verdict is kept: it is held against its bounds once more."""
    table, measure = POPULATION
    before = run.month - 1
    if not run.lake.has(table, run.month) or not run.lake.has(table, before):
        return
    ratio = run.lake.rows(table, run.month) / max(run.lake.rows(table, before), 1)
    lowest, highest = run.settings.quality.population
    verdict = "pass" if lowest <= ratio <= highest else "stop"
    yield Found(setting_name(table, measure), ratio, verdict)
