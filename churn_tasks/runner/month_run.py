"""What a step is given: one month of one profile, with the adapters it may use, opened when first asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.lake import Lake
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry
from churn_tasks.declared.shared_registry import shared_registry

if TYPE_CHECKING:
    import pandas as pd

    from churn_tasks.adapters.spark.engine import SparkEngine
    from churn_tasks.adapters.tracking import Tracking
    from churn_tasks.adapters.warehouse import Warehouse


@dataclass
class MonthRun:
    """One month of one profile; a step works on it.

    Attributes:
        restated_until: set when the month is restated with what was known before this day. Such a run reads and writes
            other versions of the partitions (``core/reading.py``); steps need not know.
        delivered_again: source tables of which a restated run takes in what came anew; None: every table.
        only_late: what came anew is what became known since the version before; the rest of the month stays as it is.
            Without it a restated run makes the whole month again (by hand).
        shared: what a step keeps for the steps after it in the same process, by name.
    """

    settings: Settings
    month: Month
    restated_until: date | None = None
    delivered_again: tuple[str, ...] | None = None
    only_late: bool = False
    shared: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def edition(self) -> str:
        """The month, and the date it is restated under: a name for folders, logs and people."""
        if self.restated_until is None:
            return str(self.month)
        return f"{self.month}-restated-{self.restated_until}"

    @cached_property
    def reading(self) -> Reading:
        """Which versions of the lake's partitions this run reads and writes."""
        is_restated = self.restated_until is not None
        return Reading(self.month, self.window.known_until, is_restated=is_restated)

    @cached_property
    def registry(self) -> Registry:
        return shared_registry(self.settings)

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_dir, self.reading)

    @cached_property
    def engine(self) -> Engine:
        zone = self.settings.time_zone
        return Engine(self.lake, self.registry, self.settings.resources, zone)

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
        # here, because MLflow takes seconds to import
        from churn_tasks.adapters.tracking import Tracking

        return Tracking(self.settings)

    @cached_property
    def window(self) -> Window:
        return self.window_of(self.month)

    def window_of(self, month: Month) -> Window:
        """The dates of a month; a restated run knows in every month what was known by its own date."""
        window = self.settings.calendar.window(month)
        if self.restated_until is None:
            return window
        return window.known_by(self.restated_until)

    def make(self, query: Query, month: Month) -> int:
        """Run one query for one month, on the engine that the profile names; returns the rows made."""
        maker = self.spark if self._uses_spark else self.engine
        return maker.run(query, month, self.window_of(month).parameters())

    @property
    def can_merge(self) -> bool:
        """Whether the run may make some customers' rows again and keep those of all others."""
        return self.only_late and not self._uses_spark

    def make_again(
        self, query: Query, month: Month, before: Path, local: Iterable[str]
    ) -> int:
        """The same for the customers in the temp table ``made_again``; see :meth:`Engine.run_again`."""
        parameters = self.window_of(month).parameters()
        return self.engine.run_again(query, month, parameters, before, local)

    @property
    def _uses_spark(self) -> bool:
        return self.settings.resources.engine == "spark"

    def rows_of_month(self, table: str, columns: Iterable[str] = ()) -> "pd.DataFrame":
        """The rows of this month of a table.

        Args:
            columns: their names; none: every column.
        """
        return self.engine.rows_of_month(table, self.month, columns)

    def as_known(self, day: date | None = None) -> "MonthRun":
        """The same month to read only, with every partition in its latest version up to ``day``.

        Args:
            day: the day up to which versions count; the run's own ``known_until`` when absent.
        """
        known = replace(self, restated_until=day or self.window.known_until, shared={})
        access = self.engine.access
        known.engine.access = access and replace(access, writes=())
        return known

    def close(self) -> None:
        """Close what was opened."""
        for name in ("spark", "engine", "warehouse"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
