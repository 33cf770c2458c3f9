"""``churn``: the steps of the month without Airflow, and the questions people ask of the results."""

import logging
from typing import TYPE_CHECKING, Annotated

import typer
from rich.logging import RichHandler

from churn_tasks.cli.backtest import backtest_months
from churn_tasks.cli.catalogue import write_catalogue_page
from churn_tasks.cli.definitions import definitions
from churn_tasks.cli.effect import show_effect
from churn_tasks.cli.examples import examples
from churn_tasks.cli.features import features
from churn_tasks.cli.forget import forget_people
from churn_tasks.cli.ledger import ledger
from churn_tasks.cli.models import models
from churn_tasks.cli.options import (
    MonthOption,
    ProfileOption,
    console,
    progress,
    said_step,
    say,
)
from churn_tasks.cli.probe_leaks import probe_leaks
from churn_tasks.cli.quality import quality
from churn_tasks.cli.quarantine import quarantine
from churn_tasks.cli.restate import restate_month
from churn_tasks.cli.review import review
from churn_tasks.cli.search import adopt_formula, search_month
from churn_tasks.cli.source import check_source, what_we_need
from churn_tasks.cli.stop import StopAsked, say_stopped
from churn_tasks.cli.tables import coloured
from churn_tasks.cli.warehouse import warehouse
from churn_tasks.cli.watch import watch_the_day
from churn_tasks.core.errors import ChurnError
from churn_tasks.core.months import Month, months_through
from churn_tasks.core.settings import load_settings
from churn_tasks.walks.month import run_step, run_task
from churn_tasks.walks.places import require_places
from churn_tasks.walks.tasks import STEPS, TASKS

if TYPE_CHECKING:
    from churn_tasks.runner.step import StepReport

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help=__doc__,
    pretty_exceptions_enable=False,
)
app.add_typer(quarantine, name="quarantine")
app.add_typer(quality, name="quality")
app.add_typer(review, name="review")
app.add_typer(models, name="models")
app.add_typer(warehouse, name="warehouse")
app.add_typer(definitions, name="definitions")
app.add_typer(features, name="features")
app.add_typer(examples, name="examples")
app.add_typer(ledger, name="ledger")
app.command("effect")(show_effect)
app.command("restate")(restate_month)
app.command("check-source")(check_source)
app.command("what-we-need")(what_we_need)
app.command("catalogue")(write_catalogue_page)
app.command("probe-leaks")(probe_leaks)
app.command("backtest")(backtest_months)
app.command("search")(search_month)
app.command("adopt")(adopt_formula)
app.command("forget")(forget_people)
app.command("watch")(watch_the_day)


@app.command("run")
def run_months(
    month: MonthOption,
    through: Annotated[
        str | None, typer.Option(help="Last month of a range; the months run in order.")
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Run every step of a month, or of a range of months, task by task as Airflow does."""
    settings = load_settings(profile)
    first = Month.parse(month)
    last = Month.parse(through) if through else first
    months = months_through(first, last)
    require_places(settings, first, last)
    with progress(width=24) as shown:
        bar = shown.add_task("", total=len(months) * len(TASKS))
        for each in months:
            for task in TASKS:
                shown.update(bar, description=f"{each} {task.name}")
                for report in run_task(task.name, settings, each):
                    is_own = report.month == str(each)
                    if is_own or report.outcome != "skipped":
                        _say(report)
                shown.advance(bar)


@app.command("step")
def run_one_step(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(STEPS)}.")],
    month: MonthOption,
    profile: ProfileOption = None,
) -> None:
    """Run one step of a month."""
    _say(run_step(name, load_settings(profile), Month.parse(month)))


@app.command("list")
def show_list(
    month: MonthOption,
    top: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 20,
    profile: ProfileOption = None,
) -> None:
    """Show the head of the warning list that is published for a month; phone numbers are masked."""
    from churn_tasks.cli.screens import list_screen

    console.print(list_screen(load_settings(profile), Month.parse(month), top))


@app.command("validate")
def show_validation(profile: ProfileOption = None) -> None:
    """Show what the lists were worth where the truth is in (F2), and every model's figures on its tested month."""
    from churn_tasks.cli.screens import validation_screens

    for screen in validation_screens(load_settings(profile)):
        console.print(screen)


@app.command("dictionary")
def write_dictionary(profile: ProfileOption = None) -> None:
    """Print the data dictionary of a profile as Markdown, in English and Chinese."""
    from churn_tasks.declared.registry import load_registry
    from churn_tasks.report.dictionary import dictionary

    settings = load_settings(profile)
    title = settings.title
    typer.echo(
        dictionary(load_registry(settings), title.en, title.zh, settings.time_zone),
        nl=False,
    )


def _say(report: "StepReport") -> None:
    rows = ", ".join(f"{table} {count:,}" for table, count in report.rows.items())
    facts = ", ".join(f"{name} {value}" for name, value in report.facts.items())
    details = "; ".join(filter(None, (report.reason, rows, facts)))
    say(
        f"{report.month} ",
        said_step(report.step, report.outcome),
        f" {report.seconds:6.1f} s  {details}",
    )


def main() -> None:
    """Entry point: errors that the product raises on purpose are shown as one message, without a traceback.

    Ctrl-C ends the same way, whatever a library in the middle of its work makes of it.
    """
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=console, show_path=False)],
    )
    stopped = StopAsked()
    try:
        app()
    except ChurnError as error:
        if stopped.asked:
            say_stopped()
        say(coloured(f"{type(error).__name__}:", "red"), f" {error}")
        raise SystemExit(1) from error
    except BaseException:
        if stopped.asked:
            say_stopped()
        raise
