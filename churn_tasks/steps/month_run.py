"""What a step is given: one month of one profile, with the adapters it may use, opened when first asked for."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.tables import Registry, load_registry
from churn_tasks.core.windows import Window

log = logging.getLogger("churn")


@dataclass
class MonthRun:
    """One month of one profile. Steps take this and return a :class:`StepReport`."""

    settings: Settings
    month: Month

    @cached_property
    def registry(self) -> Registry:
        return load_registry(self.settings)

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_dir)

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.lake, self.registry, self.settings.resources)

    @cached_property
    def window(self) -> Window:
        return self.settings.calendar.window(self.month)

    def window_of(self, month: Month) -> Window:
        return self.settings.calendar.window(month)

    def require(self, table: str, months: list[Month], made_by: str) -> None:
        """Refuse to go on before earlier work is done.

        Raises:
            NotReady: the table lacks one of the months, with the command that makes it.
        """
        missing = [str(month) for month in months if not self.lake.has(table, month)]
        if missing:
            raise NotReady(
                f"{self.month} needs {table} of {', '.join(missing)}. Run first: churn step {made_by} --month {missing[0]}"
            )

    def close(self) -> None:
        if "engine" in self.__dict__:
            self.engine.close()


@dataclass(frozen=True)
class RowCount:
    """What one step did with the rows of one table: rows_in = rows_out + quarantined + merged."""

    table: str
    rows_in: int
    rows_out: int
    quarantined: int = 0
    merged: int = 0


@dataclass
class StepReport:
    """What a step says of itself; small enough for a log line, an XCom and a progress display."""

    step: str
    month: str
    outcome: str = "done"  # or "skipped": nothing to do for this month yet
    reason: str = ""
    rows: dict[str, int] = field(default_factory=dict)  # table -> rows written
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def skipped(step: str, run: MonthRun, reason: str) -> StepReport:
    """The report of a step that has nothing to do for this month."""
    return StepReport(step=step, month=str(run.month), outcome="skipped", reason=reason)


@contextmanager
def timed(report: StepReport) -> Iterator[StepReport]:
    """Fill ``seconds`` and log one line with rows and seconds when the step ends."""
    started = time.monotonic()
    try:
        yield report
    finally:
        report.seconds = round(time.monotonic() - started, 2)
        log.info("%s %s %s rows=%s %.2fs", report.step, report.month, report.outcome, report.rows, report.seconds)
