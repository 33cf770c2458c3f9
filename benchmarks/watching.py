"""What watching the model in force says when people change their ways in one month, and when they do not.

    .venv/bin/python -m benchmarks.watching --months 11 --changed 10
    .venv/bin/python -m benchmarks.watching --months 24

The operator is run month by month as in production. A row is a month: the stability index of the scores, the share of
the inputs that moved, the calibration gap and the average precision of the month whose truth came in, and the alarms.
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.operators import lived_through
from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.report.watched import watched_months
from churn_tasks.simulator import SimulationSettings

NOT_NEEDED = ("report", "catalogue")
COLUMNS = (
    "month", "scores PSI", "inputs moved", "calibration gap", "average precision", "alarms",
)  # fmt: skip
console = Console(width=110)


def main(
    months: Annotated[int, typer.Option(min=9)] = 24,
    changed: Annotated[
        int,
        typer.Option(help="Month, counted from 1, in which people change; 0: never."),
    ] = 0,
    customers: Annotated[int, typer.Option(min=500)] = 2_000,
    seed: int = 20_240_101,
) -> None:
    """Run the operator and print a row a month."""
    simulation = SimulationSettings(
        customers=customers,
        months=months,
        seed=seed,
        months_as_planned=max(changed - 1, 0),
    )
    table = Table(*COLUMNS)
    for row in watched(simulation):
        table.add_row(*row)
    console.print(table)


def watched(simulation: SimulationSettings) -> list[list[str]]:
    """The rows of one operator."""
    with lived_through(simulation, NOT_NEEDED) as settings:
        return rows_of(Warehouse(settings))


def rows_of(warehouse: Warehouse) -> list[list[str]]:
    """What the warehouse has of every month."""
    lines = []
    for month in watched_months(warehouse.read("SELECT * FROM bi_model_watch")):
        figures = (
            month.score_psi,
            month.moved_share,
            month.calibration_gap,
            month.average_precision,
        )
        shown = ["" if row is None else f"{row['value']:.3f}" for row in figures]
        lines.append([str(month.month), *shown, str(month.alarms)])
    warehouse.close()
    return lines


if __name__ == "__main__":
    typer.run(main)
