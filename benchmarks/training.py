"""CPU seconds and memory of the model steps of each month, on a simulated operator in a private PostgreSQL.

    .venv/bin/python -m benchmarks.training --customers 20000 --months 10

Only what training needs is made: no check, no restated month, no list. Imports fall into the first trained month.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Taken, taken
from benchmarks.operators import simulated
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner.step import StepReport
from churn_tasks.simulator import SimulationSettings
from churn_tasks.walks.month import run_step

BEFORE = (
    "extract",
    "integrate",
    "match",
    "texts",
    "summarise",
    "features",
    "labels",
)
MEASURED = ("train", "promote", "score")
COLUMNS = ("month", "step", "rows learnt from", "CPU s", "peak MB of the process")


def main(
    customers: Annotated[int, typer.Option(min=1_000)] = 20_000,
    months: Annotated[int, typer.Option(min=7)] = 10,
) -> None:
    """Simulate, make every month's features, train, and print a row a step."""
    simulation = SimulationSettings(customers=customers, months=months)
    first = simulation.first_month
    table = Table(*COLUMNS)
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        folder = Path(name)
        with simulated(folder, simulation) as places:
            settings = load_settings(
                "telecom",
                state_dir=folder / "state",
                mlflow_url=f"sqlite:///{folder}/mlflow.db",
                **places,
            )
            for month in months_between(first, first + months):
                _month(settings, month, table)
    Console(width=120).print(table)


def _month(settings: Settings, month: Month, table: Table) -> None:
    for step in BEFORE:
        run_step(step, settings, month)
    for step in MEASURED:
        with taken() as measured:
            report = run_step(step, settings, month)
        if report.outcome == "done":
            table.add_row(*_cells(report, measured))


def _cells(report: StepReport, measured: Taken) -> tuple[str, ...]:
    rows = str(report.facts.get("train_rows", ""))
    spent = f"{measured.cpu_s:.1f}", f"{measured.peak_mb:,.0f}"
    return report.month, report.step, rows, *spent


if __name__ == "__main__":
    typer.run(main)
