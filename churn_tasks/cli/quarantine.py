"""``churn quarantine``: the rows that were set aside, accepting some, and judging a month again."""

from typing import Annotated

import typer

from churn_tasks.cli.options import (
    MonthOption,
    ProfileOption,
    console,
    refuse_blank,
    say,
)
from churn_tasks.cli.tables import coloured
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

quarantine = typer.Typer(
    no_args_is_help=True,
    help="Rows that were set aside: see them, accept some, judge again.",
)

TableOption = Annotated[
    str,
    typer.Option(
        "--table", help="Table as the source contract names it, such as bill."
    ),
]


@quarantine.command("list")
def list_quarantine(
    month: Annotated[
        str | None, typer.Option(help="Billing month, YYYY-MM; all months when absent.")
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Count the rows set aside, by month, table and rule."""
    from churn_tasks.cli.quarantine_screens import quarantine_counts, released_rows

    settings = load_settings(profile)
    chosen = Month.parse(month) if month else None
    console.print(quarantine_counts(settings, chosen))
    if chosen and (released := released_rows(settings, chosen)).row_count:
        console.print(released)


@quarantine.command("show")
def show_quarantine(
    month: MonthOption,
    table: TableOption,
    rule: Annotated[
        str | None, typer.Option(help="One rule; all of them when absent.")
    ] = None,
    top: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 20,
    profile: ProfileOption = None,
) -> None:
    """Show rows set aside in a month: id, reason, column and value, and the row with names and addresses hidden."""
    from churn_tasks.cli.quarantine_screens import quarantined_rows

    console.print(
        quarantined_rows(load_settings(profile), Month.parse(month), table, rule, top)
    )


@quarantine.command("release")
def release_rows(
    month: MonthOption,
    table: TableOption,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="Who accepts the rows; kept with the decision.",
            callback=refuse_blank,
        ),
    ],
    why: Annotated[
        str,
        typer.Option(
            "--why",
            help="Why they are right as they are; kept with the decision.",
            callback=refuse_blank,
        ),
    ],
    rule: Annotated[
        str | None, typer.Option(help="All rows set aside under this rule.")
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option("--row", help="One row by its id; may be given again."),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take releases back instead.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Accept rejected rows as they are (or take that back with --undo); ``replay`` then applies the decision."""
    from churn_tasks.by_hand import quarantine as releases

    settings = load_settings(profile)
    chosen = releases.Chosen(Month.parse(month), table, rule, tuple(row or ()))
    if undo:
        taken = releases.take_back(settings, chosen, by, why)
        say(
            f"{taken} releases taken back; apply with: churn quarantine replay --month {month}"
        )
        return
    picked = releases.rows_to_release(settings, chosen)
    say(releases.consequences(chosen, picked))
    if not yes:
        typer.confirm("Release these rows?", abort=True)
    added = releases.record_releases(settings, chosen, picked, by, why)
    say(f"{added} rows released; apply with: churn quarantine replay --month {month}")


@quarantine.command("replay")
def replay_month(month: MonthOption, profile: ProfileOption = None) -> None:
    """Judge a month again from its raw rows as they lie, and rebuild what depends on it.

    After a release, or after a rule, bound, mapping or contract was mended. Rows that were corrected in the source
    are fetched by ``churn restate`` instead.
    """
    from churn_tasks.walks.replay import replay

    for report in replay(load_settings(profile), Month.parse(month)):
        rows = ", ".join(f"{table} {count:,}" for table, count in report.rows.items())
        say(
            f"{report.month} ",
            coloured(f"{report.step:<15}", "green"),
            f" {report.outcome} {report.reason} {rows}",
        )
