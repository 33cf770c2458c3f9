"""``churn check-source``: whether a source can be used, before anything is run."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from churn_tasks.cli.options import MonthOption, ProfileOption, console, say
from churn_tasks.cli.tables import coloured
from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.adapters.source.proposal import Proposal
    from churn_tasks.checks.source_check import Judged


def check_source(
    month: MonthOption,
    profile: ProfileOption = None,
    most_rows: Annotated[
        int, typer.Option(help="Rows of a table to read; counts are of all.", min=1)
    ] = 1_000_000,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Write the answer to this file as well."),
    ] = None,
) -> None:
    """Read the source for a month and say whether it can run; then, contract by contract, what is there, and at the end
    what each gap costs.

    Needs no lake and no warehouse, writes nothing, and shows no value of the data. Ends with 1 when something is
    missing without which the month cannot run.
    """
    from churn_tasks.adapters.source.proposal import proposals
    from churn_tasks.by_hand.source import look, unread_files
    from churn_tasks.checks.source_check import missing_activity
    from churn_tasks.cli.source_screens import proposal_screen, source_screens
    from churn_tasks.declared.lineage.gaps import load_gaps

    settings, chosen = load_settings(profile), Month.parse(month)
    gaps = load_gaps(settings)
    judged = list(look(settings, chosen, gaps, most_rows))
    impossible = missing_activity(gaps)
    stopping = [
        one.table for one in judged if one.stops and one.table in gaps.delivered
    ]
    may_run = not impossible and not stopping
    say(*_verdict(chosen, stopping, impossible))
    for file in unread_files(settings, gaps.contracts):
        say(coloured("Not read", "yellow"), f": {file}")
    proposed = list(proposals(settings, chosen))
    if proposed:
        console.print(proposal_screen(proposed))
        for one in proposed:
            typer.echo(f"    {one.setting}")
    for screen in source_screens(judged, chosen, settings.profile):
        console.print(screen)
    if json_file:
        _write(
            json_file,
            {"profile": settings.profile, "month": str(chosen), "can_run": may_run},
            impossible,
            judged,
            proposed,
        )
    if not may_run:
        raise typer.Exit(1)


def _verdict(
    month: Month, stopping: Sequence[str], impossible: str
) -> list[str | Text]:
    """The answer in a sentence: whether the month can run, and else because of what."""
    why = []
    if stopping:
        why.append(f"to be mended: {', '.join(stopping)}")
    if impossible:
        why.append(f"nobody is a customer: {impossible}")
    if not why:
        return [coloured(f"{month} can run.", "green")]
    return [coloured(f"{month} cannot run yet", "red"), f": {'; '.join(why)}"]


def _write(
    path: Path,
    answer: dict[str, object],
    impossible: str,
    judged: "list[Judged]",
    proposed: "list[Proposal]",
) -> None:
    """The answer for machines."""
    whole = {
        **answer,
        "impossible": impossible or None,
        "contracts": [one.as_json() for one in judged],
        "proposals": [asdict(one) for one in proposed],
    }
    replace_text(path, json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def what_we_need(
    language: Annotated[
        Literal["en", "zh"], typer.Option(help="Language of the page.")
    ] = "en",
    profile: ProfileOption = None,
) -> None:
    """Print the page for the owner of a source system as Markdown: every table, what it switches on, and a sample."""
    from churn_tasks.declared.lineage.gaps import everything_delivered
    from churn_tasks.report.what_we_need import page

    typer.echo(page(everything_delivered(load_settings(profile)), language), nl=False)
