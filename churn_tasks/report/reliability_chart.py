"""Whether scores are probabilities, as inline SVG: mean score of each tenth of the customers beside who left of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from churn_tasks.core import svg
from churn_tasks.core.numbers import percent
from churn_tasks.core.svg import Plot

SIDE, MARGIN, EDGE = 300.0, 44.0, 12.0
GRID, DOT = "#dfe4ea", "#2f5d8a"


def reliability_chart(tenths: Sequence[Mapping[str, Any]]) -> str:
    """Mean scores to the right, shares that left upwards; on the diagonal they are the same.

    Args:
        tenths: ``mean_score`` and ``churn_rate`` of each.
    """
    shares = []
    for tenth in tenths:
        shares += [tenth["mean_score"], tenth["churn_rate"]]
    margins = (MARGIN, EDGE, EDGE, MARGIN)
    plot = Plot(SIDE, SIDE, margins, high=max(shares, default=0.0) or 1.0)
    diagonal = [(_x(plot, share), plot.y(share)) for share in (0.0, plot.high)]
    parts = [svg.polyline(diagonal, fill="none", stroke=GRID, stroke_width=2)]
    for tenth in tenths:
        parts.append(_dot(plot, tenth["mean_score"], tenth["churn_rate"]))
    for share in (0.0, plot.high / 2, plot.high):
        name, y = percent(share, 0), plot.y(share)
        below, left = SIDE - MARGIN + 20, MARGIN - 6
        x = _x(plot, share)
        parts.append(svg.element("text", name, x=x, y=below, text_anchor="middle"))
        parts.append(svg.element("text", name, x=left, y=y, text_anchor="end"))
    return svg.drawing(parts, SIDE, SIDE)


def _x(plot: Plot, share: float) -> float:
    return MARGIN + plot.inner_width * share / plot.high


def _dot(plot: Plot, mean_score: float, churn_rate: float) -> str:
    note = svg.title(f"{percent(mean_score)} / {percent(churn_rate)}")
    x, y = _x(plot, mean_score), plot.y(churn_rate)
    return svg.element("circle", note, cx=x, cy=y, r=4.0, fill=DOT)
