"""What watching the model in force says when people change their ways in one month, and when they do not.

    .venv/bin/python -m benchmarks.watching --months 11 --changed 10
    .venv/bin/python -m benchmarks.watching --months 24

The operator is run month by month as in production. A row is a month: the stability index of the scores, the share of
the inputs that moved, the calibration gap and the average precision of the month whose truth came in, and the alarms.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.months import months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.report.watched import watched_months
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS

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
    with tempfile.TemporaryDirectory(prefix="churn-watching-") as name:
        cluster = Cluster(Path(name) / "postgres", durable=False)
        cluster.start()
        try:
            source = cluster.create_database("source")
            settings = load_settings(
                "telecom",
                state_dir=Path(name) / "state",
                source_url=source,
                warehouse_url=cluster.create_database("warehouse"),
            )
            simulate(source, simulation)
            last = simulation.first_month + simulation.months - 1
            for month in months_between(simulation.first_month, last + 1):
                for step in STEPS:
                    if step not in NOT_NEEDED:
                        run_step(step, settings, month)
            return rows_of(Warehouse(settings))
        finally:
            cluster.remove()


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
