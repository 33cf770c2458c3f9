"""Whether amounts are in the unit of the accepted months: fen for yuan is found in the second month, in any table.

Means and quantiles of one column move alone for many honest reasons; another unit moves all of them by one factor. So
the figure that moved least is judged. It needs no wide history and few rows, and says nothing of a part of the rows:
the mean and the regions do.
"""

import math
from collections.abc import Iterator

from churn_tasks.checks.learnt_measure import MeasuredValue
from churn_tasks.checks.measures import Measure
from churn_tasks.checks.month_figures import MonthFigures
from churn_tasks.checks.texts import measure_text
from churn_tasks.core.currency import currencies
from churn_tasks.declared.contracts import Column
from churn_tasks.declared.units import base_unit

MEASURE = "scale"
COMPARED = ("mean", "p25", "p50", "p75", "p95", "p99")
LEAST_AMOUNTS = 10  # in the month, and usually
WARNS, STOPS = 4.0, 8.0  # times; the nearest units are ten apart


def is_money(column: Column) -> bool:
    """Whether the column holds amounts of a currency."""
    return base_unit(column.unit) in currencies()


def scale_measure(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    """The factor by which the amounts of a column have moved as a whole; nothing where there is nothing to compare."""
    now = month.value(column.name, "summed")
    before = month.past(column.name, "summed").values
    if not before or min(now, month.usual(column.name, "summed")) < LEAST_AMOUNTS:
        return
    moved = list(_factors(month, column.name))
    if not moved or month.is_ignored(column.name, MEASURE):
        return
    zh, en = measure_text(month.table, column.name, MEASURE)
    measure = Measure(
        f"{column.name}.{MEASURE}",
        "",
        f"{en}.",
        lowest=1 / STOPS,
        highest=STOPS,
        zh=f"{zh}。",
        usual_lowest=1 / WARNS,
        usual_highest=WARNS,
        learnt_months=len(before),
        column=column.name,
    )
    yield MeasuredValue(measure, min(moved, key=lambda factor: abs(math.log(factor))))


def _factors(month: MonthFigures, column: str) -> Iterator[float]:
    """How many times each figure is what it usually is, where both say an amount."""
    for name in COMPARED:
        now, usual = month.value(column, name), month.usual(column, name)
        if now * usual > 0:
            yield now / usual
