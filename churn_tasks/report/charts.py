"""Small charts as inline SVG: text, no scripts, the same bytes for the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

WIDTH = 560
HEIGHT = 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 34
COLOURS = ("#2f5d8a", "#c65b3c", "#4f8a5b", "#8a6bb0")


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
    top = _ceiling(max(values, default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    parts = [_axis(top, percent)]
    every = -(-len(labels) // 12)
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, y = LEFT + place * step, _y(value, top)
        note = f"<title>{escape(notes[place])}</title>" if notes else ""
        parts.append(
            f'<rect x="{x + step * 0.12:.1f}" y="{y:.1f}" width="{step * 0.76:.1f}"'
            f' height="{HEIGHT - BOTTOM - y:.1f}" fill="{COLOURS[0]}">{note}</rect>'
        )
        if place % every == 0:
            parts.append(_text(x + step / 2, HEIGHT - BOTTOM + 15, label))
    return _svg(parts)


def lines(
    labels: Sequence[str], series: Sequence[Series], *, percent: bool = False
) -> str:
    """One line a series over the same labels, named above the chart."""
    present = [value for one in series for value in one.values if value is not None]
    top = _ceiling(max(present, default=0.0))
    parts = [_axis(top, percent)]
    every = -(-len(labels) // 12)
    for place, label in enumerate(labels):
        if place % every == 0:
            parts.append(_text(_x(place, len(labels)), HEIGHT - BOTTOM + 15, label))
    for number, one in enumerate(series):
        parts.append(_line(one, COLOURS[number % len(COLOURS)], len(labels), top))
    return _legend(series) + _svg(parts)


def _line(one: Series, colour: str, count: int, top: float) -> str:
    points = [
        (_x(i, count), _y(v, top), v) for i, v in enumerate(one.values) if v is not None
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{value:.4g}</title></circle>'
        for x, y, value in points
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def _legend(series: Sequence[Series]) -> str:
    entries = "".join(
        f'<span><i style="background:{COLOURS[n % len(COLOURS)]}"></i>'
        f'<span class="zh">{escape(one.zh)}</span> <span class="en">{escape(one.en)}</span></span>'
        for n, one in enumerate(series)
    )
    return f'<p class="legend">{entries}</p>'


def _axis(top: float, percent: bool) -> str:
    """Four levels with their values; percent shows shares as such."""
    parts = []
    for quarter in range(5):
        value = top * quarter / 4
        y = _y(value, top)
        shown = (
            f"{value * 100:.3g}%"
            if percent
            else f"{value:,.0f}"
            if top >= 20
            else f"{value:.3g}"
        )
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dfe4ea"/>'
        )
        parts.append(_text(LEFT - 6, y + 4, shown, anchor="end"))
    return "".join(parts)


def _ceiling(value: float) -> float:
    """A round number at or above the largest value, so that the axis has round labels.

    >>> _ceiling(0.037), _ceiling(812), _ceiling(0.0)
    (0.04, 1000.0, 1.0)
    """
    if value <= 0:
        return 1.0
    magnitude = float(f"1e{int(f'{value:e}'.partition('e')[2])}")
    steps = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10)
    return next(
        round(magnitude * step, 12) for step in steps if value <= magnitude * step
    )


def _x(place: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(count, 1)


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'
