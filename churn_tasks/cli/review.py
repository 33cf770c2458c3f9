"""``churn review``: doubtful pairs of customer records, put to a person.

Decisions are kept for ever; a pair is asked about once and can be decided again. The month's run takes up what was
decided when it first runs and never waits. Needs a warehouse login that may take the role ``churn_reviewer``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.table import Table

from churn_tasks.cli.options import ProfileOption, console, refuse_blank, say
from churn_tasks.cli.tables import table
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.adapters.warehouse import Warehouse

review = typer.Typer(
    invoke_without_command=True,
    help="Decide which doubtful records are the same person.",
)
ByOption = Annotated[
    str,
    typer.Option(
        "--by", help="Who decides; kept with the decision.", callback=refuse_blank
    ),
]
PairArgument = Annotated[
    str,
    typer.Argument(help="Both line numbers, joined by a plus sign: 6000001+6000007."),
]
KEYS: dict[str, Literal["same", "different", "skip", "quit"]] = {
    "s": "same", "same": "same", "d": "different", "different": "different",
    "": "skip", "k": "skip", "skip": "skip", "q": "quit", "quit": "quit",
}  # fmt: skip


@contextmanager
def _warehouse(profile: str | None) -> Iterator["Warehouse"]:
    from churn_tasks.adapters.warehouse import Warehouse

    warehouse = Warehouse(load_settings(profile))
    try:
        yield warehouse
    finally:
        warehouse.close()


@review.callback()
def decide_one_by_one(
    context: typer.Context,
    by: Annotated[
        str, typer.Option("--by", help="Who decides; asked for when absent.")
    ] = "",
    profile: ProfileOption = None,
) -> None:
    """Show open pairs one by one, both records side by side, and take s (same), d (different), skip or quit."""
    if context.invoked_subcommand:
        return
    with _warehouse(profile) as warehouse:
        pairs = warehouse.review_pairs(state="open")
        if not pairs:
            console.print("No pair waits for a decision. 没有待认定的记录对。")
            return
        who = by.strip() or typer.prompt("Your name")
        decided = _ask(warehouse, pairs, who)
    say(f"{decided} of {len(pairs)} pairs decided.")


@review.command("list")
def list_pairs(
    state: Annotated[str, typer.Option(help="open, same, different or all.")] = "open",
    top: Annotated[int, typer.Option(help="Pairs to show.", min=1)] = 20,
    profile: ProfileOption = None,
) -> None:
    """List pairs, the most probable first; without names and addresses."""
    if state not in ("open", "same", "different", "all"):
        raise BadInput(f"--state is {state!r}; there are open, same, different, all")
    wanted = None if state == "all" else state
    with _warehouse(profile) as warehouse:
        pairs = warehouse.review_pairs(state=wanted, limit=top)
    screen = table(
        "",
        "pair", "probability", "first asked", "state",
        folded=["why asked", "evidence", "by"],
    )  # fmt: skip
    for pair in pairs:
        cells = (
            f"{pair['customer_id_a']}+{pair['customer_id_b']}",
            f"{pair['probability']:.4f}",
            f"{pair['first_seen']:%Y-%m}",
            pair["state"],
            pair["reason"],
            pair["evidence"] or "",
            pair["decided_by"] or "",
        )
        screen.add_row(*cells)
    console.print(screen)


@review.command("show")
def show_pair(pair: PairArgument, profile: ProfileOption = None) -> None:
    """Show both records of one pair side by side; phone numbers are masked."""
    with _warehouse(profile) as warehouse:
        console.print(_side_by_side(_queued(warehouse, pair)))


@review.command("decide")
def decide(
    pair: PairArgument,
    decision: Annotated[str, typer.Argument(help="same or different.")],
    by: ByOption,
    why: Annotated[
        str, typer.Option(help="Reason, without names or numbers of people.")
    ] = "",
    profile: ProfileOption = None,
) -> None:
    """Decide one pair."""
    if decision not in ("same", "different"):
        raise BadInput(f"a decision is same or different, not {decision!r}")
    _record(profile, pair, cast("Literal['same', 'different']", decision), by, why)


@review.command("undo")
def undo(
    pair: PairArgument,
    by: ByOption,
    why: Annotated[
        str, typer.Option(help="Reason, without names or numbers of people.")
    ] = "",
    profile: ProfileOption = None,
) -> None:
    """Take the decision on one pair back; the pair is open again."""
    _record(profile, pair, "undo", by, why)


def _record(
    profile: str | None,
    pair: str,
    decision: Literal["same", "different", "undo"],
    by: str,
    why: str,
) -> None:
    with _warehouse(profile) as warehouse:
        added = warehouse.decide_pair(_numbers(pair), decision, by, why)
    outcome = f"{decision} recorded" if added else "it was so already"
    say(f"{pair}: {outcome}.")


def _ask(warehouse: "Warehouse", pairs: list[dict[str, Any]], who: str) -> int:
    """Ask about each pair until somebody has had enough; returns how many were decided."""
    decided = 0
    for number, pair in enumerate(pairs, start=1):
        say(f"\n{number} of {len(pairs)}")
        console.print(_side_by_side(pair))
        answer = _answer()
        if answer == "quit":
            break
        if answer != "skip":
            both = (pair["customer_id_a"], pair["customer_id_b"])
            decided += warehouse.decide_pair(both, answer, who, "")
    return decided


def _answer() -> Literal["same", "different", "skip", "quit"]:
    while True:
        try:
            given = typer.prompt(
                "s same 同一人 / d different 不同人 / skip / quit",
                default="skip",
                show_default=False,
            )
        except (EOFError, typer.Abort):
            return "quit"
        key = given.strip().lower()
        if key in KEYS:
            return KEYS[key]


def _side_by_side(pair: Mapping[str, Any]) -> Table:
    """Both records, field by field; what differs is marked."""
    from churn_tasks.integrate.matching.side_by_side import fields

    caption = f"{pair['probability']:.1%}  {pair['reason']}: {pair['evidence'] or ''}"
    screen = table("", "", "", folded=["A", "B"], caption=caption)
    for field in fields(pair):
        label = f"{field.label.en} {field.label.zh}"
        mark, style = ("≠", "bold yellow") if field.differs else ("", "")
        screen.add_row(label, mark, field.left, field.right, style=style)
    return screen


def _numbers(pair: str) -> tuple[str, str]:
    parts = [part.strip() for part in pair.split("+")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise BadInput(
            f"{pair!r} names no pair; write two line numbers joined by a plus sign, as in 6000001+6000007"
        )
    first, second = sorted(parts)
    return first, second


def _queued(warehouse: "Warehouse", pair: str) -> dict[str, Any]:
    pairs = warehouse.review_pairs(pair=_numbers(pair))
    if not pairs:
        raise BadInput(
            f"the pair {pair} was never in the review queue; see: churn review list --state all"
        )
    return pairs[0]
