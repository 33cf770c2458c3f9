"""``churn backtest``: what the lists of past months would have come to, with the model in force at the time (F1-F4)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console, progress, say
from churn_tasks.cli.tables import count, percent, table
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.by_hand.backtest.run import Backtest


def backtest_months(
    first: Annotated[
        str | None,
        typer.Option("--from", help="First list, YYYY-MM; the first that had a model."),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="Last list, YYYY-MM; the last whose truth is in."),
    ] = None,
    families: Annotated[
        str | None,
        typer.Option(
            help="Candidates in place of the profile's, by comma: families, or rule:COLUMN (rule:-COLUMN: low leaves)."
        ),
    ] = None,
    precision: Annotated[
        float, typer.Option(help="Share of a list that is to leave, for thresholds.")
    ] = 0.5,
    false_alarms: Annotated[
        float, typer.Option(help="Share of stayers that may be warned, for thresholds.")
    ] = 0.03,
    call: Annotated[float, typer.Option(help="What a call costs.", min=0)] = 1.0,
    worth: Annotated[
        float, typer.Option(help="What a leaver who is kept is worth.", min=0)
    ] = 20.0,
    kept: Annotated[
        float, typer.Option(help="Share of leavers that a call keeps.", min=0, max=1)
    ] = 0.3,
    definition: Annotated[
        str | None,
        typer.Option(
            help="Definition of leaving that judges the lists (churn definitions list); the adopted one if absent."
        ),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Judge the lists of past months with the model that would have been in force; nothing is promoted or published.

    A backtest that was stopped goes on where it was: months whose data, settings and code are the same are taken over.
    """
    from churn_tasks.by_hand.backtest.run import (
        backtest,
        log_runs,
        with_families,
        write_page,
        write_tables,
    )
    from churn_tasks.modeling.backtest_thresholds import Targets
    from churn_tasks.modeling.thresholds import Costs

    settings = load_settings(profile)
    if families:
        settings = with_families(settings, families.split(","))
    costs = Costs(contact=call, worth=worth, kept=kept)
    targets = Targets(precision, false_alarms, costs)
    with progress(width=10) as shown:
        bar = shown.add_task("backtest", total=None)

        def told(what: str, done: int, of: int) -> None:
            say(what)
            shown.update(bar, completed=done, total=of)

        asked = (_month(first), _month(last))
        tested = backtest(settings, *asked, told, targets, definition)
    write_tables(tested)
    page = write_page(tested)
    console.print(_screen(tested))
    run = log_runs(tested)
    say(f"{page}; backtest.json and the tables as CSV beside it; MLflow: {run}")


def _month(given: str | None) -> Month | None:
    return Month.parse(given) if given else None


def _screen(tested: "Backtest") -> Table:
    title = "Lists with the model of the time 按当时在用模型回测"
    if tested.definition != tested.settings.definition.name:
        title += f", judged by {tested.definition}"
    screen = table(
        title,
        "month", "model", "customers", "left", "rate", "warned", "who left", "precision", "coverage", "in time",
        "AUC", "AP", "mean score",
    )  # fmt: skip
    for row in tested.tables["months"]:
        screen.add_row(row["month"], row["model"], *_cells(row))
    return screen


def _cells(row: Mapping[str, Any]) -> list[str]:
    cells = [count(row["customers"]), count(row["churners"])]
    cells += [percent(row["churn_rate"]), count(row["warned"])]
    cells.append(count(row["warned_churners"]))
    for name in ("precision", "coverage", "precision_in_time"):
        cells.append(percent(row[name]))
    for name in ("auc", "average_precision", "mean_score"):
        value = row[name]
        cells.append("–" if value is None else f"{value:.3f}")
    return cells
