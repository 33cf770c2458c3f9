"""The measures of one raw table that are judged, each with its stated and its learnt bounds.

Stated bounds come from the contract (least rows, largest share of rejected rows) and from the settings (volume against
the accepted month before). Learnt ones come from the accepted months. Values, quantiles and regions that are not judged
one by one are judged together: ``shift`` is how much of a column's rows went to other values, ``region_rows`` and
``region_mean`` are the region that moved most.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.column_measures import measures_of_column
from churn_tasks.checks.disposals import disposal_measures
from churn_tasks.checks.ids import id_measures
from churn_tasks.checks.learnt_measure import MeasuredValue, learnt_measure
from churn_tasks.checks.measures import Measure, Suite, measured_rules
from churn_tasks.checks.month_figures import MonthFigures
from churn_tasks.checks.profile import Figure
from churn_tasks.checks.shifts import most_moved
from churn_tasks.checks.texts import measure_text
from churn_tasks.checks.volume import volume_bounds
from churn_tasks.declared.contracts import RawTable, Rule

ROWS = Measure(
    "rows",
    "",
    "Rows of the month; an empty delivery stops here.",
    zh="当月记录数；未交付即停下。",
)


def raw_suite(
    table: RawTable, figures: list[Figure], baseline: Baseline
) -> tuple[Suite, dict[str, float]]:
    """The suite of a raw table and the figures it judges, by ``<table>.<measure>`` as the gate names them."""
    month = MonthFigures(table, figures, baseline)
    measured = list(_measures_of_table(month))
    for column in table.delivered_columns:
        measured += measures_of_column(month, column)
    suite = Suite(f"raw_{table.table}", [each.measure for each in measured])
    values = [each.value for each in measured]
    return suite, dict(zip(suite.figure_names, values, strict=True))


def _measures_of_table(month: MonthFigures) -> Iterator[MeasuredValue]:
    yield _rows(month)
    yield from _volume(month)
    for name, rule in measured_rules(month.table).items():
        yield _rejected(month, name, rule)
    yield from disposal_measures(month)
    yield from id_measures(month)
    yield from _month_before_again(month)
    yield from _region_rows(month)


def _rows(month: MonthFigures) -> MeasuredValue:
    """Never fewer than the contract states, whatever was learnt."""
    error = math.sqrt(max(month.rows, 1))
    past = month.past("", "rows", error)
    learnt = month.learn("", "rows", past, "amount")
    measure = ROWS
    if learnt:
        text = measure_text(month.table, "", "rows")
        measure = learnt_measure("", "rows", text, learnt)
    floor = max(float(month.table.min_rows), measure.lowest or 0.0)
    usual = measure.usual_lowest
    if usual is not None:
        usual = max(usual, floor)
    return MeasuredValue(replace(measure, lowest=floor, usual_lowest=usual), month.rows)


def _volume(month: MonthFigures) -> Iterator[MeasuredValue]:
    """Only against the month right before: a season lies between a month and one further back."""
    before = month.rows_before()
    if not before:
        return
    lowest, highest = volume_bounds(month.quality, month.rows, before)
    last = month.baseline.month - 1
    measure = Measure(
        "volume_ratio",
        "",
        f"Rows against the month before, {last}, which was accepted.",
        lowest=lowest,
        highest=highest,
        zh=f"与上月（{last}，已合格）的记录数之比。",
    )
    yield MeasuredValue(measure, month.rows / before)


def _rejected(month: MonthFigures, name: str, rule: Rule) -> MeasuredValue:
    """The share of rows that a rule sets aside: the contract says when it stops the month."""
    learnt = month.learn_share(name)
    usual = learnt.usual.high if learnt else None
    if usual is not None:
        usual = min(usual, rule.max_share)
    measure = Measure(
        name,
        "",
        f"Rows set aside: {rule.en}.",
        highest=rule.max_share,
        zh=f"被隔离的记录：{rule.zh}。",
        usual_highest=usual,
        learnt_months=learnt.months if learnt else 0,
    )
    return MeasuredValue(measure, month.value("", name))


def _month_before_again(month: MonthFigures) -> Iterator[MeasuredValue]:
    """Of events alone, a state may stay as it was. It warns: a few flat charges may well be those of last month."""
    if month.table.covers != "events" or not month.are_enough:
        return
    name = "month_before_again"
    zh, en = measure_text(month.table, "", name)
    measure = Measure(name, "", f"{en}.", usual_highest=0, zh=f"{zh}。")
    yield MeasuredValue(measure, float(month.is_the_month_before()))


def _region_rows(month: MonthFigures) -> Iterator[MeasuredValue]:
    moved = most_moved(
        month.table.table,
        "",
        "rows",
        month.figures,
        month.baseline,
        month.quality.min_rows,
    )
    if moved is None:
        return
    learnt = month.learn("", "region_rows", moved.past, "amount")
    if learnt:
        text = (
            f"变化最大的大区 {moved.region} 的记录占比与往月之比",
            f"share of region {moved.region}, moved most",
        )
        measure = learnt_measure("", "region_rows", text, learnt)
        yield MeasuredValue(measure, moved.value)
