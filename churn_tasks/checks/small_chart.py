"""One measure over the months as a small line chart: its usual band, and the months that warned or stopped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from churn_tasks.checks.bounds_text import between, figure
from churn_tasks.checks.outcome import Outcome
from churn_tasks.core import svg
from churn_tasks.core.sections import Limits
from churn_tasks.core.svg import Place, Plot

WIDTH, HEIGHT = 320, 96
LEFT, RIGHT, TOP, BOTTOM = 6, 6, 8, 18
LINE, BAND = "#2f5d8a", "#d9e6f2"
COLOURS: dict[Outcome, str] = {
    "pass": LINE,
    "warn": "#c98a1b",
    "accepted": "#7a4fa3",
    "stop": "#c0392b",
}
RADIUS: dict[Outcome, float] = {"pass": 2.2, "warn": 4.5, "accepted": 4.5, "stop": 4.5}
OPEN: Limits = (None, None)


@dataclass(frozen=True)
class Point:
    """A measure in one month, and what it was held against."""

    month: str
    value: float
    usual: Limits = OPEN
    allowed: Limits = OPEN
    outcome: Outcome = "pass"

    @property
    def note(self) -> str:
        """Its figures in words."""
        said = f"{self.month}: {figure(self.value)}"
        if self.usual != OPEN:
            said += f"; usual {between(*self.usual)}"
        if self.allowed != OPEN:
            said += f"; allowed {between(*self.allowed)}"
        return said


def small_chart(points: Sequence[Point]) -> Markup:
    """The chart as inline SVG: the same bytes for the same points; each point says its figures when pointed at."""
    low, high = _extent(points)
    plot = Plot(WIDTH, HEIGHT, (LEFT, RIGHT, TOP, BOTTOM), low, high)
    places = [_place(plot, points, place) for place in range(len(points))]
    line = svg.polyline(places, fill="none", stroke=LINE, stroke_width=1.5)
    dots = [_dot(point, *at) for point, at in zip(points, places, strict=True)]
    band = _band(points, [x for x, _ in places], plot)
    return svg.drawing([*band, line, *dots, *_ends(points)], WIDTH, HEIGHT)


def _place(plot: Plot, points: Sequence[Point], place: int) -> Place:
    x = plot.x_of_slot(place, len(points))
    return x, _y(plot, points[place].value)


def _extent(points: Sequence[Point]) -> tuple[float, float]:
    """From where to where the chart reaches: a month that stopped, or was accepted, is cut off and does not flatten all
    the others."""
    values = [point.value for point in points]
    calm = _calm(points) or values
    lowest, highest = min(calm), max(calm)
    room = 2 * (highest - lowest) or max(values) - min(values)
    low = max(min(*values, lowest), lowest - room)
    high = min(max(*values, highest), highest + room)
    if low < high:
        return low, high
    return low - 0.5, high + 0.5


def _calm(points: Sequence[Point]) -> list[float]:
    """The figures of the months in which nothing stopped, and the ends of all usual bands."""
    calm = [point.value for point in points if point.outcome in ("pass", "warn")]
    for point in points:
        calm += [limit for limit in point.usual if limit is not None]
    return calm


def _band(points: Sequence[Point], xs: Sequence[float], plot: Plot) -> Iterator[str]:
    """The usual band as an area, for each run of months that have one; an open side reaches the edge."""
    half = plot.inner_width / 2
    if len(xs) > 1:
        half = (xs[1] - xs[0]) / 2
    for point, x in zip(points, xs, strict=True):
        if point.usual == OPEN:
            continue
        low, high = point.usual
        bottom = _y(plot, plot.low if low is None else low)
        top = _y(plot, plot.high if high is None else high)
        yield svg.element(
            "rect",
            x=x - half,
            y=top,
            width=2 * half,
            height=float(max(bottom - top, 1)),
            fill=BAND,
            shape_rendering="crispEdges",
        )


def _dot(point: Point, x: float, y: float) -> str:
    return svg.element(
        "circle",
        svg.title(point.note),
        cx=x,
        cy=y,
        r=RADIUS[point.outcome],
        fill=COLOURS[point.outcome],
    )


def _ends(points: Sequence[Point]) -> Iterator[str]:
    """The first and the last month below the line."""
    y = HEIGHT - 4
    yield svg.element("text", points[0].month, x=LEFT, y=y)
    if len(points) > 1:
        last = points[-1].month
        yield svg.element("text", last, x=WIDTH - RIGHT, y=y, text_anchor="end")


def _y(plot: Plot, value: float) -> float:
    """A figure beyond the chart lies on its edge."""
    return plot.y(min(max(value, plot.low), plot.high))
