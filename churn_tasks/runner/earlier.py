"""The version of a table that a restatement goes on from, and what has changed in the lake since that was made.

What the run of that version saw of the lake follows from its date (``core/reading.py``); a partition that is read from
another file now has changed since.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from churn_tasks.adapters.lake import Lake
from churn_tasks.adapters.versions import Version
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading
from churn_tasks.runner.month_run import MonthRun


@dataclass(frozen=True)
class EarlierVersion:
    """The version of a table that a restatement goes on from.

    Attributes:
        file: where it lies.
        lake: the lake as the run saw it that made it.
        known_until: the day up to which that run knew.
    """

    file: Path
    lake: Lake
    known_until: date


@dataclass(frozen=True)
class Change:
    """One month of a table that is read from other files than by the earlier run.

    Attributes:
        before: None where the month was not there then.
    """

    now: Version
    before: Version | None


def earlier_version(run: MonthRun, table: str, month: Month) -> EarlierVersion | None:
    """The version before the one that a run writes; None where there is none with the columns of today."""
    day = run.settings.calendar.window(run.month).known_until
    is_restated = False
    for restated in run.lake.restatements(table, month):
        if restated < run.window.known_until:
            day, is_restated = restated, True
    reading = Reading(run.month, day, is_restated=is_restated)
    lake = Lake(run.lake.root, reading)
    version = lake.version(table, month)
    if version is None or not has_columns_of_today(run, table, version):
        return None
    return EarlierVersion(version.whole, lake, day)


def has_columns_of_today(run: MonthRun, table: str, version: Version) -> bool:
    """Whether a version is one file with the declared columns."""
    declared = run.registry.tables[table].column_names
    return not version.parts and pq.read_schema(version.whole).names == declared


def changes(run: MonthRun, table: str, earlier: EarlierVersion) -> list[Change]:
    """The months of a table, up to the run's, that have changed since an earlier version was made."""
    found = []
    for month, now in run.lake.versions(table).items():
        before = earlier.lake.version(table, month)
        if month <= run.month and now != before:
            found.append(Change(now, before))
    return found
