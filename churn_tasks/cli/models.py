"""``churn models``: where the versions of the model are and why, putting lost files back, and overruling the gate."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console, refuse_blank, say
from churn_tasks.cli.tables import table
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.adapters.warehouse import Champion
    from churn_tasks.by_hand.models import VersionState

models = typer.Typer(
    no_args_is_help=True,
    help="Versions of the model: see where each is and why, restore lost files, approve, roll back, retire, pin.",
)
VersionOption = Annotated[
    int, typer.Option("--version", help="Version of the model.", min=1)
]
FromOption = Annotated[
    str, typer.Option("--month", help="First month that it holds for, YYYY-MM.")
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by", help="Who decides; kept with the decision.", callback=refuse_blank
    ),
]
WhyOption = Annotated[
    str,
    typer.Option(
        "--why", help="Reason; kept with the decision.", callback=refuse_blank
    ),
]
UndoOption = Annotated[bool, typer.Option("--undo", help="Take it back instead.")]


@models.command("list")
def list_versions(profile: ProfileOption = None) -> None:
    """List the versions that were in force or ordered, and whether MLflow and the lake have their files."""
    from churn_tasks.by_hand.models import opened_models, version_states

    with opened_models(load_settings(profile)) as opened:
        console.print(_screen(version_states(opened)))


@models.command("history")
def list_decisions(profile: ProfileOption = None) -> None:
    """List the decisions about what is in force: from when to when, by whom and why, and what was missed since."""
    from churn_tasks.by_hand.models import opened_models

    with opened_models(load_settings(profile)) as opened:
        decisions = opened.warehouse.promotions()
    console.print(_history([row for row in decisions if row["is_current"]]))


@models.command("card")
def show_card(
    version: VersionOption,
    profile: ProfileOption = None,
) -> None:
    """Show the card of a version: what it learnt from, figures by month, calibration, decisions, columns, limits."""
    from churn_tasks.core.errors import BadInput

    settings = load_settings(profile)
    card = settings.model_card(settings.model.name, version)
    if not card.exists():
        raise BadInput(
            f"version {version} has no card in {card.parent}: none was judged by that number (churn models list)"
        )
    typer.echo(card.read_text(encoding="utf-8"))


@models.command("rollback")
def roll_back_version(
    month: FromOption,
    by: ByOption,
    why: WhyOption,
    version: Annotated[
        int | None,
        typer.Option(
            "--version", help="Pin this one; else the one before takes over.", min=1
        ),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Go back from a month on: to the version before, which the gate then goes on from, or to one that is pinned."""
    if version is not None:
        _decide("pin", version, month, by, why, undo=False, profile=profile)
        return
    from churn_tasks.by_hand.models import opened_models, roll_back

    with opened_models(load_settings(profile)) as opened:
        first = Month.parse(month)
        _say_in_force(roll_back(opened, first, by, why), first)


@models.command("approve")
def approve_proposed(
    month: Annotated[
        str, typer.Option("--month", help="Month whose gate proposes it, YYYY-MM.")
    ],
    by: ByOption,
    why: WhyOption,
    profile: ProfileOption = None,
) -> None:
    """Let the version go live that the gate of a month proposes (promotion.approval: person)."""
    from churn_tasks.by_hand.approval import let_go_live

    version = let_go_live(load_settings(profile), Month.parse(month), by, why)
    say(
        f"{month}: version {version} is in force. Make the month's list by it with: churn run --month {month}"
    )


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
        say(each.said)
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
        screen.add_row(*cells)
    return screen


def _history(decisions: list[dict[str, Any]]) -> Table:
    """One row a month; regret is the average precision that its champion has missed since it went live."""
    screen = table(
        "Decisions 上线决定",
        "from 起", "to 止", "version", "regret 累计遗憾", "by 决定者",
        folded=["why 原因"],
    )  # fmt: skip
    for row in decisions:
        until = row["valid_to"]
        regret = row["metrics"].get("regret")
        cells = (
            f"{row['valid_from']:%Y-%m}",
            f"{until:%Y-%m}" if until else "",
            str(row["model_version"]),
            "" if regret is None else f"{regret:+.4f}",
            row["decided_by"],
            row["why"],
        )
        screen.add_row(*cells)
    return screen


def _there(is_there: bool) -> str:
    return "whole" if is_there else "lost"
