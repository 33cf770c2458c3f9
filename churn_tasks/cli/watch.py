"""``churn watch``: what became known since the list came out, raised the same day."""

from datetime import date, datetime
from typing import Annotated

import typer

from churn_tasks.cli.options import ProfileOption, say
from churn_tasks.cli.tables import coloured
from churn_tasks.core.settings import load_settings

OLD_DATA = 3  # exit code: the watch is done, and some of its data are old

DayOption = Annotated[
    datetime,
    typer.Option(
        "--day",
        formats=["%Y-%m-%d"],
        help="A day of the running month; what was known at its end counts.",
    ),
]


def watch_the_day(day: DayOption, profile: ProfileOption = None) -> None:
    """Watch a day, and before it those that were missed since the last one; exits with 3 where data are old."""
    from churn_tasks.walks.day import watch_days

    missing: list[str] = []
    for report in watch_days(
        load_settings(profile), date(day.year, day.month, day.day)
    ):
        colour = "yellow" if report.idle or report.missing else "green"
        told = report.idle or (
            f"{report.alarms} new alarms, {report.rows:,} rows, {report.rejected} set aside in the month so far"
        )
        say(f"{report.day} ", coloured("watch", colour), f" {told}")
        missing = report.missing
        for each in missing:
            say(f"{report.day} ", coloured("no all-clear", "yellow"), f" {each}")
    if missing:
        raise typer.Exit(OLD_DATA)
