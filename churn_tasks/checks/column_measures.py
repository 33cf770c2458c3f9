"""The measures of one column that are judged: gaps, sizes and spread of numbers, values of codes, keys."""

import math
from collections.abc import Iterator

from churn_tasks.checks.bounds import Scale, error_of_share
from churn_tasks.checks.column_kinds import is_code, is_date, is_moment, is_number
from churn_tasks.checks.learnt_measure import MeasuredValue, learnt_measure
from churn_tasks.checks.money_scale import is_money, scale_measure
from churn_tasks.checks.month_figures import MonthFigures
from churn_tasks.checks.shifts import most_moved, shift
from churn_tasks.checks.texts import measure_text
from churn_tasks.declared.contracts import KNOWN, Column

ERROR_OF_MEDIAN = (
    1.3  # times the standard error of the mean, for values spread like a bell ...
)
ERROR_OF_P95 = 2.2  # ... and of the 95th percentile
CENT = 0.01
FEW_DAYS = 5.0  # by which the middle of a month's dates may move and mean nothing
NEAR = 62  # days from the first of the month: dates that belong to it, not to a contract or a birth


def measures_of_column(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    """What is judged of a column: of one with few values, gaps and the unit of money alone."""
    if not column.required:
        yield from _null_share(month, column)
    if is_money(column) and is_number(column):
        yield from scale_measure(month, column)
    if month.filled(column.name) < month.quality.min_rows:
        return
    if is_number(column):
        yield from _measures_of_number(month, column)
    elif is_date(column):
        yield from _measures_of_date(month, column)
    elif is_code(column):
        yield from _shift(month, column)
    elif column.type == "text" and month.are_as_closely_looked_at():
        error = math.sqrt(max(month.value(column.name, "distinct"), 1))
        yield from _one(month, column, "distinct", "amount", error, stops=False)


def _null_share(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    error = error_of_share(month.value(column.name, "null_share"), month.rows)
    return _one(month, column, "null_share", "share", error)


def _measures_of_number(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    """Quantiles may move by a part of their own distance: tariffs have few amounts, and packs hold 12, 24, 36."""
    name = column.name
    none_negative = error_of_share(0.0, month.filled(name))
    yield from _one(
        month, column, "negative_share", "share", none_negative, stops=False
    )
    error = month.error_of_mean(name)
    yield from _one(month, column, "mean", "amount", error)
    least = _least_change(month, column)
    middle_half = month.usual(name, "p75") - month.usual(name, "p25")
    half = max(least, 0.75 * middle_half)
    yield from _one(
        month, column, "p50", "amount", error * ERROR_OF_MEDIAN, half, stops=False
    )
    upper_tail = month.usual(name, "p99") - month.usual(name, "p75")
    tail = max(least, 0.25 * upper_tail)
    yield from _one(
        month, column, "p95", "amount", error * ERROR_OF_P95, tail, stops=False
    )
    yield from _region_mean(month, column)


def _measures_of_date(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    """A clock in another zone, a time of day that was lost, dates a month off, records that stop half-way."""
    name = column.name
    if is_moment(column):
        for measure in ("night_share", "midnight_share"):
            error = error_of_share(month.usual(name, measure), month.rows)
            yield from _one(month, column, measure, "share", error)
    elif not name.endswith(KNOWN) and abs(month.usual(name, "p50")) <= NEAR:
        error = month.error_of_mean(name) * ERROR_OF_MEDIAN
        yield from _one(month, column, "p50", "amount", error, FEW_DAYS, stops=False)


def _least_change(month: MonthFigures, column: Column) -> float:
    """What a quantile may change by and mean nothing."""
    step = 1.0 if column.type == "integer" else CENT
    return max(step, 0.05 * abs(month.usual(column.name, "p95")))


def _one(
    month: MonthFigures,
    column: Column,
    measure: str,
    scale: Scale,
    error: float,
    unit: float = 0.0,
    *,
    stops: bool = True,
) -> Iterator[MeasuredValue]:
    """A figure of the column with its learnt bounds; nothing where it has no figure or no bounds."""
    name = column.name
    if not month.has(name, measure) or not month.are_enough:
        return
    past = month.past(name, measure, error, unit)
    learnt = month.learn(name, measure, past, scale, stops=stops)
    if learnt:
        text = measure_text(month.table, name, measure)
        judged = learnt_measure(name, measure, text, learnt)
        yield MeasuredValue(judged, month.value(name, measure))


def _shift(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    name = column.name
    rows = month.filled(name)
    moved = shift(month.table.table, name, month.figures, month.baseline, rows)
    if moved is None:
        return
    learnt = month.learn(name, "shift", moved.past, "distance")
    if learnt:
        text = (
            f"{name}：取值分布偏离往月的比例，变化最大的取值为 {moved.item}",
            f"{name}: share of rows that went to other values, most of all {moved.item}",
        )
        judged = learnt_measure(name, "shift", text, learnt, upwards=True)
        yield MeasuredValue(judged, moved.value)


def _region_mean(month: MonthFigures, column: Column) -> Iterator[MeasuredValue]:
    name = column.name
    moved = most_moved(
        month.table.table,
        name,
        "mean",
        month.figures,
        month.baseline,
        month.quality.min_rows,
    )
    if moved is None:
        return
    learnt = month.learn(name, "region_mean", moved.past, "amount")
    if learnt:
        text = (
            f"{name}：变化最大的大区 {moved.region} 的均值与往月之比",
            f"{name}: mean of region {moved.region}, which moved most, against earlier months",
        )
        judged = learnt_measure(name, "region_mean", text, learnt)
        yield MeasuredValue(judged, moved.value)
