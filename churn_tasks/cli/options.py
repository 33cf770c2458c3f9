"""What every command shares: its options and the console it writes to."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from churn_tasks.core.errors import BadInput

LOG_WIDTH = None if sys.stdout.isatty() else 140  # a log has no width of its own
console = Console(width=LOG_WIDTH)

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile", help="Name or folder of the profile; CHURN_PROFILE when absent."
    ),
]


def refuse_blank(option: typer.CallbackParam, text: str) -> str:
    """Callback of options that go on record, such as ``--by`` and ``--why``.

    Raises:
        BadInput: nothing was given, or blanks alone.
    """
    if not text.strip():
        raise BadInput(
            f"{option.opts[0]} must not be empty: it is kept with the decision"
        )
    return text


MonthOption = Annotated[str, typer.Option("--month", help="Billing month, YYYY-MM.")]


def progress(width: int) -> Progress:
    """A bar that goes when the work is done.

    Args:
        width: characters for what is being done.
    """
    return Progress(
        TextColumn(f"{{task.description:<{width}}}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def say(text: str) -> None:
    """One line, its numbers and paths in no colour of their own."""
    console.print(text, highlight=False)
