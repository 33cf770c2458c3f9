"""The tables that people see in a terminal, all with one look."""

from collections.abc import Iterable

from rich.table import Table

NOT_KNOWN = "–"


def table(
    title: str, *columns: str, folded: Iterable[str] = (), caption: str = ""
) -> Table:
    """A plain table with its title above and its columns headed.

    Args:
        columns: as wide as their longest cell, which is never folded.
        folded: columns behind them, which share what is left of the line.
        caption: a line below.
    """
    made = Table(
        title=title,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        box=None,
        padding=(0, 1),
        header_style="bold",
    )
    for name in columns:
        made.add_column(name, no_wrap=True)
    for name in folded:
        made.add_column(name, overflow="fold")
    return made


def count(rows: int | None) -> str:
    """A count as people read it, a dash for what is not known."""
    return NOT_KNOWN if rows is None else f"{rows:,}"


def percent(share: float | None, places: int = 1) -> str:
    """A share as people read it, a dash for what is not known."""
    return NOT_KNOWN if share is None else f"{share * 100:.{places}f}%"
