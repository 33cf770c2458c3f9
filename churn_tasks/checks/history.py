"""Every measure over the months: one page a table and one of what moved most, beside the Data Docs of the months.

A run draws the pages of the tables that it measured, over the latest ``SHOWN_MONTHS``: what it costs does not grow with
history, and a restated month redraws what came late. Built from ``check_result`` and ``profile``: same content, same
bytes, no script and no network.
"""

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churn_tasks.checks.data_docs import MEASURES_PAGE, write_months
from churn_tasks.checks.outcome import WORST_FIRST, worst
from churn_tasks.checks.pages import rendered
from churn_tasks.checks.small_chart import Point
from churn_tasks.checks.texts import measure_text
from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine

SHOWN_MOVERS = 24
SHOWN_MONTHS = 36
DEVIATIONS = (
    6  # robust deviations that count as a half width where there is no band ...
)
LEAST_REACH = 0.5  # ... and at least so much of the middle
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Trail:
    """One measure of one table over the months, earliest first."""

    table: str
    column: str
    measure: str
    text: tuple[str, str]
    points: list[Point] = field(default_factory=list)

    @property
    def latest(self) -> Point:
        return self.points[-1]

    @property
    def is_judged(self) -> bool:
        """Whether the latest month was held against bounds."""
        limits = (*self.latest.usual, *self.latest.allowed)
        return any(limit is not None for limit in limits)

    @property
    def moved(self) -> float:
        """How far the latest month lies from the middle of the months before, in half widths of its usual band.

        Beyond 1 the gate warns. Without a band: in robust deviations of the months before, and never more than 1.
        """
        before = [point.value for point in self.points[:-1]]
        if not before:
            return 0.0
        middle = statistics.median(before)
        away = self.latest.value - middle
        low, high = self.latest.usual
        limit = high if away > 0 else low
        if limit is not None and limit != middle:
            return abs(away / (limit - middle))
        reach = _usual_reach(before, middle)
        if not reach:
            return 0.0
        return min(abs(away) / reach, 1.0)


def _usual_reach(before: Sequence[float], middle: float) -> float:
    deviation = statistics.median(abs(value - middle) for value in before)
    return max(deviation * DEVIATIONS, abs(middle) * LEAST_REACH)


def history_rows(
    engine: SqlEngine, latest: Month, measured: Collection[str]
) -> list[dict[str, Any]]:
    """Every judged measure of the months up to the latest, and what was measured beside it of the tables measured.

    Args:
        latest: latest month of the lake; as many before it are shown as a chart has room for.
        measured: tables whose pages will be drawn.
    """
    first = latest - (SHOWN_MONTHS - 1)
    asked = {"first_month": first.start, "tables": list(measured)}
    return engine.ask(load_question("profile", "history"), asked)


def write_history(
    root: Path,
    tables: Mapping[str, RawTable],
    measured: Collection[str],
    records: Iterable[Row],
) -> None:
    """Write the pages of the tables measured, the page of what moved most among all, and the link to it.

    Args:
        root: folder of the Data Docs.
        tables: of the profile, by name.
        records: of :func:`history_rows`.
    """
    trails = sorted(_trails(tables, records), key=_order)
    with_trails = {trail.table for trail in trails}
    names = [name for name in tables if name in with_trails]
    folder = (root / MEASURES_PAGE).parent
    for name in names:
        if name in measured:
            own = [trail for trail in trails if trail.table == name]
            page = _table_page(tables[name], names, own)
            replace_text(folder / f"{name}.html", page)
    replace_text(root / MEASURES_PAGE, _movers_page(tables, names, trails))
    write_months(root)


def _table_page(table: RawTable, names: list[str], trails: list[Trail]) -> str:
    return rendered(
        "measures_table.html.j2",
        table=table,
        name=table.table,
        names=names,
        judged=[trail for trail in trails if trail.is_judged],
        others=[trail for trail in trails if not trail.is_judged],
    )


def _movers_page(
    tables: Mapping[str, RawTable], names: list[str], trails: list[Trail]
) -> str:
    judged = [trail for trail in trails if trail.is_judged]
    return rendered(
        "measures.html.j2",
        names=names,
        tables=tables,
        movers=judged[:SHOWN_MOVERS],
        summary=[_summary(name, trails) for name in names],
    )


def _trails(tables: Mapping[str, RawTable], records: Iterable[Row]) -> list[Trail]:
    points: dict[tuple[str, str, str, str], list[Point]] = defaultdict(list)
    for row in records:
        about = (row["table_name"], row["column_name"], row["measure"], row["item"])
        points[about].append(_point(row))
    trails = []
    for (table, column, measure, item), over_months in points.items():
        if table in tables:
            text = measure_text(tables[table], column, measure, item)
            trails.append(Trail(table, column, measure, text, over_months))
    return trails


def _point(row: Row) -> Point:
    return Point(
        month=str(Month.of(row["month"])),
        value=row["value"],
        usual=(row["usual_low"], row["usual_high"]),
        allowed=(row["allowed_low"], row["allowed_high"]),
        outcome=row["verdict"],
    )


def _order(trail: Trail) -> tuple[Any, ...]:
    """What stopped, what warned, then what moved most in the latest month."""
    about = (trail.table, trail.column, trail.measure, trail.text)
    return (WORST_FIRST.index(trail.latest.outcome), -round(trail.moved, 6), *about)


def _summary(table: str, trails: list[Trail]) -> dict[str, Any]:
    """What was judged of a table in its latest month, and how much of it stopped or warned."""
    own = [trail for trail in trails if trail.table == table]
    latest = max(trail.latest.month for trail in own)
    outcomes = [
        trail.latest.outcome
        for trail in own
        if trail.latest.month == latest and trail.is_judged
    ]
    return {
        "name": table,
        "latest": latest,
        "outcome": worst(outcomes),
        "judged": len(outcomes),
        "warned": outcomes.count("warn"),
        "stopped": outcomes.count("stop"),
    }
