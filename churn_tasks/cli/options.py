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
from rich.text import Text

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
        TextColumn(f"{{task.description:<{width}}}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def say(*parts: str | Text) -> None:
    """One line as it stands: brackets in it are no markup, and numbers and paths have no colour of their own.

    Args:
        parts: joined without a space; what is to have a colour comes as :func:`churn_tasks.cli.tables.coloured`.
    """
    console.print(Text.assemble(*parts))


def said_step(step: str, outcome: str) -> Text:
    """The name of a step in the colour of its outcome, as wide as the longest one."""
    return Text(f"{step:<15}", style="yellow" if outcome == "skipped" else "green")
