"""What a step declares: the tables it reads, the tables it makes, and what a restatement means for it.

A step is a file under ``steps/`` with a function of its name under ``@step(...)``. Everything that follows from the
declaration (is the month ready, has anything changed, who makes a missing table, what is undone) is done in
``runner/protocol.py`` for all steps alike.
"""

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from churn_tasks.core.months import Month
from churn_tasks.core.windows import Calendar
from churn_tasks.declared.registry import Registry
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import Months, own_month

Restated = Literal["again", "by_hand", "always", "never"]


@dataclass
class Made:
    """What a step says of its work.

    Attributes:
        rows: table to rows written.
        facts: small things worth a log line.
        idle: why there was nothing to do after all; then nothing of an earlier try is left either.
        note: what else a reader of the log should know.
    """

    rows: dict[str, int] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    idle: str = ""
    note: str = ""


@dataclass
class StepReport:
    """What a step said and how long it took; small enough for a log line, an XCom and a progress display.

    Attributes:
        month: the month, and the date it was restated under.
        outcome: ``done``, ``skipped`` (nothing to do for this month) or ``refused`` (a restatement that a check
            stopped).
        rows: table to rows written.
    """

    step: str
    month: str
    outcome: str = "done"
    reason: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Read:
    """Tables that a step reads, and the months of which it reads them.

    Attributes:
        tables: the name of one, or of a family with a star: ``month_*``.
        of: the months; see ``runner/months.py``.
        needed: without every one of these partitions the step is not ready. A function where it depends on the profile.
        renews: a version of this restatement there means that the step's own tables are made again.
        otherwise: what a month that lacks a needed partition says; ``{table}`` and ``{months}`` are filled in.
    """

    tables: str
    of: Months = own_month
    needed: bool | Callable[[MonthRun], bool] = False
    renews: bool = True
    otherwise: str = "needs {table} of {months}"

    def names(self, table: str) -> bool:
        return fnmatch.fnmatchcase(table, self.tables)

    def is_needed(self, run: MonthRun) -> bool:
        return self.needed(run) if callable(self.needed) else self.needed


def always(_: MonthRun) -> bool:
    return True


@dataclass(frozen=True)
class Decision:
    """A table that keeps what people had decided when the month first ran, so that a repeated run decides alike.

    Attributes:
        ask: gives the decisions in force, each with an attribute for every column of the table.
        when: whether a profile has anything to decide.
    """

    table: str
    ask: Callable[[MonthRun], Sequence[object]]
    when: Callable[[MonthRun], bool] = always


def never_idle(_: MonthRun) -> str:
    return ""


def no_lag(_: Calendar) -> int:
    return 0


@dataclass(frozen=True)
class Step:
    """One step of the month.

    Attributes:
        name: that of its file.
        work: does it, on a month that is ready.
        reads: every table that the work looks at.
        writes: the tables that it makes, families with a star; what its queries make goes without saying. A table has
            exactly one step that makes it.
        queries: families of ``include/sql`` that it runs; of a family of tables it reads what they read.
        decisions: asked for before the work begins; their tables are the step's as well.
        idle: why a month gives this step nothing to do; empty when it does.
        after: a table of the month without which a restatement has nothing to restate: the month itself has not come
            so far yet.
        lag: months by which the partition it writes lies before the month of the run.
        restated: what it does when its month is restated: ``again`` if anything it reads has changed, ``by_hand`` the
            same where somebody asked for the restatement, ``always`` (the step finds out itself what has changed),
            ``never``.
    """

    name: str
    work: Callable[[MonthRun], Made]
    reads: tuple[Read, ...] = ()
    writes: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    idle: Callable[[MonthRun], str] = never_idle
    after: str = ""
    lag: Callable[[Calendar], int] = no_lag
    restated: Restated = "again"

    def __post_init__(self) -> None:
        allowed = get_args(Restated)
        if self.restated not in allowed:
            raise ValueError(
                f"step {self.name}: restated is {self.restated!r}; allowed are {', '.join(allowed)}"
            )

    def partition(self, run: MonthRun) -> Month:
        """The month under which the step writes in this run."""
        return run.month - self.lag(run.settings.calendar)

    @property
    def named_tables(self) -> list[str] | None:
        """Every table that the step makes, where no profile is needed to tell; else None."""
        names = [*self.writes, *(decision.table for decision in self.decisions)]
        is_fixed = not self.queries and not any("*" in name for name in names)
        return names if is_fixed else None

    def tables(self, registry: Registry) -> list[str]:
        """Every table that the step makes for a profile, in order of their names."""
        names = {
            name
            for family in self.writes
            for name in fnmatch.filter(registry.tables, family)
        }
        names.update(decision.table for decision in self.decisions)
        for family in self.queries:
            names.update(query.output.table for query in registry.queries[family])
        return sorted(names)


def step(**declared: Any) -> Callable[[Callable[[MonthRun], Made]], Step]:
    """Declare a function as the work of the step of its name; for the fields see :class:`Step`."""

    def declare(work: Callable[[MonthRun], Made]) -> Step:
        return Step(work.__name__, work, **declared)

    return declare
