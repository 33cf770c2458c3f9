"""What every command shares: its options and the console it writes to."""

import sys
from typing import Annotated

import typer
from rich.console import Console

console = Console(
    width=None if sys.stdout.isatty() else 140
)  # a log has no width of its own

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile", help="Name or folder of the profile; CHURN_PROFILE when absent."
    ),
]
MonthOption = Annotated[str, typer.Option("--month", help="Billing month, YYYY-MM.")]
