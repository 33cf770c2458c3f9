"""How old the data of the daily watch are: a day on which nothing came is no day on which nothing happened.

A table is stale when nothing of it became known for as long as it never went without rows in the latest month that has
been run, and when by its rate of then ``EXPECTED_ROWS`` should have come: where rows come by chance, so long a silence
has a probability of exp(-20), and of exp(-10) on days with half the rows of others. So a table of calls is stale after
one day, one of rare requests after as many quiet days as it is used to, and one that comes with the end of the month
never.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Relation
from churn_tasks.runner.day_run import DayRun
from churn_tasks.work.deliveries import on_record

EXPECTED_ROWS = 20


@dataclass(frozen=True)
class Past:
    """How a table came in the latest month that has been run.

    Attributes:
        newest: latest day by which a row was known.
        longest_gap_days: most days from one day with rows to the next.
        rows_a_day: on average over the month.
    """

    newest: date | None
    longest_gap_days: int
    rows_a_day: float

    def is_silence(self, days: int) -> bool:
        """Whether so many days without rows are more than it is used to."""
        is_longer = days >= self.longest_gap_days
        return is_longer and days * self.rows_a_day >= EXPECTED_ROWS


@dataclass(frozen=True)
class Age:
    """One source table on a day.

    Attributes:
        rows: that the day brought.
        newest: latest day by which a row was known; None: the month has none.
        past: how it came before; None: there is no month to learn from.
        refused: why nothing could be taken in; empty where it could.
    """

    table: str
    day: date
    rows: int
    newest: date | None
    past: Past | None
    refused: str = ""

    @property
    def gap_days(self) -> int | None:
        return (self.day - self.newest).days if self.newest else None

    @property
    def is_stale(self) -> bool:
        if self.refused:
            return True
        if self.gap_days is None:
            return self.past is None
        return self.past is not None and self.past.is_silence(self.gap_days)

    @property
    def since(self) -> date | None:
        """First day without data."""
        return self.newest + timedelta(days=1) if self.newest else None

    def told(self) -> str:
        """The warning of a stale table."""
        if self.refused:
            return f"{self.table} could not be taken in: {self.refused}"
        if self.since is None:
            return f"no data for {self.table}, and no earlier month to compare with"
        return f"no data for {self.table} since {self.since}"

    def told_zh(self) -> str:
        """The same in Chinese; why a table was refused is said in English alone."""
        if self.refused:
            return f"{self.table} 未能取入"
        if self.since is None:
            return f"{self.table} 本月无数据，亦无往月可比"
        return f"{self.table} 自 {self.since} 起无数据"


def ages(
    run: DayRun, day: date, names: Sequence[str], refused: Mapping[str, str]
) -> list[Age]:
    """Every source table of the watch on a day, in order."""
    record = on_record(run, run.month, run.lake)
    found = []
    for name in names:
        past = _past(run, name)
        newest = record[name].known_up_to if name in record else None
        if newest is None and past:
            newest = past.newest
        rows = _rows_of_today(run, name)
        found.append(Age(name, day, rows, newest, past, refused.get(name, "")))
    return found


def _past(run: DayRun, name: str) -> Past | None:
    """How a table came in the latest month before the run's whose rows are there; None where it has none."""
    clean = f"clean_{name}"
    months = [month for month in run.lake.months(clean) if month < run.month]
    if not months:
        return None
    month = max(months)
    rows = Relation(run.engine.rows_of(clean, month))
    sql = composed("extraction", "delivered_days", rows=rows)
    known = run.engine.row(sql, {"since": month.start - timedelta(days=1)})
    days = (month.end - month.start).days
    gap = known["longest_gap_days"] or days
    return Past(known["newest"], gap, run.lake.rows(clean, month) / days)


def _rows_of_today(run: DayRun, name: str) -> int:
    raw, before = f"raw_{name}", run.lake.before()
    if not run.lake.has(raw, run.month):
        return 0
    then = before.rows(raw, run.month) if before.has(raw, run.month) else 0
    return run.lake.rows(raw, run.month) - then
