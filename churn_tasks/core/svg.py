"""Inline SVG of small charts: text without scripts, the same bytes for the same figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Place = tuple[float, float]  # x to the right, y downwards


@dataclass(frozen=True)
class Plot:
    """A chart's area: figures between ``low`` and ``high`` lie within its margins.

    Attributes:
        margins: left, right, top and bottom.
    """

    width: float
    height: float
    margins: tuple[float, float, float, float]
    low: float = 0.0
    high: float = 1.0

    @property
    def inner_width(self) -> float:
        left, right, _, _ = self.margins
        return self.width - left - right

    def y(self, value: float) -> float:
        """How far from the top a figure lies."""
        _, _, top, bottom = self.margins
        reach = (self.high - self.low) or 1
        return top + (self.height - top - bottom) * (1 - (value - self.low) / reach)

    def in_slot(self, place: int, count: int, value: float) -> Place:
        """A figure in the middle of one of ``count`` slots of equal width."""
        return self.x_of_slot(place, count), self.y(value)

    def x_of_slot(self, place: int, count: int) -> float:
        left, _, _, _ = self.margins
        return left + self.inner_width * (place + 0.5) / max(count, 1)

    def from_edge_to_edge(self, place: int, count: int, value: float) -> Place:
        """A figure at one of ``count`` places, the first and the last on the edges; a single one lies on the right."""
        left, _, _, _ = self.margins
        share = place / (count - 1) if count > 1 else 1
        return left + self.inner_width * share, self.y(value)


def known(values: Sequence[float | None]) -> dict[int, float]:
    """The figures that are known, by their place in the row."""
    return {place: value for place, value in enumerate(values) if value is not None}


def element(name: str, content: str | None = None, **attributes: float | str) -> str:
    """One element; a float is written with one decimal, ``stroke_width`` is ``stroke-width``, ``class_`` is ``class``.

    Args:
        content: markup inside; None for an element that closes itself.

    >>> element("rect", x=1.25, width=3), element("text", "2024", text_anchor="end")
    ('<rect x="1.2" width="3"/>', '<text text-anchor="end">2024</text>')
    """
    written = "".join(
        f' {_attribute(key)}="{_value(value)}"' for key, value in attributes.items()
    )
    if content is None:
        return f"<{name}{written}/>"
    return f"<{name}{written}>{content}</{name}>"


def title(note: str) -> str:
    """What a browser shows when the element around it is pointed at."""
    return element("title", str(escape(note)))


def polyline(
    places: Iterable[Place], *, x_decimals: int = 1, **attributes: float | str
) -> str:
    """A line from place to place."""
    points = " ".join(f"{x:.{x_decimals}f},{y:.1f}" for x, y in places)
    return element("polyline", None, points=points, **attributes)


def drawing(
    parts: Sequence[str], width: float, height: float, css_class: str = ""
) -> Markup:
    """The whole picture. A chart in a cell has a class of the stylesheet; one that stands alone is an image."""
    box = f"0 0 {width} {height}"
    inside = "".join(parts)
    if css_class:
        text = element("svg", inside, class_=css_class, viewBox=box)
    else:
        text = element("svg", inside, viewBox=box, role="img")
    return Markup(text)  # noqa: S704 - notes and labels are escaped, the rest is figures


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: float | str) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
