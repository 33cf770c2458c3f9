"""``churn definitions``: what leaving may mean, and what each meaning would have come to (C7)."""

import csv
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from churn_tasks.cli.options import ProfileOption, console, progress
from churn_tasks.core.files import replace_text, replacing
from churn_tasks.core.settings import load_settings

definitions = typer.Typer(
    no_args_is_help=True,
    help="What leaving means, and what each meaning would have come to.",
)
NAMES = Annotated[
    list[str] | None,
    typer.Argument(help="Names of definitions; all that the profile can use if none."),
]


@definitions.command("list")
def list_definitions(profile: ProfileOption = None) -> None:
    """Show every definition that the profile sees, and whether its sources suffice for it."""
    from churn_tasks.by_hand.definitions import usable
    from churn_tasks.cli.definition_screens import list_screen

    settings = load_settings(profile)
    console.print(list_screen(settings, *usable(settings)))


@definitions.command("show")
def show_definition(
    name: Annotated[
        str | None,
        typer.Argument(help="Name of a definition; the adopted one when absent."),
    ] = None,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the label's SQL as it is run.")
    ] = False,
    profile: ProfileOption = None,
) -> None:
    """Show one definition, or the SQL that labels customers by it."""
    from churn_tasks.by_hand.definitions import adopting
    from churn_tasks.cli.definition_screens import definition_screen
    from churn_tasks.declared.labels.query import sign_events
    from churn_tasks.declared.registry import load_registry

    settings = load_settings(profile)
    chosen = adopting(settings, name) if name else settings
    registry = load_registry(chosen)
    if sql:
        typer.echo(registry.queries["labels"][0].sql)
    else:
        lengths = chosen.windows.model_dump(exclude={"settle_days"})
        events = sign_events(chosen)
        console.print(definition_screen(chosen.definition, lengths, events))


@definitions.command("compare")
def compare_definitions(
    names: NAMES = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            help="Share of those who stay that may be alarmed.", min=0.001, max=0.5
        ),
    ] = 0.03,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the picture and the figures; definitions in the state if absent."
        ),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Run definitions over the history of the lake, without touching it, and show what each comes to."""
    from churn_tasks.by_hand.definitions import compare, usable
    from churn_tasks.cli.definition_screens import comparison_screens
    from churn_tasks.report.definition_picture import draw

    settings = load_settings(profile)
    chosen = list(dict.fromkeys(names or usable(settings)[0]))
    with progress(width=32) as shown:
        bar = shown.add_task("", total=None)

        def told(what: str, done: int, of: int) -> None:
            shown.update(bar, description=what, completed=done, total=of)

        figures = compare(settings, chosen, false_alarms, told)
    for screen in comparison_screens(figures):
        console.print(screen)
    folder = out or settings.state_dir / "definitions"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, figures)
    draw(figures, folder / "compare.png")
    console.print(
        f"{folder}/compare.png, compare.json, compare.csv",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _write(folder: Path, figures: dict[str, Any]) -> None:
    """The figures for machines: everything as JSON, the months as CSV."""
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    replace_text(folder / "compare.json", text + "\n")
    rows: list[dict[str, Any]] = []
    for name, each in figures["definitions"].items():
        rows += [{"definition": name, **month} for month in each["months"]]
    heads = list(rows[0]) if rows else ["definition"]
    with (
        replacing(folder / "compare.csv") as aside,
        aside.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=heads)
        writer.writeheader()
        writer.writerows(rows)
