"""The result table (F2): what the list of each month came to, once the truth of the month was in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from churn_tasks.core.list_figures import COUNTS
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings
from churn_tasks.declared.labels.query import signs_without_a_day
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine

DATES = ("month", "as_of", "delay_from", "known_until", "in_time_from", "predict_end")
LIST_WINDOW = pa.schema([(name, pa.date32()) for name in DATES])


@dataclass(frozen=True)
class ListResult:
    """One row of the result table: everybody of the cohort, each in one part.

    Who left before the predict window or changed lines is no churner and nobody who stayed: the rates leave them out,
    the counts of the warned keep their places. Counts that a record of an earlier version does not hold are None.

    Attributes:
        left_before_list, left_in_delay: who left before the list was out, and after it before the predict window.
        left_later: who left after the predict window, as far as is known.
        leavers: who left from as_of to the end of the predict window.
        warned_in_time: warned who left ``warning_list.lead_days`` days after the list or later, up to the end of the
            predict window; None where the definition of leaving knows no days.
        days_to_leaving_lower, days_to_leaving_median, days_to_leaving_upper: quartiles of the days from the list to the
            leaving, over the warned who left up to the end of the predict window; None for several months together.
    """

    month: Month
    customers: int
    churners: int
    warned: int
    warned_churners: int
    left_before_list: int | None = 0
    left_in_delay: int = 0
    left_later: int | None = 0
    rotated: int | None = 0
    leavers: int | None = 0
    warned_left_before_list: int | None = 0
    warned_left_in_delay: int = 0
    warned_left_later: int | None = 0
    warned_rotated: int | None = 0
    warned_in_time: int | None = None
    days_to_leaving_lower: float | None = None
    days_to_leaving_median: float | None = None
    days_to_leaving_upper: float | None = None

    @property
    def at_risk(self) -> int:
        """Customers who could still leave in the predict window, and not for another line of their own."""
        apart = (self.left_before_list, self.left_in_delay, self.rotated)
        return self.customers - _known(apart)

    @property
    def warned_at_risk(self) -> int:
        """Those of them who were warned: hits and false alarms."""
        apart = (
            self.warned_left_before_list,
            self.warned_left_in_delay,
            self.warned_rotated,
        )
        return self.warned - _known(apart)

    @property
    def churn_rate(self) -> float | None:
        """Share of the customers at risk who left; None without any."""
        return _share(self.churners, self.at_risk)

    @property
    def precision(self) -> float | None:
        """Share of the warned at risk who left (准确度); None when nobody was warned."""
        return _share(self.warned_churners, self.warned_at_risk)

    @property
    def coverage(self) -> float | None:
        """Share of those who left who had been warned (覆盖率); None when nobody left."""
        return _share(self.warned_churners, self.churners)

    @property
    def precision_in_time(self) -> float | None:
        """Share of the warned, changed lines aside, who left when a call could still have kept them."""
        return _share(self.warned_in_time, self.warned - _known([self.warned_rotated]))

    @property
    def coverage_in_time(self) -> float | None:
        """Share of all who left from as_of on who had been warned in time."""
        return _share(self.warned_in_time, self.leavers)

    @property
    def lift(self) -> float | None:
        """How many times more churners the list holds than the same number of customers drawn at random."""
        if self.precision is None or not self.churn_rate:
            return None
        return self.precision / self.churn_rate


def list_outcomes(
    engine: SqlEngine, settings: Settings, run_month: Month
) -> list[ListResult]:
    """Rows for the months whose truth was in when ``run_month`` ran, earliest first; empty while there is none."""
    question = load_question("report", "list_outcome")
    last = settings.calendar.label_month(run_month)
    if last < settings.first_month:
        return []
    is_dated = not signs_without_a_day(settings)
    with engine.registered("list_window", list_windows(settings, last)):
        answer = engine.ask(question, {"label_month": last.start})
    results = []
    for row in answer:
        if not is_dated:
            row["warned_in_time"] = None
        results.append(ListResult(Month.of(row.pop("month")), **row))
    return results


def list_windows(settings: Settings, last: Month) -> pa.Table:
    """Dates of each list up to that of a month; what needs days is empty where only months are known."""
    is_dated = not signs_without_a_day(settings)
    rows = []
    for month in months_between(settings.first_month, last + 1):
        window = settings.calendar.window(month)
        rows.append(
            {
                "month": month.start,
                "as_of": window.as_of,
                "delay_from": window.known_until if is_dated else window.as_of,
                "known_until": window.known_until if is_dated else None,
                "in_time_from": window.in_time_from(settings.warning_list.lead_days),
                "predict_end": window.predict_end,
            }
        )
    return pa.Table.from_pylist(rows, schema=LIST_WINDOW)


def total(rows: Sequence[ListResult]) -> ListResult:
    """All months in one row, under the last month; days to leaving are told by month alone.

    Raises:
        IndexError: there is no row.
    """
    sums: dict[str, Any] = {}
    for name in COUNTS:
        counts = [getattr(row, name) for row in rows]
        sums[name] = None if None in counts else sum(counts)
    return ListResult(rows[-1].month, **sums)


def _known(counts: Iterable[int | None]) -> int:
    """Sum of the counts that are known."""
    return sum(count for count in counts if count is not None)


def _share(part: int | None, whole: int | None) -> float | None:
    if part is None or not whole:
        return None
    return part / whole
