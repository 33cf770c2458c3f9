"""What a step is given: one month of one profile, with the adapters it may use, opened when first asked for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.lake import Lake
from churn_tasks.checks.measures import Suite, measures_sql
from churn_tasks.core.errors import BadInput, NotReady, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry, load_registry
from churn_tasks.integrate.standardise.prepare import prepare_standard
from churn_tasks.integrate.standardise.view import StandardView

if TYPE_CHECKING:
    import pandas as pd

    from churn_tasks.adapters.spark.engine import SparkEngine
    from churn_tasks.adapters.tracking import Tracking
    from churn_tasks.adapters.warehouse import Warehouse

DECIDED = {"text": pa.string(), "integer": pa.int64()}  # types of what people decide


@dataclass
class MonthRun:
    """One month of one profile. Steps take this and return a :class:`StepReport`.

    Attributes:
        restated_until: set when the month is restated with what was known before this day. Such a run reads and writes
            other versions of the partitions (``core/reading.py``); steps need not know.
        tables: what a restated run extracts again; None: every table.
    """

    settings: Settings
    month: Month
    restated_until: date | None = None
    tables: tuple[str, ...] | None = None

    @property
    def edition(self) -> str:
        """The month, and the date it is restated under: a name for folders, logs and people."""
        return (
            f"{self.month}-restated-{self.restated_until}"
            if self.restated_until
            else str(self.month)
        )

    @cached_property
    def reading(self) -> Reading:
        """Which versions of the lake's partitions this run reads and writes."""
        return Reading(
            self.month,
            self.window.known_until,
            is_restated=self.restated_until is not None,
        )

    @cached_property
    def registry(self) -> Registry:
        return load_registry(self.settings)

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_dir, self.reading)

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.lake, self.registry, self.settings.resources)

    @cached_property
    def spark(self) -> "SparkEngine":
        from churn_tasks.adapters.spark.engine import SparkEngine

        return SparkEngine(self.engine, self.settings.resources.spark)

    @cached_property
    def warehouse(self) -> "Warehouse":
        from churn_tasks.adapters.warehouse import Warehouse

        return Warehouse(self.settings)

    @cached_property
    def tracking(self) -> "Tracking":
        from churn_tasks.adapters.tracking import (
            Tracking,  # MLflow takes seconds to import: only where it is used
        )

        return Tracking(self.settings)

    @cached_property
    def window(self) -> Window:
        return self.window_of(self.month)

    def window_of(self, month: Month) -> Window:
        """The dates of a month; a restated run knows in every month what was known by its own date."""
        window = self.settings.calendar.window(month)
        return window.known_by(self.restated_until) if self.restated_until else window

    def as_known(self) -> "MonthRun":
        """The same month to read only, with every partition in its latest version that this run may know."""
        return MonthRun(self.settings, self.month, self.window.known_until)

    def month_rows(self, table: str, columns: str | Iterable[str]) -> "pd.DataFrame":
        """The rows of this month of a table."""
        self.engine.view(table)
        names = (
            columns
            if isinstance(columns, str)
            else ", ".join(f'"{name}"' for name in columns)
        )
        return self.engine.frame(
            f'SELECT {names} FROM "{table}" WHERE month = $month',
            {"month": self.month.start},
        )

    def has_news(self, tables: Iterable[str], months: Iterable[Month]) -> bool:
        """Whether one of the tables has a version of this restatement in one of the months; always so otherwise.

        What a query makes of unchanged inputs is unchanged, so a restated run leaves it out. The clean tables of what
        was extracted again count as changed in any case: of the rows in them more may be looked at by now.
        """
        day, read, when = self.restated_until, set(tables), set(months)
        if day is None or (self.month in when and self._extracted_again & read):
            return True
        return any(
            self.lake.has_version(table, month, day) for table in read for month in when
        )

    @cached_property
    def _extracted_again(self) -> set[str]:
        return {
            f"clean_{name}"
            for name in self.registry.raw
            if self.tables is None or name in self.tables
        }

    def make(self, query: Query, month: Month, months: Iterable[Month]) -> int | None:
        """Run one query for one month; a restated run leaves it out when nothing it reads has been restated.

        Args:
            months: those of which it reads.

        Returns:
            Rows made; None when it was left out.
        """
        if not self.has_news((*query.output.reads, *query.output.optional), months):
            self.lake.remove(query.output.table, month)
            return None
        maker = self.spark if self.settings.resources.engine == "spark" else self.engine
        return maker.run(query, month, self.window_of(month).parameters())

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
            relation = (
                f"(SELECT * FROM {suite.table} WHERE month = DATE '{self.month.start}')"
            )
            figures.update(self.engine.row(measures_sql(suite, relation)))
        return figures

    def standard(self, name: str) -> str:
        """The temporary view ``standard_<name>`` of this month's rows: contract types and units, see there.

        Made again only when the partition has changed since.

        Args:
            name: table as the source contract names it.
        """
        self.standard_view(name)
        return f"standard_{name}"

    def standard_view(self, name: str) -> StandardView:
        """How ``standard_<name>`` reads each column; makes the view first where it is missing or out of date."""
        path, connection = (
            self.lake.path(f"raw_{name}", self.month),
            self.engine.connection,
        )
        mark = f"{path} {path.stat().st_mtime_ns} {path.stat().st_ino}"
        view = f"view_name = 'standard_{name}'"
        marked = connection.execute(
            f"SELECT comment FROM duckdb_views() WHERE {view} AND temporary"
        ).fetchall()
        if name not in self._standards or marked != [(mark,)]:
            quoted = str(path).replace("'", "''")
            file = f"read_parquet('{quoted}', hive_partitioning=false)"
            rows = f"(SELECT *, DATE '{self.month.start}' AS month FROM {file})"
            try:
                self._standards[name] = prepare_standard(
                    connection, self.registry.raw[name], rows, self.settings
                )
            except duckdb.Error as error:  # its message may quote values
                kind = type(error).__name__
                problem = f"cannot be brought to the form of its contract ({kind})"
                raise BadInput(
                    evidence(table=f"raw_{name}", month=self.month, problem=problem)
                ) from None
            connection.execute(
                f"COMMENT ON VIEW standard_{name} IS '{mark.replace(chr(39), chr(39) * 2)}'"
            )
        return self._standards[name]

    @cached_property
    def _standards(self) -> dict[str, StandardView]:
        return {}

    def freeze(
        self, table: str, decisions: "Callable[[Warehouse], Sequence[object]]"
    ) -> None:
        """Keep in ``table`` what people had decided when the month first ran, so that a repeated run decides alike.

        A restated run asks the warehouse anew. Without a warehouse nothing is decided.

        Args:
            decisions: asks the warehouse; what it gives has an attribute for each column of the table.
        """
        if self.restated_until is None and self.lake.has(table, self.month):
            return
        found = (
            decisions(self.warehouse) if self.settings.environment.warehouse_url else []
        )
        columns = {
            column.name: pa.array(
                [getattr(row, column.name) for row in found], DECIDED[column.type]
            )
            for column in self.registry.tables[table].columns
        }
        with self.engine.registered("decided_rows", pa.table(columns)):
            self.engine.write(table, self.month, "SELECT * FROM decided_rows")

    def write_beside(self, table: str, rows: pa.Table, kept: Iterable[str]) -> int:
        """Replace what a table holds of this month, but for the lines about the source tables ``kept``.

        Args:
            table: one with a column ``table_name``.
            rows: the new lines, columns by name.
        """
        names = ", ".join(f"'{name}'" for name in kept) or "NULL"
        before = f"SELECT * EXCLUDE (month) FROM {table} WHERE month = $month AND table_name IN ({names})"
        self.engine.view(table)
        with self.engine.registered("new_lines", rows):
            sql = f"SELECT * FROM new_lines UNION ALL BY NAME {before}"
            return self.engine.write(
                table, self.month, sql, {"month": self.month.start}
            )

    def write_counts(self, step: str, counts: "list[RowCount]") -> None:
        """Write ``audit_rows`` of the month."""
        rows = ", ".join(
            f"('{step}', '{c.table}', {c.rows_in}, {c.rows_out}, {c.quarantined}, {c.merged})"
            for c in counts
        )
        names = "step, table_name, rows_in, rows_out, quarantined, merged"
        self.engine.write(
            "audit_rows",
            self.month,
            f"SELECT * FROM (VALUES {rows}) AS counts({names})",
        )

    def close(self) -> None:
        """Close what was opened."""
        for name in ("spark", "engine", "warehouse"):
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


def unchanged(step: str, run: MonthRun) -> StepReport:
    """The report of a step of a restated run that has nothing to do: its inputs are what they were."""
    return skipped(step, run, "nothing that it reads was restated")
