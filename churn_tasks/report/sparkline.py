"""Charts of a table's cell as inline SVG: a line over the months, and bars over bins."""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from churn_tasks.core import svg
from churn_tasks.core.numbers import significant
from churn_tasks.core.svg import Plot

WIDTH, HEIGHT, EDGE = 104, 30, 3
MARGINS = (EDGE, EDGE, EDGE, EDGE)
WIDE = (420, 110)
APART = 0.6  # of a bar's width, between the bins and the one of no value
EMPTY = Markup(svg.element("svg", "", viewBox=f"0 0 {WIDTH} {HEIGHT}"))  # noqa: S704 - fixed text


def sparkline(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    low: float,
    high: float,
    middle: float | None = None,
) -> Markup:
    """A line over the months, None leaving a gap; pointed at, it says every figure.

    Args:
        low, high: from where to where the chart reaches at least; values beyond widen it.
        middle: a line of reference, such as 0.5 for an AUC.
    """
    known = svg.known(values)
    if not known:
        return EMPTY
    reach = [low, high, *known.values()]
    plot = Plot(WIDTH, HEIGHT, MARGINS, min(reach), max(reach))
    points = [plot.from_edge_to_edge(p, len(values), v) for p, v in known.items()]
    parts = [_notes(labels, known)]
    if middle is not None:
        across = f"M0 {plot.y(middle):.1f}H{WIDTH}"
        parts.append(svg.element("path", class_="m", d=across))
    if len(points) > 1:
        parts.append(svg.polyline(points, x_decimals=0))
    x, y = points[-1]
    parts.append(svg.element("circle", cx=f"{x:.0f}", cy=y, r=2.4))
    return svg.drawing(parts, WIDTH, HEIGHT, css_class="s")


def _notes(labels: Sequence[str], known: Mapping[int, float]) -> str:
    """Every figure with its label."""
    notes = [
        f"{labels[place]} {significant(value, 3)}" for place, value in known.items()
    ]
    return svg.title("\n".join(notes))


def shares_chart(
    now: Sequence[float],
    before: Sequence[float],
    notes: Sequence[str],
    *,
    wide: bool = False,
) -> Markup:
    """Shares of each bin, the reference as outlines behind them; the last bin, of no value, stands apart.

    Args:
        notes: what each bin is and holds.
        wide: a larger chart, for the details.
    """
    width, height = WIDE if wide else (WIDTH, HEIGHT)
    bars = _bars(now, before, notes, width / (len(now) + APART), height)
    return svg.drawing(list(bars), width, height, css_class="h")


def _bars(
    now: Sequence[float],
    before: Sequence[float],
    notes: Sequence[str],
    step: float,
    height: int,
) -> Iterator[str]:
    """Each bin: what is said of it, the outline of its reference, and its bar, narrower, before it."""
    top = max([*now, *before, 1e-9])
    tallest = height - 1
    for place, (share, reference) in enumerate(zip(now, before, strict=True)):
        x, css_class = place * step, "b"
        if place == len(now) - 1:
            x, css_class = x + APART * step, "b n"
        outline = _box(x, height, step, tallest * reference / top)
        bar = _box(x + step * 0.2, height, step * 0.6, tallest * share / top)
        parts = (
            svg.title(notes[place]),
            svg.element("path", class_="r", d=outline),
            svg.element("path", class_=css_class, d=bar),
        )
        yield svg.element("g", "".join(parts))


def _box(x: float, bottom: float, width: float, tall: float) -> str:
    return f"M{x:.1f} {bottom}v{-tall:.1f}h{width:.1f}v{tall:.1f}z"
