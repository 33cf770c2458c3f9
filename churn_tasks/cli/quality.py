"""``churn quality``: figures that stopped a month, accepting one that is right, and taking that back."""

from typing import TYPE_CHECKING, Annotated

import typer

from churn_tasks.cli.options import (
    MonthOption,
    ProfileOption,
    console,
    refuse_blank,
    say,
)
from churn_tasks.cli.tables import table
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.core.acceptance import Acceptance

quality = typer.Typer(
    no_args_is_help=True,
    help="Figures that stopped a month: see them, accept one that is right.",
)

MeasureOption = Annotated[
    str,
    typer.Option(
        "--measure",
        help="As the stop names it: complaint.rows, bill.amount_cny.mean, relation.gone_share.",
    ),
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by", help="Who says so; kept with the decision.", callback=refuse_blank
    ),
]
WhyOption = Annotated[
    str,
    typer.Option("--why", help="Why; kept with the decision.", callback=refuse_blank),
]


@quality.command("list")
def list_stops(month: MonthOption, profile: ProfileOption = None) -> None:
    """Show the figures that stopped a month, and who has accepted which of them."""
    from churn_tasks.by_hand import acceptances

    settings, chosen = load_settings(profile), Month.parse(month)
    accepted = {each.measure: each for each in acceptances.in_force(settings, chosen)}
    screen = table(str(chosen), "measure", "value", "accepted by", folded=["why"])
    for found in acceptances.stopping(settings, chosen):
        screen.add_row(
            found.measure, f"{found.value:g}", *_said(accepted.get(found.measure))
        )
    console.print(screen)


def _said(acceptance: "Acceptance | None") -> tuple[str, str]:
    if acceptance is None:
        return "", ""
    return acceptance.accepted_by, acceptance.why


@quality.command("accept")
def accept_figure(
    month: MonthOption,
    measure: MeasureOption,
    by: ByOption,
    why: WhyOption,
    profile: ProfileOption = None,
) -> None:
    """Let a month go on with a figure outside its bounds because it is right; later months do not learn from it."""
    from churn_tasks.by_hand import acceptances

    accepted = acceptances.accept(
        load_settings(profile), Month.parse(month), measure, by, why
    )
    say(
        f"{month}: {accepted.measure} = {accepted.value:g} is accepted, and nothing more than a tenth away from it."
        f" Run the month again: churn run --month {month}, or clear its task in Airflow.",
    )


@quality.command("take-back")
def take_acceptance_back(
    month: MonthOption,
    measure: MeasureOption,
    by: ByOption,
    why: WhyOption,
    profile: ProfileOption = None,
) -> None:
    """Take an acceptance back: the next run of the month stops again."""
    from churn_tasks.by_hand import acceptances

    taken = acceptances.take_back(
        load_settings(profile), Month.parse(month), measure, by, why
    )
    say(f"{month}: {taken.measure} is no longer accepted.")
