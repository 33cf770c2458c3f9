"""A month while it runs, as it is known when a day ends: what the daily watch works on.

To the steps it is a month that is restated under the day after, in a lake of its own: the first day of a month takes in
all that is known so far, and each later one what became known since, as parts beside the versions before
(``adapters/versions.py``). So the watch reads, cleans and sums up with the very steps of the month.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from churn_tasks.adapters.day_lake import DayLake
from churn_tasks.adapters.lake import Lake
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.registry import Registry
from churn_tasks.runner.month_run import MonthRun


def first_running(settings: Settings, known_until: date) -> Month:
    """The first month whose own run was still to come when a day began."""
    month = Month.of(known_until)
    while settings.calendar.window(month - 1).known_until > known_until:
        month = month - 1
    return month


@dataclass
class DayRun(MonthRun):
    """One month as known at the end of a day.

    Attributes:
        area: folder of the lake that is written.
        narrow: the registry with what the watch needs alone.
        ends_today: whether queries see the month up to the day alone; without it up to the month's end, which is how
            sources are asked: what is known by now of the days to come is not news again when they come.
    """

    area: Path = Path()
    narrow: Registry | None = None
    ends_today: bool = False

    @classmethod
    def of(
        cls, settings: Settings, month: Month, day: date, area: Path, narrow: Registry
    ) -> "DayRun":
        """The run of a month on a day; it goes on from the day before if there is one in the area."""
        run = cls(settings, month, day + timedelta(days=1), area=area, narrow=narrow)
        run.only_late = run.goes_on
        return run

    @property
    def goes_on(self) -> bool:
        """Whether the area has something of the month that an earlier day took in."""
        before = self.lake.before()
        return any(before.has(f"raw_{name}", self.month) for name in self.registry.raw)

    @cached_property
    def registry(self) -> Registry:
        return self.narrow or super().registry

    @cached_property
    def lake(self) -> Lake:
        settled = Lake(self.settings.lake_dir, self.reading)
        first = first_running(self.settings, self.window.known_until)
        running = min(first, self.month)
        return DayLake(self.area, self.reading, settled=settled, running=running)

    def window_of(self, month: Month) -> Window:
        window = super().window_of(month)
        ends = min(window.known_until, window.as_of)
        if self.ends_today and month == self.month:
            return replace(window, as_of=ends)
        return window

    def seen_today(self) -> "DayRun":
        """The same month for queries, which see nothing that lies after the day and make every row of the month again:
        with the day their end moves on, so that a row that was known before may count today.
        """
        return replace(self, ends_today=True, only_late=False, shared={})
