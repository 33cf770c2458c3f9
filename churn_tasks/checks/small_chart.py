"""One measure over the months as a small line chart: its usual band, and the months that warned or stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from churn_tasks.checks.data_docs import Outcome, between, figure

WIDTH, HEIGHT = 320, 96
LEFT, RIGHT, TOP, BOTTOM = 6, 6, 8, 18
COLOURS: dict[str, str] = {"pass": "#2f5d8a", "warn": "#c98a1b", "stop": "#c0392b"}
Limits = tuple[float | None, float | None]


@dataclass(frozen=True)
class Point:
    """A measure in one month, and what it was held against."""

    month: str
    value: float
    usual: Limits = (None, None)
    allowed: Limits = (None, None)
    outcome: Outcome = "pass"


def small_chart(points: Sequence[Point]) -> Markup:
    """The chart as inline SVG: the same bytes for the same points; each point says its figures when pointed at."""
    low, high = _extent(points)
    places = [_x(place, len(points)) for place in range(len(points))]
    heights = [_y(point.value, low, high) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, heights, strict=True))
    dots = "".join(
        _dot(point, x, y) for point, x, y in zip(points, places, heights, strict=True)
    )
    ends = f'<text x="{LEFT}" y="{HEIGHT - 4}">{points[0].month}</text>'
    if len(points) > 1:
        ends += f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{points[-1].month}</text>'
    path = (
        f'<polyline points="{line}" fill="none" stroke="#2f5d8a" stroke-width="1.5"/>'
    )
    band = _band(points, places, low, high)
    return Markup(  # noqa: S704 - numbers and months only
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{band}{path}{dots}{ends}</svg>'
    )


def _extent(points: Sequence[Point]) -> tuple[float, float]:
    """From where to where the chart reaches: a month that stopped is cut off rather than flattening all the others."""
    bands = [limit for point in points for limit in point.usual if limit is not None]
    calm = [point.value for point in points if point.outcome != "stop"] + bands
    values = [point.value for point in points]
    low, high = min(calm or values), max(calm or values)
    room = 2 * (high - low) or max(values) - min(values)
    low, high = (
        max(min([*values, low]), low - room),
        min(max([*values, high]), high + room),
    )
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _band(
    points: Sequence[Point], places: Sequence[float], low: float, high: float
) -> str:
    """The usual band as an area, for each run of months that have one; an open side reaches the edge."""
    parts, half = (
        [],
        (places[1] - places[0]) / 2 if len(places) > 1 else (WIDTH - LEFT - RIGHT) / 2,
    )
    for point, x in zip(points, places, strict=True):
        if point.usual == (None, None):
            continue
        bottom = low if point.usual[0] is None else point.usual[0]
        top = high if point.usual[1] is None else point.usual[1]
        y, end = _y(top, low, high), _y(bottom, low, high)
        size = f'width="{2 * half:.1f}" height="{max(end - y, 1):.1f}"'
        parts.append(
            f'<rect x="{x - half:.1f}" y="{y:.1f}" {size} fill="#d9e6f2" shape-rendering="crispEdges"/>'
        )
    return "".join(parts)


def _dot(point: Point, x: float, y: float) -> str:
    note = f"{point.month}: {figure(point.value)}"
    if point.usual != (None, None):
        note += f"; usual {between(*point.usual)}"
    if point.allowed != (None, None):
        note += f"; allowed {between(*point.allowed)}"
    radius = 2.2 if point.outcome == "pass" else 4.5
    at = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius}"'
    return f'<circle {at} fill="{COLOURS[point.outcome]}"><title>{escape(note)}</title></circle>'


def _x(place: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / count


def _y(value: float, low: float, high: float) -> float:
    inside = min(max(value, low), high)
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (inside - low) / (high - low))
