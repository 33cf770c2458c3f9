"""``churn examples``: what was published of public data, made again from the file."""

from pathlib import Path
from typing import Annotated

import typer

from churn_tasks.cli.options import console, say
from churn_tasks.cli.tables import table

examples = typer.Typer(
    no_args_is_help=True,
    help="Published figures, made again from the public file that they come from.",
)


@examples.callback()
def _several() -> None:
    """One example a command."""


@examples.command("unicom")
def unicom_example(
    file: Annotated[
        Path, typer.Option(help="The file of the 4,975 numbers (CSV, plain or .xz).")
    ],
) -> None:
    """Make the 98.29 % of the 4,975 numbers of China Unicom again, and say what they are worth."""
    from churn_tasks.by_hand.examples import P_VALUE, unicom

    done = unicom(file)
    screen = table(
        f"What stays of 8 columns (backward elimination, p < {P_VALUE:g})",
        "column", "coefficient", "standard error", "z", "p", "odds ratio", "95 % interval",
    )  # fmt: skip
    for row in done.coefficients.to_dict("records"):
        interval = f"{row['odds_ratio_from']:.4f} to {row['odds_ratio_to']:.4f}"
        screen.add_row(
            row["column"],
            f"{row['coefficient']:.5f}",
            f"{row['standard_error']:.5f}",
            f"{row['z']:.2f}",
            f"{row['p']:.2g}",
            f"{row['odds_ratio']:.4f}",
            interval,
        )
    console.print(screen)
    published, honest = done.published, done.honest
    say(f"{done.customers:,} customers, {done.leavers:,} left.")
    say(
        f"As published: {published.accuracy:.2%} right, AUC {published.auc:.3f}, on the customers it was fitted on."
    )
    say(
        f"The leak probe would stop a training: {', '.join(done.leaks)} has seen who leaves."
    )
    say(
        f"Without it, on customers that were not fitted on: {honest.accuracy:.1%} right, AUC {honest.auc:.3f}."
    )
