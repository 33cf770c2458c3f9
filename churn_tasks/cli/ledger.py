"""``churn ledger``: what was done about the lists, by whom and with what outcome."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churn_tasks.cli.options import ProfileOption, console, say
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.by_hand.ledger import Import

ledger = typer.Typer(
    no_args_is_help=True,
    help="Contacts with customers of the lists: take in, show, correct.",
)
ByOption = Annotated[str, typer.Option("--by", help="Who decides; kept for ever.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why; kept for ever.")]


@ledger.command("import")
def import_contacts(
    file: Annotated[Path, typer.Argument(help="CSV, Excel (.xlsx) or Parquet.")],
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="YAML: which column of the file is which, what its words mean."
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(help="Where the entries come from; the file's name.")
    ] = "",
    profile: ProfileOption = None,
) -> None:
    """Take in a file of contacts. Rows that cannot be used are set aside with their reasons; twice changes nothing."""
    from churn_tasks.by_hand.ledger import import_file

    _say(import_file(load_settings(profile), file, mapping, source))


@ledger.command("replay")
def replay_rows(
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", help="A rule whose rows count as they are."),
    ] = None,
    by: ByOption = "",
    why: WhyOption = "",
    profile: ProfileOption = None,
) -> None:
    """Judge the rows again that were set aside."""
    from churn_tasks.by_hand.ledger import replay

    _say(replay(load_settings(profile), accept or (), by, why))


@ledger.command("show")
def show_contacts(
    month: Annotated[
        str | None, typer.Option(help="Month of the list, YYYY-MM; all when absent.")
    ] = None,
    customer: Annotated[str | None, typer.Option(help="One customer.")] = None,
    top: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 20,
    profile: ProfileOption = None,
) -> None:
    """Show entries as they stand after corrections, the latest day first."""
    from churn_tasks.cli.ledger_screens import entries_screen

    chosen = Month.parse(month) if month else None
    console.print(entries_screen(load_settings(profile), chosen, customer, top))


@ledger.command("rejected")
def show_rejected(
    top: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 20,
    profile: ProfileOption = None,
) -> None:
    """Show the rows that are set aside, with what is wrong with them."""
    from churn_tasks.cli.ledger_screens import rejected_screen

    console.print(rejected_screen(load_settings(profile), top))


@ledger.command("correct")
def correct_entry(
    entry: Annotated[
        int, typer.Argument(help="Number of the entry (churn ledger show).")
    ],
    by: ByOption,
    why: WhyOption,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="column=value, such as outcome=refused."),
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="The contact never was.")
    ] = False,
    profile: ProfileOption = None,
) -> None:
    """Say an entry anew, or withdraw it; the earlier one is kept and no longer counts."""
    from churn_tasks.by_hand.ledger import correct

    changes = dict(_parted(text) for text in change or ())
    if bool(changes) == withdraw:
        raise BadInput("say what changes (--set column=value), or --withdraw; not both")
    number = correct(load_settings(profile), entry, changes, by, why)
    say(f"entry {entry} is replaced by entry {number}")


def _parted(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"--set {text}: write column=value, such as outcome=refused")
    return name.strip(), value.strip()


def _say(done: "Import") -> None:
    say(
        f"{done.rows:,} rows: {done.added:,} added, {done.known:,} on record already, {done.aside:,} set aside"
    )
    if done.held_out:
        say(f"{done.held_out:,} of them contact customers who were held out")
    if done.by_rule:
        from churn_tasks.effect.contract import said

        for rule, rows in sorted(done.by_rule.items()):
            say(f"  {rows:,}: {said([rule])}")
        say("see churn ledger rejected; what was mended elsewhere: churn ledger replay")
