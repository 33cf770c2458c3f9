"""``churn search`` and ``churn adopt``: formulas of features that tell more of who leaves, found and taken over."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from churn_tasks.cli.options import MonthOption, ProfileOption, console, say
from churn_tasks.cli.tables import Screen, coloured
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.by_hand.pattern_search import Search

SHOWN = 15  # attributes


def search_month(
    month: MonthOption,
    minutes: Annotated[
        float,
        typer.Option(help="Time budget; a search that is done ends earlier.", min=0.05),
    ] = 5.0,
    profile: ProfileOption = None,
) -> None:
    """Search the training window of a month for attributes and formulas that add to the present model."""
    from churn_tasks.by_hand.pattern_search import search

    settings = load_settings(profile)
    with Progress(
        TextColumn("{task.description:<16}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        console=console,
        transient=True,
    ) as progress:
        bar = progress.add_task("", total=1.0, state="")

        def tell(doing: str, share: float, state: str) -> None:
            progress.update(bar, description=doing, completed=share, state=state)

        done = search(settings, Month.parse(month), minutes * 60, tell)
    console.print(_attributes(done))
    console.print(_formulas(done))
    outcome = done.outcome
    ended = "stopped by the clock" if outcome.stopped else "complete"
    effort = f"{outcome.judged:,} formulas judged in {outcome.generations} generations"
    say(f"{effort} ({ended}); written to {done.folder}")


def adopt_formula(
    name: Annotated[str, typer.Argument(help="Name of a formula that a search found.")],
    month: Annotated[
        str | None,
        typer.Option("--month", help="Month of the search; the latest when absent."),
    ] = None,
    called: Annotated[
        str | None, typer.Option("--as", help="Another name for the column.")
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Take a found formula into the profile's catalogue as a feature folder."""
    from churn_tasks.by_hand.pattern_search import adopt

    settings = load_settings(profile)
    folder = adopt(settings, name, Month.parse(month) if month else None, called)
    say(f"written: {folder}/query.sql and query.yaml")
    say(
        "The next run of `features` makes the column; months before need `churn step features` again to train on it."
        f" So that no selection drops it, name it under features.pin: [{folder.name}].",
    )


def _attributes(done: "Search") -> Screen:
    screen = Screen(
        "attribute",
        "adds to average precision",
        "in best subsets",
        title="Attributes by gain",
    )
    for one in done.outcome.attributes[:SHOWN]:
        screen.add_row(one.name, f"{one.gain:+.4f}", f"{one.chosen:.0%}")
    return screen


def _formulas(done: "Search") -> Screen:
    screen = Screen(
        "formula",
        "inner folds",
        "unseen customers",
        "months",
        "AUC alone",
        "verdict",
        title=f"Formulas found in {done.window.name}: share of the present model's log loss that each takes away",
    )
    for one in done.formulas:
        screen.add_row(
            Text.assemble(one["formula"], "\n", (one["name"], "dim")),
            f"{one['inner_gain_share']:.2%}",
            f"{one['confirmed_gain_share']:.2%}",
            one["months_gained"],
            f"{one['single_auc']:.3f}",
            one["why_not"] or coloured("found", "green"),
        )
    return screen
