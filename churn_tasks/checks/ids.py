"""The numbers of customers and records: whether they are whole, look as always, and are known to the master.

A third of the customers under new numbers, leading zeros that an export has dropped, nineteen digits of which sixteen
are left: each row is right by its contract, and no two tables fit together any more.
"""

from collections.abc import Iterator

from churn_tasks.checks.column_sql import CUSTOMER
from churn_tasks.checks.learnt_measure import MeasuredValue
from churn_tasks.checks.measures import Measure
from churn_tasks.checks.month_figures import MonthFigures
from churn_tasks.checks.texts import measure_text
from churn_tasks.declared.contracts import RawColumn

FEWEST_LONG = 50  # long numbers of which a share says something
ROUNDED = (
    0.2,
    0.35,
)  # warns, stops: by chance one in ten ends in a zero; of rounded doubles every second one tells
OTHER_SHAPE = (0.05, 0.25)  # new customers get longer numbers, a few each month


def id_measures(month: MonthFigures) -> Iterator[MeasuredValue]:
    """What is judged of the numbers in a table, without any history but the accepted month before."""
    yield from _known(month)
    for column in month.table.ids:
        yield from _rounded(month, column)
    if CUSTOMER in month.table.column_names:
        yield from _other_shape(month)


def _known(month: MonthFigures) -> Iterator[MeasuredValue]:
    """The share of rows whose customer stands in the month's master; of versions, some are of customers long gone."""
    name = "known_share"
    is_of_month = month.table.covers != "versions"
    if not is_of_month or not month.has("", name) or not month.are_enough:
        return
    warns, stops = month.quality.relations.known
    learnt = month.learn_share(name)
    usual = warns
    if learnt and learnt.usual.low is not None:
        usual = max(learnt.usual.low, stops)
    zh, en = measure_text(month.table, "", name)
    measure = Measure(
        name,
        "",
        f"{en[0].upper()}{en[1:]}.",
        lowest=stops,
        zh=f"{zh}。",
        usual_lowest=usual,
        learnt_months=learnt.months if learnt else 0,
    )
    yield MeasuredValue(measure, month.value("", name))


def _rounded(month: MonthFigures, column: RawColumn) -> Iterator[MeasuredValue]:
    """Long numbers that lost their last digits; without long numbers there is nothing to say."""
    if month.value(column.name, "long") < FEWEST_LONG:
        return
    yield _stated(month, column.name, "rounded_share", ROUNDED)


def _stated(
    month: MonthFigures, column: str, name: str, bounds: tuple[float, float]
) -> MeasuredValue:
    warns, stops = bounds
    zh, en = measure_text(month.table, column, name)
    measure = Measure(
        f"{column}.{name}",
        "",
        f"{en}.",
        highest=stops,
        zh=f"{zh}。",
        usual_highest=warns,
        column=column,
    )
    return MeasuredValue(measure, month.value(column, name))


def _other_shape(month: MonthFigures) -> Iterator[MeasuredValue]:
    """How many numbers have another length, other zeros or letters than in the accepted month before."""
    before = month.shapes_before()
    now = month.shapes()
    if not before or not now or not month.are_enough:
        return
    moved, most = 0.0, ""
    for shape in sorted(now):
        more = now[shape] - before.get(shape, 0.0)
        moved += max(more, 0.0)
        if more > now.get(most, 0.0) - before.get(most, 0.0):
            most = shape
    warns, stops = OTHER_SHAPE
    measure = Measure(
        f"{CUSTOMER}.other_shape_share",
        "",
        f"{CUSTOMER}: share of numbers of another shape than in the accepted month before, most of all {most}.",
        highest=stops,
        zh=f"{CUSTOMER}：编号形式与上一合格月份不同的比例，变化最大的是 {most}。",
        usual_highest=warns,
        column=CUSTOMER,
    )
    yield MeasuredValue(measure, round(moved, 12))
