"""For which customers a restated query is made again: those of whom something that it reads has changed.

A restatement goes on from the version before it. What the run of that version saw of the lake follows from its date
(``core/reading.py``); a partition that is read from another file now has changed since. Of the clean tables, which hold
every call of a month, the step ``integrate`` notes whose rows it touched; of all others the two files are compared.
Where that is not enough to tell, nothing is told, and the table is made whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from churn_tasks.adapters.engine import Parameters
from churn_tasks.adapters.lake import Lake
from churn_tasks.adapters.merged_rows import MADE_AGAIN, partition
from churn_tasks.adapters.versions import Version
from churn_tasks.core.months import Month
from churn_tasks.core.reading import Reading
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_expressions import any_of
from churn_tasks.declared.sql_parts import Condition, Names, Relation, union
from churn_tasks.runner.month_run import MonthRun

Before = Version | None  # None: the month was not there then
Changed = list[tuple[Version, Before]]
TOUCHED = "touched_customer"
CLEAN = "clean_"
CUSTOMER = "customer_id"
NOBODY = "SELECT NULL::VARCHAR AS customer_id WHERE false"
KNOWN = "known_date"  # how the name of a day ends on which we learnt something


@dataclass(frozen=True)
class Earlier:
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
class Again:
    """Whose rows are made again; they stand in the temp table ``made_again``.

    Attributes:
        customers: how many they are.
        before: the version that has the rows of everybody else.
        local: tables of which no rows but theirs are needed.
    """

    customers: int
    before: Path
    local: tuple[str, ...]


class Touched:
    """The customers of whom tables have changed since earlier versions were made; each table is looked at once."""

    def __init__(self, run: MonthRun) -> None:
        self.run = run
        self._changes: dict[tuple[str, date], Changed] = {}
        self._found: dict[tuple[str, date], str] = {}  # the temp table that holds them

    def again(
        self,
        table: str,
        month: Month,
        sources: Iterable[str],
        across: Iterable[str] = (),
    ) -> Again | None:
        """Whose rows of a partition are made again.

        Args:
            sources: tables that it is made of.
            across: those of them in which the rows of other customers count as well.

        Returns:
            None where the partition is to be made whole.
        """
        earlier = self._earlier(table, month)
        if earlier is None:
            return None
        there = [name for name in sources if name in self.run.registry.tables]
        local = [
            name for name in there if name not in across and self._tells(name, earlier)
        ]
        compared = [name for name in there if name not in local]
        if any(self._has_changed(name, earlier) for name in compared):
            return None
        customers = self._together(self._customers(name, earlier) for name in local)
        return Again(customers, earlier.file, tuple(local))

    def _earlier(self, table: str, month: Month) -> Earlier | None:
        """The version before; None where there is none with the columns of today."""
        now = self.run.window.known_until
        restated = [d for d in self.run.lake.restatements(table, month) if d < now]
        first = self.run.settings.calendar.window(self.run.month).known_until
        day = max(restated, default=first)
        lake = self._lake_until(day, is_restated=bool(restated))
        version = lake.version(table, month)
        if version is None or not self._fits(table, version):
            return None
        return Earlier(version.whole, lake, day)

    def _lake_until(self, day: date, *, is_restated: bool) -> Lake:
        reading = Reading(self.run.month, day, is_restated=is_restated)
        return Lake(self.run.lake.root, reading)

    def _fits(self, table: str, version: Version) -> bool:
        """Whether a version is one file with the columns of today."""
        declared = self.run.registry.tables[table].column_names
        return not version.parts and pq.read_schema(version.whole).names == declared

    def _tells(self, source: str, earlier: Earlier) -> bool:
        """Whether it can be told of whom a table has changed."""
        if CUSTOMER not in self.run.registry.tables[source].column_names:
            return False
        changed = self._changed(source, earlier)
        if not source.startswith(CLEAN):
            versions = (version for pair in changed for version in pair)
            return all(version and self._fits(source, version) for version in versions)
        if not changed:
            return True
        return self._is_noted(source, earlier) and len(changed) == 1

    def _is_noted(self, source: str, earlier: Earlier) -> bool:
        """Whether what ``integrate`` has noted of a clean table is all that has changed in it since then."""
        run, month = self.run, self.run.month
        last = run.lake.before().version(source, month)
        is_next = last == earlier.lake.version(source, month)
        has_changed = last != run.lake.version(source, month)
        until = run.window.known_until
        return is_next and has_changed and run.lake.has_version(TOUCHED, month, until)

    def _changed(self, source: str, earlier: Earlier) -> Changed:
        """The version of today and that of then for each month up to the run's in which they are two."""
        asked = (source, earlier.known_until)
        if asked not in self._changes:
            self._changes[asked] = self._compared(source, earlier)
        return self._changes[asked]

    def _compared(self, source: str, earlier: Earlier) -> Changed:
        changed = []
        for month, now in self.run.lake.versions(source).items():
            before = earlier.lake.version(source, month)
            if month <= self.run.month and now != before:
                changed.append((now, before))
        return changed

    def _has_changed(self, source: str, earlier: Earlier) -> bool:
        if self._changed(source, earlier):
            return True
        return source.startswith(CLEAN) and self._shows_more(source, earlier)

    def _shows_more(self, source: str, earlier: Earlier) -> bool:
        """Whether of some row more may be seen than then."""
        self.run.engine.view(source)
        rows = self.run.engine.connection.execute(
            f"SELECT 1 FROM {identifier(source)} WHERE month <= $month"
            f" AND ({self._became_known(source, earlier)}) LIMIT 1",
            {"month": self.run.month.start},
        )
        return bool(rows.fetchall())

    def _became_known(self, source: str, earlier: Earlier) -> str:
        """The condition that a row, or an answer in it, became known between the two versions."""
        since = literal(earlier.known_until)
        until = literal(self.run.window.known_until)
        names = self.run.registry.tables[source].column_names
        days = [identifier(name) for name in names if name.endswith(KNOWN)]
        return any_of(f"{day} >= DATE {since} AND {day} < DATE {until}" for day in days)

    def _customers(self, source: str, earlier: Earlier) -> str:
        """A temp table of the customers of whom a table says something else than then."""
        asked = (source, earlier.known_until)
        if asked not in self._found:
            name = f"changed_{len(self._found)}"
            if source.startswith(CLEAN):
                self._note_touched(name, source, earlier)
            else:
                self._note_differing(name, source, earlier)
            self._found[asked] = name
        return self._found[asked]

    def _note_touched(self, name: str, source: str, earlier: Earlier) -> None:
        self.run.engine.views(TOUCHED, source)
        select = composed(
            "restatement",
            "touched_customers",
            clean=Relation(source),
            became_known=Condition(self._became_known(source, earlier)),
        )
        asked = {
            "month": self.run.month.start,
            "until": self.run.window.known_until,
            "table_name": source.removeprefix(CLEAN),
        }
        self._keep(name, select, asked)

    def _note_differing(self, name: str, source: str, earlier: Earlier) -> None:
        columns = Names(tuple(self.run.registry.tables[source].column_names))
        selects = [
            composed(
                "restatement",
                "differing_customers",
                columns=columns,
                now=partition(now.whole),
                before=partition(before.whole),
            )
            for now, before in self._changed(source, earlier)
            if before
        ]
        self._keep(name, union(selects) or NOBODY)

    def _together(self, tables: Iterable[str]) -> int:
        """Fill ``made_again``; returns how many customers are in it."""
        selects = [f"SELECT customer_id FROM {name}" for name in tables]
        return self._keep(MADE_AGAIN, union(selects) or NOBODY)

    def _keep(
        self, name: str, select: str, parameters: Parameters | None = None
    ) -> int:
        """Make a temp table; returns its rows."""
        connection = self.run.engine.connection
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS {select}", dict(parameters or {})
        )
        (rows,) = connection.execute(f"SELECT count(*) FROM {name}").fetchall()
        return int(rows[0])
