"""Every measure over the months: one page a table and one of what moved most, beside the Data Docs of the months.

Built from ``check_result`` and ``profile``: same content, same bytes, no script and no network.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from churn_tasks.checks.data_docs import (
    MEASURES,
    TEMPLATES,
    Outcome,
    between,
    figure,
    page_style,
    replace_page,
    write_months,
)
from churn_tasks.checks.small_chart import Point, small_chart
from churn_tasks.checks.texts import measure_text
from churn_tasks.core.months import Month
from churn_tasks.core.pages import page_environment
from churn_tasks.declared.contracts import RawTable

SHOWN_MOVERS = 24


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
        return any(
            limit is not None for limit in (*self.latest.usual, *self.latest.allowed)
        )

    @property
    def moved(self) -> float:
        """How far the latest month lies from the middle of the months before, in half widths of its usual band.

        Beyond 1 the gate warns. Without a band: in robust deviations of the months before, and never more than 1.
        """
        before = [point.value for point in self.points[:-1]]
        if not before:
            return 0.0
        middle = statistics.median(before)
        low, high = self.latest.usual
        away = self.latest.value - middle
        limit = high if away > 0 else low
        if limit is not None and limit != middle:
            return abs(away / (limit - middle))
        scale = max(
            statistics.median(abs(value - middle) for value in before) * 6,
            abs(middle) * 0.5,
        )
        return min(abs(away) / scale, 1.0) if scale else 0.0

    @property
    def outcomes(self) -> tuple[int, int]:
        """In how many months it stopped, and in how many it warned."""
        verdicts = [point.outcome for point in self.points]
        return verdicts.count("stop"), verdicts.count("warn")


def history_sql() -> str:
    """Every judged measure of every month, and what was measured beside it of whole columns."""
    return """
        SELECT month, table_name, column_name, measure, '' AS item, value, usual_low, usual_high,
            allowed_low, allowed_high, verdict
        FROM check_result
        UNION ALL
        SELECT month, table_name, column_name, measure, item, value, NULL, NULL, NULL, NULL, 'pass'
        FROM profile ANTI JOIN check_result USING (month, table_name, column_name, measure)
        WHERE region_code = '' AND measure NOT IN ('kept', 'close_share', 'p01', 'p25', 'p75')
        ORDER BY ALL
    """


def write_history(
    root: Path, tables: Mapping[str, RawTable], records: Iterable[Mapping[str, Any]]
) -> None:
    """Write the pages of all tables, the page of what moved most, and the link to it.

    Args:
        root: folder of the Data Docs.
        records: rows of :func:`history_sql`.
    """
    trails = _trails(tables, records)
    folder = (root / MEASURES).parent
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in tables if any(trail.table == name for trail in trails)]
    ordered = sorted(trails, key=_order)
    for name in names:
        own = [trail for trail in ordered if trail.table == name]
        page = _environment().get_template("measures_table.html.j2").render(
            table=tables[name], name=name, names=names, style=page_style(),
            judged=[trail for trail in own if trail.is_judged],
            others=[trail for trail in own if not trail.is_judged],
        )  # fmt: skip
        replace_page(folder / f"{name}.html", page)
    judged = [trail for trail in ordered if trail.is_judged]
    page = (
        _environment()
        .get_template("measures.html.j2")
        .render(
            names=names,
            tables=tables,
            style=page_style(),
            movers=judged[:SHOWN_MOVERS],
            summary=_summary(names, trails),
        )
    )
    replace_page(root / MEASURES, page)
    write_months(root)


def _trails(
    tables: Mapping[str, RawTable], records: Iterable[Mapping[str, Any]]
) -> list[Trail]:
    points: dict[tuple[str, str, str, str], list[Point]] = defaultdict(list)
    for row in records:
        about = (row["table_name"], row["column_name"], row["measure"], row["item"])
        points[about].append(
            Point(
                month=str(Month.of(row["month"])),
                value=row["value"],
                usual=(row["usual_low"], row["usual_high"]),
                allowed=(row["allowed_low"], row["allowed_high"]),
                outcome=row["verdict"],
            )
        )
    return [
        Trail(
            table,
            column,
            measure,
            measure_text(tables[table], column, measure, item),
            found,
        )
        for (table, column, measure, item), found in points.items()
        if table in tables
    ]


def _order(trail: Trail) -> tuple[Any, ...]:
    """What stopped, what warned, then what moved most in the latest month."""
    worst = {"stop": 0, "warn": 1, "pass": 2}[trail.latest.outcome]
    return (
        worst,
        -round(trail.moved, 6),
        trail.table,
        trail.column,
        trail.measure,
        trail.text,
    )


def _summary(names: list[str], trails: list[Trail]) -> list[dict[str, Any]]:
    """One row a table: what was judged in its latest month, with the months that stopped or warned."""
    made = []
    for name in names:
        own = [trail for trail in trails if trail.table == name]
        latest = max(trail.latest.month for trail in own)
        now = [
            trail.latest.outcome
            for trail in own
            if trail.latest.month == latest and trail.is_judged
        ]
        worst: Outcome = (
            "stop" if "stop" in now else "warn" if "warn" in now else "pass"
        )
        counts = {
            "judged": len(now),
            "warned": now.count("warn"),
            "stopped": now.count("stop"),
        }
        made.append({"name": name, "latest": latest, "outcome": worst, **counts})
    return made


@cache
def _environment() -> Environment:
    filters: dict[str, Callable[..., Any]] = {"figure": figure, "chart": small_chart}
    return page_environment(TEMPLATES, filters, between=between)
