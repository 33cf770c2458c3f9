"""The daily watch: what became known since the list came out, raised as alarms on the same day (G5).

Of the running month, and of the month before as long as the area holds it, the watch takes in what became known, cleans
and sums it up with the steps of the month, asks the triggers that say ``by_day``, and hands all that fired to the
warehouse, which raises each once. It writes to an area of its own and never to the lake of the months.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from churn_tasks.adapters.source import open_source
from churn_tasks.adapters.versions import day_of
from churn_tasks.adapters.warehouse import Warehouse, WatchedDay
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.declared.registry import Registry
from churn_tasks.declared.shared_registry import shared_registry
from churn_tasks.declared.triggers import Raised, possible
from churn_tasks.declared.watched import narrowed, sources_of, triggers_by_day
from churn_tasks.runner.day_run import DayRun
from churn_tasks.runner.protocol import make_queries
from churn_tasks.walks.graph import run_on, step_named
from churn_tasks.work.alarms import alarm_rows, rejected_rows, triggers_of_days
from churn_tasks.work.day_ages import Age, ages
from churn_tasks.work.day_sources import Taken, tables_there, take_in

if TYPE_CHECKING:
    import pyarrow as pa

CATCH_UP_DAYS = (
    31  # missed days that are made up for; what is older is the month's own matter
)
NO_TRIGGER = "the profile has no trigger that is raised by day"


@dataclass(frozen=True)
class Watched:
    """What the watch looks at in a profile.

    Attributes:
        sources: tables that the triggers need.
    """

    registry: Registry
    raised: Sequence[Raised]
    sources: Sequence[str]

    def with_tables(self, names: Sequence[str]) -> Registry:
        return narrowed(self.registry, self.raised, names)


@dataclass
class DayReport:
    """What a watched day came to; small enough for a log line and an XCom.

    Attributes:
        alarms: that the day was the first to raise.
        rows: that the day brought.
        rejected: rows of the months that were set aside so far.
        missing: a warning for each source table whose data are old.
        idle: why there was nothing to watch.
    """

    day: str
    alarms: int = 0
    rows: int = 0
    rejected: int = 0
    missing: list[str] = field(default_factory=list)
    idle: str = ""


@dataclass(frozen=True)
class MonthSoFar:
    """A month as a day knows it, cleaned and summed up.

    Attributes:
        fired: the triggers, a row a customer and trigger; None where no table is there.
        asked: names of the triggers that were asked.
    """

    run: DayRun
    fired: "pa.Table | None"
    asked: Sequence[str]
    refused: dict[str, str]
    rejected: int


def watch_days(settings: Settings, day: date) -> Iterator[DayReport]:
    """Watch a day, and before it the days since the last one that were missed, in order.

    A day that was watched before, or lies before it, is watched alone.

    Raises:
        BadInput: the day lies before the first month of history.
        SettingsError: ``triggers.yaml`` names an event or a value that cannot be.
        ConnectionTrouble: source or warehouse did not answer; what is done stays done.
    """
    if day < settings.first_month.start:
        raise BadInput(
            f"day {day} lies before the first month of history, {settings.first_month} (first_month of the profile)"
        )
    with closing(Warehouse(settings)) as warehouse:
        last = warehouse.last_watched_day()
    first = day
    if last is not None and last < day:
        earliest = day - timedelta(days=CATCH_UP_DAYS)
        first = max(last + timedelta(days=1), earliest)
    for number in range((day - first).days + 1):
        yield watch_day(settings, first + timedelta(days=number))


def watch_day(settings: Settings, day: date) -> DayReport:
    """Watch one day as it was known when it ended; doing it again changes nothing."""
    registry = shared_registry(settings)
    raised = triggers_by_day(settings, registry.tables)
    if not raised:
        return DayReport(str(day), idle=NO_TRIGGER)
    watched = Watched(registry, raised, sources_of(registry, raised))
    with ExitStack() as opened:
        area = opened.enter_context(_area(settings, day))
        found = []
        for month in _months(area, day):
            so_far = _month_so_far(settings, month, day, area, watched)
            opened.callback(so_far.run.close)
            found.append(so_far)
        return _recorded(day, watched, found)


def _months(area: Path, day: date) -> list[Month]:
    """The month of the day, and before it the one before where the area holds it: what comes late of that is news."""
    month = Month.of(day)
    before = month - 1
    is_held = any(area.glob(f"raw_*/month={before.start}"))
    return [before, month] if is_held else [month]


def _month_so_far(
    settings: Settings, month: Month, day: date, area: Path, watched: Watched
) -> MonthSoFar:
    """Take in what became known of a month, clean it and sum it up, and ask the triggers.

    A table that is there neither today nor since an earlier day takes its triggers with it, and no others.
    """
    every = watched.with_tables(watched.sources)
    with closing(DayRun.of(settings, month, day, area, every)) as run:
        taken = _taken_in(run)
        there = tables_there(run, watched.sources)
    narrow = watched.with_tables(there)
    asked = possible(watched.raised, narrow.tables)
    run = DayRun.of(settings, month, day, area, narrow)
    seen = run.seen_today()
    if not there or not asked:
        return MonthSoFar(seen, None, [], taken.refused, 0)
    with closing(run):
        run_on("integrate", run)
    run_on("texts", seen)
    make_queries(step_named("summarise"), seen, whole=True)
    names = [one.name for one in asked]
    fired = triggers_of_days(seen, asked)
    return MonthSoFar(seen, fired, names, taken.refused, rejected_rows(seen))


def _taken_in(run: DayRun) -> Taken:
    """What the source gives; nothing where it cannot be opened for the month."""
    try:
        with open_source(run.settings, run.month) as source:
            return take_in(run, source)
    except (BadInput, NotReady) as error:
        reason = masked(str(error))
        return Taken(refused=dict.fromkeys(run.registry.raw, reason))


def _recorded(day: date, watched: Watched, found: Sequence[MonthSoFar]) -> DayReport:
    """Hand what the months came to to the warehouse; the last of them is that of the day."""
    today = found[-1]
    fired = [one.fired for one in found if one.fired is not None]
    told = ages(today.run, day, watched.sources, today.refused)
    stale = [age for age in told if age.is_stale]
    report = DayReport(str(day))
    report.rows = sum(age.rows for age in told)
    report.rejected = sum(one.rejected for one in found)
    report.missing = [age.told() for age in stale]
    record = WatchedDay(
        day=day,
        asked={one.run.month: one.asked for one in found},
        rows_taken=report.rows,
        rows_rejected=report.rejected,
        missing_en="; ".join(report.missing),
        missing_zh="；".join(age.told_zh() for age in stale),
        sources={age.table: _told_in_figures(age) for age in told},
    )
    rows = alarm_rows(today.run, fired)
    report.alarms = today.run.warehouse.record_day(record, rows)
    return report


def _told_in_figures(age: Age) -> dict[str, object]:
    return {"rows": age.rows, "newest": age.newest, "is_stale": age.is_stale}


@contextmanager
def _area(settings: Settings, day: date) -> Iterator[Path]:
    """The folder of the watch's lake, held by one process at a time.

    A day before the last one that was taken in has a folder for a while: what it brings would count twice beside what
    later days have added to the versions of then. Months that are over for the watch are removed.
    """
    settings.watch_dir.mkdir(parents=True, exist_ok=True)
    area = settings.watch_dir / "lake"
    with (settings.watch_dir / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if _last_day(area) > day:
            with TemporaryDirectory(dir=settings.watch_dir) as aside:
                yield Path(aside)
            return
        yield area
        first_kept = (Month.of(day) - 1).start
        for folder in area.glob("*/month=*"):
            if date.fromisoformat(folder.name.removeprefix("month=")) < first_kept:
                shutil.rmtree(folder)


def _last_day(area: Path) -> date:
    """The last day whose rows lie in the area."""
    files = area.glob("raw_*/month=*/*=*.parquet")
    known_until = max((day_of(path) for path in files), default=date.min)
    return known_until - timedelta(days=1) if known_until > date.min else date.min
