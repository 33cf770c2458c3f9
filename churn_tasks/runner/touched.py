"""For which customers a restated query is made again: those of whom something that it reads has changed.

Of the clean tables, which hold every call of a month, the step ``integrate`` notes whose rows it touched; of all others
the file of today and the one before it are compared. Where that is not enough to tell, nothing is told, and the table
is made whole.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from churn_tasks.adapters.engine import Parameters
from churn_tasks.adapters.merged_rows import MADE_AGAIN, partition
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import Table
from churn_tasks.declared.sql_expressions import any_of
from churn_tasks.declared.sql_parts import Condition, Names, Relation, union
from churn_tasks.runner.earlier import (
    Change,
    EarlierVersion,
    changes,
    earlier_version,
    has_columns_of_today,
)
from churn_tasks.runner.month_run import MonthRun

TOUCHED = "touched_customer"
CLEAN = "clean_"
CUSTOMER = "customer_id"
NOBODY = "SELECT NULL::VARCHAR AS customer_id WHERE false"


def became_known(table: Table, since: date, until: date) -> str:
    """The condition that a row, or an answer in it (an outcome, a repair), became known in ``[since, until)``."""
    known = []
    for name in table.known_columns:
        day = identifier(name)
        known.append(
            f"{day} >= DATE {literal(since)} AND {day} < DATE {literal(until)}"
        )
    return any_of(known)


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
        self._changes: dict[tuple[str, date], list[Change]] = {}
        self._found: dict[tuple[str, date], str] = {}  # the temp table that holds them

    def again(
        self,
        table: str,
        month: Month,
        sources: Iterable[str],
        across: Collection[str] = (),
    ) -> Again | None:
        """Whose rows of a partition are made again.

        Args:
            sources: tables that it is made of.
            across: those of them in which the rows of other customers count as well.

        Returns:
            None where the partition is to be made whole.
        """
        earlier = earlier_version(self.run, table, month)
        if earlier is None:
            return None
        there = [name for name in sources if name in self.run.registry.tables]
        local = self._local(there, across, earlier)
        for name in there:
            if name not in local and self._has_changed(name, earlier):
                return None
        customers = self._together(local, earlier)
        return Again(customers, earlier.file, tuple(local))

    def _local(
        self, sources: Iterable[str], across: Collection[str], earlier: EarlierVersion
    ) -> list[str]:
        """The tables of which the rows of the customers made again are enough."""
        local = []
        for name in sources:
            if name not in across and self._tells(name, earlier):
                local.append(name)
        return local

    def _tells(self, source: str, earlier: EarlierVersion) -> bool:
        """Whether it can be told of whom a table has changed."""
        if CUSTOMER not in self.run.registry.tables[source].column_names:
            return False
        changed = self._changed(source, earlier)
        if not source.startswith(CLEAN):
            return all(self._can_be_compared(source, change) for change in changed)
        if not changed:
            return True
        return self._is_noted(source, earlier) and len(changed) == 1

    def _can_be_compared(self, source: str, change: Change) -> bool:
        if change.before is None:
            return False
        versions = (change.now, change.before)
        return all(has_columns_of_today(self.run, source, each) for each in versions)

    def _is_noted(self, source: str, earlier: EarlierVersion) -> bool:
        """Whether what ``integrate`` has noted of a clean table is all that has changed in it since then."""
        run, month = self.run, self.run.month
        last = run.lake.before().version(source, month)
        is_next = last == earlier.lake.version(source, month)
        has_changed = last != run.lake.version(source, month)
        until = run.window.known_until
        return is_next and has_changed and run.lake.has_version(TOUCHED, month, until)

    def _changed(self, source: str, earlier: EarlierVersion) -> list[Change]:
        asked = (source, earlier.known_until)
        if asked not in self._changes:
            self._changes[asked] = changes(self.run, source, earlier)
        return self._changes[asked]

    def _has_changed(self, source: str, earlier: EarlierVersion) -> bool:
        if self._changed(source, earlier):
            return True
        return source.startswith(CLEAN) and self._shows_more(source, earlier)

    def _shows_more(self, source: str, earlier: EarlierVersion) -> bool:
        """Whether of some row more may be seen than then."""
        self.run.engine.view(source)
        rows = self.run.engine.connection.execute(
            f"SELECT 1 FROM {identifier(source)} WHERE month <= $month"
            f" AND ({self._became_known(source, earlier)}) LIMIT 1",
            {"month": self.run.month.start},
        )
        return bool(rows.fetchall())

    def _became_known(self, source: str, earlier: EarlierVersion) -> str:
        """The condition that a row, or an answer in it, became known between the two versions."""
        table = self.run.registry.tables[source]
        return became_known(table, earlier.known_until, self.run.window.known_until)

    def _customers(self, source: str, earlier: EarlierVersion) -> str:
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

    def _note_touched(self, name: str, source: str, earlier: EarlierVersion) -> None:
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

    def _note_differing(self, name: str, source: str, earlier: EarlierVersion) -> None:
        columns = Names(tuple(self.run.registry.tables[source].column_names))
        selects = []
        for change in self._changed(source, earlier):
            if change.before:
                now, before = (
                    partition(change.now.whole),
                    partition(change.before.whole),
                )
                differing = composed(
                    "restatement",
                    "differing_customers",
                    columns=columns,
                    now=now,
                    before=before,
                )
                selects.append(differing)
        self._keep(name, union(selects) or NOBODY)

    def _together(self, sources: Iterable[str], earlier: EarlierVersion) -> int:
        """Fill ``made_again``; returns how many customers are in it."""
        selects = []
        for source in sources:
            found = self._customers(source, earlier)
            selects.append(f"SELECT customer_id FROM {found}")
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
