"""The tables that people see in a terminal, all with one look."""

from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

NOT_KNOWN = "–"


class Screen(Table):
    """A table that shows its cells as they stand: ``[red]`` and ``:warning:`` in a text of the data are data.

    What is to have a colour comes as :func:`coloured`, or with the style of its row.
    """

    def add_row(self, *cells: RenderableType | None, **how: Any) -> None:
        super().add_row(*map(_as_it_stands, cells), **how)


def _as_it_stands(cell: RenderableType | None) -> RenderableType | None:
    return Text(cell) if isinstance(cell, str) else cell


def coloured(text: str, style: str) -> Text:
    """A text in a colour, else as it stands."""
    return Text(text, style=style)


def table(
    title: str, *columns: str, folded: Iterable[str] = (), caption: str = ""
) -> Screen:
    """A plain table with its title above and its columns headed.

    Args:
        columns: as wide as their longest cell, which is never folded.
        folded: columns behind them, which share what is left of the line.
        caption: a line below.
    """
    made = Screen(
        title=Text(title, style="table.title"),
        caption=Text(caption, style="table.caption"),
        title_justify="left",
        caption_justify="left",
        box=None,
        padding=(0, 1),
        header_style="bold",
    )
    for name in columns:
        made.add_column(Text(name), no_wrap=True)
    for name in folded:
        made.add_column(Text(name), overflow="fold")
    return made


def count(rows: int | None) -> str:
    """A count as people read it, a dash for what is not known."""
    return NOT_KNOWN if rows is None else f"{rows:,}"


def percent(share: float | None, places: int = 1) -> str:
    """A share as people read it, a dash for what is not known."""
    return NOT_KNOWN if share is None else f"{share * 100:.{places}f}%"
