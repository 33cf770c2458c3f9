"""What a step is given: one month of one profile, with the adapters it may use, opened when first asked for."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.lake import Lake
from churn_tasks.checks.measures import Suite, measures_sql
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.tables import Registry, load_registry
from churn_tasks.core.windows import Window

if TYPE_CHECKING:
    from churn_tasks.adapters.tracking import Tracking
    from churn_tasks.adapters.warehouse import Warehouse


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
    def warehouse(self) -> "Warehouse":
        from churn_tasks.adapters.warehouse import Warehouse

        return Warehouse(self.settings)

    @cached_property
    def tracking(self) -> "Tracking":
        from churn_tasks.adapters.tracking import Tracking  # MLflow takes seconds to import: only where it is used

        return Tracking(self.settings)

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
                f"{self.month} needs {table} of {', '.join(missing)}."
                f" Run first: churn step {made_by} --month {missing[0]}"
            )

    def require_all(self, tables: list[str], months: list[Month], made_by: str) -> None:
        """:meth:`require` for several tables."""
        for table in tables:
            self.require(table, months, made_by)

    def require_decision(self, month: Month) -> None:
        """Refuse to go on before the gate of a month has decided which model is in force.

        Raises:
            NotReady: it could decide, and has not.
        """
        if self.settings.calendar.tested_month(month):
            self.require("out_promotion", [month], made_by="promote")

    def measured(self, suites: list[Suite]) -> dict[str, float]:
        """Take every measure of the suites over this month's partitions: ``<table>.<measure>`` to its value."""
        figures: dict[str, float] = {}
        for suite in suites:
            self.engine.view(suite.table)
            relation = f"(SELECT * FROM {suite.table} WHERE month = DATE '{self.month.start}')"
            figures.update(self.engine.row(measures_sql(suite, relation)))
        return figures

    def write_counts(self, step: str, counts: "list[RowCount]") -> None:
        """Write ``audit_rows`` of the month."""
        rows = ", ".join(
            f"('{step}', '{c.table}', {c.rows_in}, {c.rows_out}, {c.quarantined}, {c.merged})" for c in counts
        )
        names = "step, table_name, rows_in, rows_out, quarantined, merged"
        self.engine.write("audit_rows", self.month, f"SELECT * FROM (VALUES {rows}) AS counts({names})")

    def close(self) -> None:
        """Close what was opened."""
        for name in ("engine", "warehouse"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()


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
