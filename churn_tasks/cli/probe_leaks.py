"""``churn probe-leaks``: whether a column, taken alone, has seen who leaves."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.sections import LeakProbe
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.modeling.frames import FeatureSet, Sample
    from churn_tasks.modeling.leak_probe import Suspect


def probe_leaks(
    month: Annotated[
        str | None, typer.Option(help="Month whose training is looked at, YYYY-MM.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="A flat file instead: CSV or Parquet, a row a customer."),
    ] = None,
    label: Annotated[
        str,
        typer.Option(help="Column of the file that says who left: 1/0, yes/no, 是/否."),
    ] = "churned",
    key: Annotated[
        str | None, typer.Option(help="Column of the file that names the customer.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Column of the file to leave out; may be repeated."),
    ] = None,
    top: Annotated[
        int,
        typer.Option(
            help="Rows to show; every suspicious column is shown in any case.", min=1
        ),
    ] = 10,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Write all figures to this file as well."),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Look at every column alone and name those that tell who leaves; ends with 1 where training would stop."""
    from churn_tasks.modeling.leak_probe import probe

    rows, features, limits, title = _asked(
        month, file, label, key, tuple(ignore or ()), profile
    )
    found = probe(rows, features, limits)
    if not found:
        raise BadInput(
            f"{title}: too few leavers or stayers to tell anything ({rows.churners} of {len(rows)} left)"
        )
    console.print(
        _screen(found, f"{title}: {len(rows):,} rows, {rows.churners:,} left", top)
    )
    if json_file:
        told = [asdict(one) for one in found]
        json_file.write_text(
            json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
    leaks = [one.name for one in found if one.stops]
    if leaks:
        console.print(
            f"[red]{len(leaks)} of {len(found)} columns have seen the label:[/] {', '.join(leaks)}"
        )
        raise typer.Exit(1)
    console.print(f"[green]None of {len(found)} columns tells who leaves.[/]")


def _asked(
    month: str | None,
    file: Path | None,
    label: str,
    key: str | None,
    ignore: tuple[str, ...],
    profile: str | None,
) -> "tuple[Sample, FeatureSet, LeakProbe, str]":
    """Rows, columns, bounds and a title."""
    from churn_tasks.by_hand.leaks import file_rows, month_rows

    if (month is None) == (file is None):
        raise BadInput("give --month, or --file with --label")
    if file is not None:
        return *file_rows(file, label, key, ignore), LeakProbe(), file.name
    settings, chosen = load_settings(profile), Month.parse(month or "")
    rows, features, months = month_rows(settings, chosen)
    return (
        rows,
        features,
        settings.leak_probe,
        f"{settings.profile}, training of {chosen} on {months[0]} to {months[-1]}",
    )


def _screen(found: "list[Suspect]", title: str, top: int) -> Table:
    screen = Table(
        "column",
        "AUC",
        "AUC by rates",
        "sure leavers",
        "sure stayers",
        "jump",
        "",
        title=title,
    )
    for place, one in enumerate(found):
        if place >= top and not one.reasons:
            break
        signs = one.signs
        figures = [
            f"{signs.split_auc:.3f}",
            f"{signs.sure_leavers:.1%}",
            f"{signs.sure_stayers:.1%}",
            f"{signs.jump:.3f}",
        ]
        colour = "red" if one.stops else "yellow" if one.reasons else ""
        told = "; ".join(one.reasons)
        verdict = f"{'leak: ' if one.stops else 'look: '}{told}" if told else ""
        screen.add_row(
            one.name,
            "" if signs.auc is None else f"{signs.auc:.3f}",
            *figures,
            verdict,
            style=colour,
        )
    return screen
