"""Charts of a table's cell as inline SVG: a line over the months, and bars over bins."""

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT, EDGE = 104, 30, 3


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
    present = [
        (place, value) for place, value in enumerate(values) if value is not None
    ]
    if not present:
        return Markup('<svg viewBox="0 0 104 30"></svg>')
    bottom, top = (
        min([low, *(value for _, value in present)]),
        max([high, *(value for _, value in present)]),
    )
    at = [(_x(place, len(values)), _y(value, bottom, top)) for place, value in present]
    notes = "\n".join(f"{labels[place]} {value:.3g}" for place, value in present)
    parts = [f"<title>{escape(notes)}</title>"]
    if middle is not None:
        y = _y(middle, bottom, top)
        parts.append(f'<path class="m" d="M0 {y:.1f}H{WIDTH}"/>')
    if len(at) > 1:
        parts.append(
            f'<polyline points="{" ".join(f"{x:.0f},{y:.1f}" for x, y in at)}"/>'
        )
    parts.append(f'<circle cx="{at[-1][0]:.0f}" cy="{at[-1][1]:.1f}" r="2.4"/>')
    return Markup(  # noqa: S704 - numbers and escaped notes
        f'<svg class="s" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
    )


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
    width, height = (420, 110) if wide else (WIDTH, HEIGHT)
    top = max([*now, *before, 1e-9])
    step = width / (len(now) + 0.6)
    parts = []
    for place, (share, old) in enumerate(zip(now, before, strict=True)):
        last = place == len(now) - 1
        x = place * step + (0.6 * step if last else 0)
        tall, was = (height - 1) * share / top, (height - 1) * old / top
        kind = "b n" if last else "b"
        parts.append(
            f'<g><title>{escape(notes[place])}</title><path class="r" d="{_box(x, height, step, was)}"/>'
            f'<path class="{kind}" d="{_box(x + step * 0.2, height, step * 0.6, tall)}"/></g>'
        )
    return Markup(  # noqa: S704 - as above
        f'<svg class="h" viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def _box(x: float, bottom: float, width: float, tall: float) -> str:
    return f"M{x:.1f} {bottom}v{-tall:.1f}h{width:.1f}v{tall:.1f}z"


def _x(place: int, count: int) -> float:
    return EDGE + (WIDTH - 2 * EDGE) * (place / (count - 1) if count > 1 else 1)


def _y(value: float, low: float, high: float) -> float:
    return EDGE + (HEIGHT - 2 * EDGE) * (1 - (value - low) / ((high - low) or 1))
