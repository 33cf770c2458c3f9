"""``churn restate``: a month read again, and everything that depends on it made again."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.table import Table

from churn_tasks.adapters.lake import Lake
from churn_tasks.cli.options import MonthOption, ProfileOption, console, said_step, say
from churn_tasks.cli.tables import count, table
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
    published = []
    for report in restate(settings, chosen, known_until=day):
        say(
            f"{report.month} ",
            said_step(report.step, report.outcome),
            f" {report.seconds:6.1f} s  {report.reason}",
        )
        if report.step == "publish" and report.outcome == "done":
            published.append(report)
    partitions = rebuilt(settings, day)
    say(f"What was known before {day} changed {partitions.row_count} partitions.")
    if partitions.row_count:
        console.print(partitions)
    for report in published:
        version = report.facts["version"]
        say(f"{report.month}: the list is published as version {version}")


def rebuilt(settings: Settings, day: date) -> Table:
    """Every partition that has a version of the restatement, with its rows before and after."""
    lake = Lake(settings.lake_dir)
    screen = table("", "month", "table", "rows before", "rows now")
    partitions = [(month, name) for name, month in lake.restated_at(day)]
    for month, name in sorted(partitions):
        before, now = lake.rows_before_and_at(name, month, day)
        screen.add_row(str(month), name, count(before), count(now))
    return screen
