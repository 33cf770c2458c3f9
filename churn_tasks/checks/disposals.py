"""How many rows of a table leave the month on each way, judged from the first month on.

The contract says how many may (:class:`~churn_tasks.declared.disposals.Disposals`). A fifth of that already warns;
once months were accepted, what is usual in them does. In a small table a few rows are no share of anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_tasks.checks.learnt_measure import MeasuredValue
from churn_tasks.checks.measures import Measure
from churn_tasks.checks.month_figures import MonthFigures
from churn_tasks.checks.texts import measure_text
from churn_tasks.declared.contracts import RawTable

if TYPE_CHECKING:
    from churn_tasks.core.sections import Quality

WARNS_FROM = 0.2  # of the share that stops
LATE_WARNS_FROM = 0.05  # and never stops: the rows are in by now, but the list of their month was made without them
FEW_STOP, FEW_WARN = 10, 3  # rows that never do
REMEDIES = {
    "damaged_share": "churn quarantine list shows file and line; have the file corrected",
    "double_share": "Was a file or a part of it delivered twice? Equal lines that are both meant need a number",
    "replaced_share": "Is the key of the contract that of the source? Shortened numbers make many rows one",
    "added_up_share": "Rows of one key are lines of one thing and their amounts are added up",
    "conflict_share": "Is the key of the contract that of the source? It has to say which of them is right",
    "set_aside_share": "churn quarantine list shows the rules",
    "late_share": "They are in by now; the list of their month was made without them. Is settle_days long enough?",
    "forgotten_share": "They stay outside. Was a whole branch taken out, or does the list of another profile apply",
    "not_yet_known_share": "Is known_date the day on which the source learnt the row? No query may see it so early",
}


@dataclass(frozen=True)
class WayOut:
    """One way on which rows leave.

    Attributes:
        measure: the share of rows that take it.
        stops_from, warns_from: shares that are no longer allowed, and no longer usual without any history.
    """

    measure: str
    stops_from: float | None
    warns_from: float


def disposal_measures(month: MonthFigures) -> Iterator[MeasuredValue]:
    """The share of rows on each way out, with the bounds of the contract."""
    for way in _ways_out(month):
        if month.has("", way.measure):
            yield _judged(month, way)


def _ways_out(month: MonthFigures) -> Iterator[WayOut]:
    table, may_leave = month.table, month.table.disposals
    yield _stopping("damaged_share", may_leave.damaged)
    yield _stopping("double_share", may_leave.doubles)
    yield _stopping("replaced_share", may_leave.replaced)
    yield _stopping("conflict_share", table.conflict_rule.max_share)
    yield _stopping("added_up_share", may_leave.added_up)
    yield WayOut("set_aside_share", table.most_set_aside, table.most_set_aside)
    yield _stopping("not_yet_known_share", may_leave.not_yet_known)
    yield _stopping("forgotten_share", may_leave.forgotten)
    yield WayOut("late_share", None, LATE_WARNS_FROM)


def is_too_much_damage(
    table: RawTable, quality: "Quality", damaged: int, rows: int
) -> bool:
    """Whether more lines of a file are damaged than its contract allows or than are rows, or than settings state."""
    lines = rows + damaged
    stated = quality.exception_of(f"{table.table}.damaged_share")
    if stated and stated.allowed:
        _, highest = stated.allowed
        return highest is not None and damaged > highest * lines
    most = max(table.disposals.damaged * lines, FEW_STOP)
    return damaged > min(most, rows)


def _stopping(measure: str, stops_from: float) -> WayOut:
    return WayOut(measure, stops_from, WARNS_FROM * stops_from)


def _judged(month: MonthFigures, way: WayOut) -> MeasuredValue:
    rows = max(month.rows, 1.0)
    highest = None
    if way.stops_from is not None:
        highest = max(way.stops_from, FEW_STOP / rows)
    learnt = month.learn_share(way.measure)
    usual = max(way.warns_from, FEW_WARN / rows)
    if learnt and learnt.usual.high is not None:
        usual = max(learnt.usual.high, FEW_WARN / rows)
    if highest is not None:
        usual = min(usual, highest)
    zh, en = measure_text(month.table, "", way.measure)
    measure = Measure(
        way.measure,
        "",
        f"{en[0].upper()}{en[1:]}. {REMEDIES[way.measure]}.",
        highest=highest,
        zh=f"{zh}。",
        usual_highest=usual,
        learnt_months=learnt.months if learnt else 0,
    )
    return MeasuredValue(measure, month.value("", way.measure))
