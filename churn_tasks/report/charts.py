"""Charts of a month's page as inline SVG: upright bars, bars of several parts, and lines with their legend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from churn_tasks.core import svg
from churn_tasks.core.numbers import counted, significant
from churn_tasks.core.svg import Plot

WIDTH = 560
HEIGHT = 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 34
COLOURS = ("#2f5d8a", "#c65b3c", "#4f8a5b", "#8a6bb0")
GRID = "#dfe4ea"
MOST_LABELS = 12
WHOLE_FROM = 20  # an axis that reaches so far needs no decimals
ROUND = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Series:
    """One line of a chart; None leaves a gap."""

    zh: str
    en: str
    values: Sequence[float | None]


def columns(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    percent: bool = False,
    notes: Sequence[str] = (),
) -> str:
    """Upright bars, one a label. ``notes`` are shown when a bar is pointed at."""
    plot = _plot(values)
    step = plot.inner_width / max(len(values), 1)
    every = _label_every(labels)
    parts = [*_axis(plot, percent=percent)]
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        left = LEFT + place * step
        note = svg.title(notes[place]) if notes else ""
        parts.append(_bar(plot, left, step, (0.0, value), COLOURS[0], note))
        if place % every == 0:
            parts.append(_label(left + step / 2, label))
    return svg.drawing(parts, WIDTH, HEIGHT)


def stacked(labels: Sequence[str], series: Sequence[Series]) -> str:
    """One bar a label, the values of the series upon each other from the first one up; None counts as nothing."""
    sums = [0.0] * len(labels)
    parts = []
    for number, one in enumerate(series):
        for place, value in enumerate(one.values):
            below = sums[place]
            sums[place] += value or 0
            note = f"{labels[place]} {one.zh} {one.en}: {counted(value or 0)}"
            span = (below, sums[place])
            parts.append((place, span, _colour(number), svg.title(note)))
    plot = _plot(sums)
    step = plot.inner_width / max(len(labels), 1)
    drawn = [*_axis(plot, percent=False)]
    for place, span, colour, note in parts:
        drawn.append(_bar(plot, LEFT + place * step, step, span, colour, note))
    for place in range(0, len(labels), _label_every(labels)):
        drawn.append(_label(plot.x_of_slot(place, len(labels)), labels[place]))
    return f"{_legend(series)}{svg.drawing(drawn, WIDTH, HEIGHT)}"


def lines(
    labels: Sequence[str], series: Sequence[Series], *, percent: bool = False
) -> str:
    """One line a series over the same labels, named above the chart."""
    known = [value for one in series for value in one.values if value is not None]
    plot = _plot(known)
    every = _label_every(labels)
    parts = [*_axis(plot, percent=percent)]
    for place in range(0, len(labels), every):
        x = plot.x_of_slot(place, len(labels))
        parts.append(_label(x, labels[place]))
    for number, one in enumerate(series):
        parts += _line(plot, one, _colour(number), len(labels))
    return f"{_legend(series)}{svg.drawing(parts, WIDTH, HEIGHT)}"


def _plot(values: Sequence[float]) -> Plot:
    """From zero to a round number above all values."""
    highest = max(values, default=0.0)
    margins = (LEFT, RIGHT, TOP, BOTTOM)
    return Plot(WIDTH, HEIGHT, margins, high=_ceiling(highest))


def _bar(
    plot: Plot,
    left: float,
    step: float,
    span: tuple[float, float],
    colour: str,
    note: str,
) -> str:
    """A bar, or a part of a stacked one, from the lower to the upper value of its span."""
    bottom, top = (plot.y(value) for value in span)
    return svg.element(
        "rect",
        note,
        x=left + step * 0.12,
        y=top,
        width=step * 0.76,
        height=bottom - top,
        fill=colour,
    )


def _line(plot: Plot, one: Series, colour: str, count: int) -> Iterator[str]:
    known = svg.known(one.values)
    points = [plot.in_slot(place, count, value) for place, value in known.items()]
    yield svg.polyline(points, fill="none", stroke=colour, stroke_width=2)
    for (x, y), value in zip(points, known.values(), strict=True):
        note = svg.title(significant(value, 4))
        yield svg.element("circle", note, cx=x, cy=y, r=3, fill=colour)


def _legend(series: Sequence[Series]) -> str:
    entries = [_entry(one, _colour(number)) for number, one in enumerate(series)]
    return f'<p class="legend">{"".join(entries)}</p>'


def _entry(one: Series, colour: str) -> str:
    mark = f'<i style="background:{colour}"></i>'
    zh = f'<span class="zh">{escape(one.zh)}</span>'
    en = f'<span class="en">{escape(one.en)}</span>'
    return f"<span>{mark}{zh} {en}</span>"


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _axis(plot: Plot, *, percent: bool) -> Iterator[str]:
    """Five levels with their values; percent shows shares as such."""
    for quarter in range(5):
        value = plot.high * quarter / 4
        y = plot.y(value)
        yield svg.element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke=GRID)
        yield _text(LEFT - 6, y + 4, _level(value, plot.high, percent), anchor="end")


def _level(value: float, highest: float, percent: bool) -> str:
    if percent:
        return f"{significant(value * 100, 3)}%"
    if highest >= WHOLE_FROM:
        return counted(value)
    return significant(value, 3)


def _ceiling(value: float) -> float:
    """A round number at or above the largest value, so that the axis has round labels.

    >>> _ceiling(0.037), _ceiling(812), _ceiling(0.0)
    (0.04, 1000.0, 1.0)
    """
    if value <= 0:
        return 1.0
    magnitude = float(f"1e{_exponent(value)}")
    above = (magnitude * step for step in ROUND if value <= magnitude * step)
    return round(next(above), 12)


def _exponent(value: float) -> int:
    """The power of ten of a figure's first digit: -2 of 0.037."""
    _, _, power = f"{value:e}".partition("e")
    return int(power)


def _label_every(labels: Sequence[str]) -> int:
    """Every which label is written, so that they do not run into each other."""
    return -(-len(labels) // MOST_LABELS) or 1


def _label(x: float, text: str) -> str:
    return _text(x, HEIGHT - BOTTOM + 15, text)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    said = str(escape(text))
    return svg.element("text", said, x=float(x), y=float(y), text_anchor=anchor)
