"""``churn probe-leaks``: whether a column, taken alone, has seen who leaves."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console, say
from churn_tasks.cli.tables import coloured, table
from churn_tasks.core.errors import BadInput
from churn_tasks.core.files import replace_text
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
    """Look at every column alone and name those that have seen who leaves; ends with 1 where training would stop."""
    from churn_tasks.modeling.leak_probe import probe

    rows, features, limits, title = _asked(
        month, file, label, key, tuple(ignore or ()), profile
    )
    suspects = probe(rows, features, limits)
    if not suspects:
        raise BadInput(
            f"{title}: too few leavers or stayers to tell anything ({rows.churners} of {len(rows)} left)"
        )
    heading = f"{title}: {len(rows):,} rows, {rows.churners:,} left"
    console.print(_screen(suspects, heading, top))
    if json_file:
        figures = [asdict(suspect) for suspect in suspects]
        replace_text(
            json_file, json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
        )
    leaks = [suspect.name for suspect in suspects if suspect.stops]
    if leaks:
        found = f"{len(leaks)} of {len(suspects)} columns have seen the label:"
        say(coloured(found, "red"), f" {', '.join(leaks)}")
        raise typer.Exit(1)
    say(coloured(f"None of {len(suspects)} columns is a leak.", "green"))


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
    title = f"{settings.profile}, training of {chosen} on {months[0]} to {months[-1]}"
    return rows, features, settings.leak_probe, title


def _screen(suspects: "list[Suspect]", title: str, top: int) -> Table:
    """The first columns, and behind them those that look suspicious, the worst first."""
    screen = table(
        title,
        "column", "AUC", "AUC by rates", "sure leavers", "sure stayers", "jump",
        folded=[""],
    )  # fmt: skip
    for place, suspect in enumerate(suspects):
        if place >= top and not suspect.reasons:
            break
        signs = suspect.signs
        colour, remark = _remark(suspect)
        screen.add_row(
            suspect.name,
            "" if signs.auc is None else f"{signs.auc:.3f}",
            f"{signs.split_auc:.3f}",
            f"{signs.sure_leavers:.1%}",
            f"{signs.sure_stayers:.1%}",
            f"{signs.jump:.3f}",
            remark,
            style=colour,
        )
    return screen


def _remark(suspect: "Suspect") -> tuple[str, str]:
    """Colour and words for what is suspicious about a column."""
    reasons = "; ".join(suspect.reasons)
    if suspect.stops:
        return "red", f"leak: {reasons}"
    if suspect.reasons:
        return "yellow", f"look: {reasons}"
    return "", ""
