"""The result table (F2): what the list of each month came to, once the truth of the month was in."""

from collections.abc import Sequence
from dataclasses import dataclass

from churn_tasks.core.months import Month
from churn_tasks.core.windows import Calendar
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine

COUNTS = (
    "customers",
    "churners",
    "warned",
    "warned_churners",
    "left_in_delay",
    "warned_left_in_delay",
    "rotated",
    "warned_rotated",
)


@dataclass(frozen=True)
class ListResult:
    """One row of the result table: everybody of the cohort; who left in the delay or changed lines is no churner."""

    month: Month
    customers: int
    churners: int
    warned: int
    warned_churners: int
    left_in_delay: int
    warned_left_in_delay: int
    rotated: int = 0
    warned_rotated: int = 0

    @property
    def churn_rate(self) -> float | None:
        """Share of customers who left; None without customers."""
        return _share(self.churners, self.customers)

    @property
    def precision(self) -> float | None:
        """Share of the warned who left (准确度); None when nobody was warned."""
        return _share(self.warned_churners, self.warned)

    @property
    def precision_in_time(self) -> float | None:
        """Precision among the warned who had not left before they could be called."""
        return _share(self.warned_churners, self.warned - self.warned_left_in_delay)

    @property
    def coverage(self) -> float | None:
        """Share of those who left who had been warned (覆盖率); None when nobody left."""
        return _share(self.warned_churners, self.churners)

    @property
    def lift(self) -> float | None:
        """How many times more churners the list holds than the same number of customers drawn at random."""
        if self.precision is None or not self.churn_rate:
            return None
        return self.precision / self.churn_rate


def list_outcomes(
    engine: SqlEngine, calendar: Calendar, run_month: Month
) -> list[ListResult]:
    """Rows for the months whose truth was in when ``run_month`` ran, earliest first; empty while there is none."""
    question = load_question("report", "list_outcome")
    until = calendar.label_month(run_month).start
    answer = engine.ask(question, {"label_month": until})
    return [ListResult(Month.of(row.pop("month")), **row) for row in answer]


def total(rows: Sequence[ListResult]) -> ListResult:
    """All months in one row, under the last month.

    Raises:
        IndexError: there is no row.
    """
    sums = {name: sum(getattr(row, name) for row in rows) for name in COUNTS}
    return ListResult(rows[-1].month, **sums)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
