"""``churn restate``: a month read again, and everything that depends on it made again."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.table import Table

from churn_tasks.adapters.lake import Lake
from churn_tasks.cli.options import MonthOption, ProfileOption, console
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings


def restate_month(
    month: MonthOption,
    known_until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Take in what was known before this day; when absent, the day after that of the latest month.",
        ),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Read a month from the source again and restate what depends on it, beside the versions there are."""
    from churn_tasks.walks.restate import earliest_day, restate

    settings, chosen = load_settings(profile), Month.parse(month)
    day = known_until.date() if known_until else earliest_day(settings, chosen)
    done = []
    for report in restate(settings, chosen, known_until=day):
        done.append(report)
        colour = "yellow" if report.outcome == "skipped" else "green"
        console.print(
            f"{report.month} [{colour}]{report.step:<15}[/] {report.seconds:6.1f} s  {report.reason}",
            highlight=False,
        )
    found = rebuilt(settings, day)
    console.print(
        f"What was known before {day} changed {found.row_count} partitions.",
        highlight=False,
    )
    if found.row_count:
        console.print(found)
    for report in done:
        if report.step == "publish" and report.outcome == "done":
            console.print(
                f"{report.month}: the list is published as version {report.facts['version']}",
                highlight=False,
            )


def rebuilt(settings: Settings, day: date) -> Table:
    """Every partition that has a version of the restatement, with its rows before and after."""
    lake = Lake(settings.lake_dir)
    screen = Table("month", "table", "rows before", "rows now")
    for table, month in sorted(
        lake.restated_at(day), key=lambda found: (found[1], found[0])
    ):
        before, now = lake.rows_before_and_at(table, month, day)
        screen.add_row(
            str(month), table, "–" if before is None else f"{before:,}", f"{now:,}"
        )
    return screen
