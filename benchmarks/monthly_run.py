"""Seconds of every step of the monthly run, on a simulated operator in a private PostgreSQL.

    .venv/bin/python -m benchmarks.monthly_run --customers 20000 --months 12

Prints one row a step: the median and the largest seconds over the months in which it had something to do, and the
rows it wrote in the last month. One process runs all steps, so imports count once; Airflow adds its own share for
each task.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.operators import empty_databases
from churn_tasks.core.months import months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner.step import StepReport
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS


def main(
    customers: Annotated[int, typer.Option(min=100)] = 20_000,
    months: Annotated[int, typer.Option(min=1)] = 12,
) -> None:
    """Simulate, run every month, print the table."""
    console = Console()
    simulation = SimulationSettings(customers=customers, months=months)
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        folder = Path(name)
        with empty_databases(folder) as places:
            started = time.monotonic()
            simulate(places["source_url"], simulation)
            simulated_s = time.monotonic() - started
            settings = load_settings(
                "telecom",
                state_dir=folder / "state",
                mlflow_url=f"sqlite:///{folder}/mlflow.db",
                **places,
            )
            reports = _run_all(settings, simulation, console)
    console.print(
        f"{customers:,} customers, {months} months; simulating and loading took {simulated_s:.1f} s"
    )
    console.print(_table(reports))


def _run_all(
    settings: Settings, simulation: SimulationSettings, console: Console
) -> list[StepReport]:
    """Every step of every month, in order."""
    first = simulation.first_month
    history = months_between(first, first + simulation.months)
    work = [(month, step) for month in history for step in STEPS]
    reports = []
    for month, step in track(work, console=console):
        reports.append(run_step(step, settings, month))
    return reports


def _table(reports: list[StepReport]) -> Table:
    table = Table("step", "median s", "largest s", "rows written in the last month")
    total_s = 0.0
    for step in STEPS:
        done = _done(reports, step)
        if not done:
            continue
        seconds = [report.seconds for report in done]
        median_s = statistics.median(seconds)
        total_s += median_s
        rows = sum(done[-1].rows.values())
        table.add_row(step, f"{median_s:.2f}", f"{max(seconds):.2f}", f"{rows:,}")
    table.add_row("all steps", f"{total_s:.2f}", "", "")
    return table


def _done(reports: list[StepReport], step: str) -> list[StepReport]:
    """The reports of one step in the months in which it had something to do."""
    of_step = [report for report in reports if report.step == step]
    return [report for report in of_step if report.outcome == "done"]


if __name__ == "__main__":
    typer.run(main)
