"""``churn models``: where the versions of the model are, putting lost files back, and overruling the gate."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console, say
from churn_tasks.cli.tables import table
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.adapters.warehouse import Champion
    from churn_tasks.by_hand.models import VersionState

models = typer.Typer(
    no_args_is_help=True,
    help="Versions of the model: see where each is, restore lost files, retire one, pin one.",
)
VersionOption = Annotated[
    int, typer.Option("--version", help="Version of the model.", min=1)
]
FromOption = Annotated[
    str, typer.Option("--month", help="First month that it holds for, YYYY-MM.")
]
ByOption = Annotated[
    str, typer.Option("--by", help="Who decides; kept with the decision.")
]
WhyOption = Annotated[
    str, typer.Option("--why", help="Reason; kept with the decision.")
]
UndoOption = Annotated[bool, typer.Option("--undo", help="Take it back instead.")]


@models.command("list")
def list_versions(profile: ProfileOption = None) -> None:
    """List the versions that were in force or ordered, and whether MLflow and the lake have their files."""
    from churn_tasks.by_hand.models import opened_models, version_states

    with opened_models(load_settings(profile)) as opened:
        console.print(_screen(version_states(opened)))


@models.command("restore")
def restore_files(
    version: Annotated[
        int | None,
        typer.Option("--version", help="One version; all when absent.", min=1),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Put back what MLflow has lost: its experiment, and model files of which the lake has a copy."""
    from churn_tasks.by_hand.models import opened_models, restore

    with opened_models(load_settings(profile)) as opened:
        done = restore(opened, version)
    for each in done:
        say(escape(each.said))
    if any(each.is_lost for each in done):
        raise typer.Exit(1)


@models.command("retire")
def retire_version(
    version: VersionOption,
    month: FromOption,
    by: ByOption,
    why: WhyOption,
    undo: UndoOption = False,
    profile: ProfileOption = None,
) -> None:
    """Take a version out of force from a month on (or take that back): the one before it decides, or the gate anew."""
    _decide("retire", version, month, by, why, undo=undo, profile=profile)


@models.command("pin")
def pin_version(
    version: VersionOption,
    month: FromOption,
    by: ByOption,
    why: WhyOption,
    undo: UndoOption = False,
    profile: ProfileOption = None,
) -> None:
    """Put a version in force from a month on whatever the gate finds (or take that back)."""
    _decide("pin", version, month, by, why, undo=undo, profile=profile)


def _decide(
    kind: Literal["retire", "pin"],
    version: int,
    month: str,
    by: str,
    why: str,
    *,
    undo: bool,
    profile: str | None,
) -> None:
    """Put an order on record, or take it back, and say what is in force then."""
    from churn_tasks.adapters.warehouse import ModelOrder
    from churn_tasks.by_hand.models import opened_models, pin, retire, version_named

    act = {"retire": retire, "pin": pin}[kind]
    with opened_models(load_settings(profile)) as opened:
        first = Month.parse(month)
        order = ModelOrder(kind, *version_named(opened, version), by, why)
        _say_in_force(act(opened, first, order, undo=undo), first)


def _say_in_force(champion: "Champion | None", month: Month) -> None:
    now = "no version is in force; the gate takes the best candidate of the month"
    if champion:
        now = (
            f"version {champion.version}, decided in {champion.decided_in}, is in force"
        )
    say(f"{month}: {now}. Apply with: churn run --month {month}")


def _screen(states: list["VersionState"]) -> Table:
    screen = table(
        "Versions of the model 模型版本",
        "model", "version", "MLflow", "copy",
        folded=["decided in 生效账期", "orders 人工决定"],
    )  # fmt: skip
    for state in states:
        cells = (
            state.name,
            str(state.version),
            _there(state.in_mlflow),
            _there(state.has_copy),
            ", ".join(state.in_force),
            "; ".join(state.orders),
        )
        screen.add_row(*map(escape, cells))
    return screen


def _there(is_there: bool) -> str:
    return "whole" if is_there else "lost"
