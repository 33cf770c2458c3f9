"""``churn quarantine``: the rows that were set aside."""

from typing import Annotated

import typer

from churn_tasks.cli.options import MonthOption, ProfileOption, console
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

quarantine = typer.Typer(no_args_is_help=True, help="Look at the rows that were set aside.")


@quarantine.command("list")
def list_quarantine(month: MonthOption, profile: ProfileOption = None) -> None:
    """Count the rows set aside in a month, by table and rule."""
    from churn_tasks.local.screens import quarantine_counts

    console.print(quarantine_counts(load_settings(profile), Month.parse(month)))


@quarantine.command("show")
def show_quarantine(
    month: MonthOption,
    table: Annotated[str, typer.Option(help="Table as the source contract names it.")],
    rule: Annotated[str | None, typer.Option(help="One rule; all of them when absent.")] = None,
    top: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 20,
    profile: ProfileOption = None,
) -> None:
    """Show rows set aside in a month as they were delivered; phone numbers are tokens."""
    from churn_tasks.local.screens import quarantined_rows

    console.print(quarantined_rows(load_settings(profile), Month.parse(month), table, rule, top))
