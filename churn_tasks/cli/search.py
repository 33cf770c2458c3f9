"""``churn search`` and ``churn adopt``: formulas of features that tell more of who leaves, found and taken over."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from churn_tasks.cli.options import MonthOption, ProfileOption, console
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.by_hand.pattern_search import Searched

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
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}"),
        console=console,
        transient=True,
    ) as progress:
        bar = progress.add_task("", total=1.0, state="")

        def tell(doing: str, share: float, state: str) -> None:
            progress.update(bar, description=doing, completed=share, state=state)

        searched = search(settings, Month.parse(month), minutes * 60, tell)
    console.print(_attributes(searched))
    console.print(_formulas(searched))
    hunted = searched.hunted
    ended = "stopped by the clock" if hunted.stopped else "complete"
    effort = f"{hunted.judged:,} formulas judged in {hunted.generations} generations ({ended})"
    console.print(f"{effort}; written to {searched.folder}", highlight=False)


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
    console.print(f"written: {folder}/query.sql and query.yaml", highlight=False)
    console.print(
        "The next run of `features` makes the column; months before need `churn step features` again to train on it."
        f" So that no selection drops it, name it under features.pin: [{folder.name}].",
        highlight=False,
    )


def _attributes(searched: "Searched") -> Table:
    screen = Table(
        "attribute",
        "adds to average precision",
        "in best subsets",
        title="Attributes by gain",
    )
    for one in searched.hunted.attributes[:SHOWN]:
        screen.add_row(one.name, f"{one.gain:+.4f}", f"{one.chosen:.0%}")
    return screen


def _formulas(searched: "Searched") -> Table:
    title = (
        f"Formulas found in {searched.months[0]} to {searched.months[-1]}: share of the present model's log loss"
        " that each takes away"
    )
    screen = Table(
        "formula",
        "inner folds",
        "unseen customers",
        "months",
        "AUC alone",
        "verdict",
        title=title,
    )
    for one in searched.found:
        verdict = "[green]found[/]" if one.accepted else one.why_not
        shares = (f"{one.inner_gain_share:.2%}", f"{one.confirmed_gain_share:.2%}")
        screen.add_row(
            f"{one.formula}\n[dim]{one.name}[/]",
            *shares,
            one.months_gained,
            f"{one.single_auc:.3f}",
            verdict,
        )
    return screen
