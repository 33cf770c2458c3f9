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

from churn_tasks.core.months import months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
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
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as folder:
        cluster = Cluster(Path(folder) / "postgres", durable=False)
        cluster.start()
        try:
            source, warehouse = (
                cluster.create_database("source"),
                cluster.create_database("warehouse"),
            )
            simulation = SimulationSettings(customers=customers, months=months)
            started = time.monotonic()
            simulate(source, simulation)
            simulated = time.monotonic() - started
            settings = load_settings(
                "telecom",
                state_dir=Path(folder) / "state",
                source_url=source,
                warehouse_url=warehouse,
                mlflow_url=f"sqlite:///{folder}/mlflow.db",
            )
            history = months_between(
                simulation.first_month, simulation.first_month + months
            )
            work = [(month, step) for month in history for step in STEPS]
            reports = [
                run_step(step, settings, month)
                for month, step in track(work, console=console)
            ]
        finally:
            cluster.remove()
    console.print(
        f"{customers:,} customers, {months} months; simulating and loading took {simulated:.1f} s"
    )
    console.print(_table(reports))


def _table(reports: list[StepReport]) -> Table:
    table = Table("step", "median s", "largest s", "rows written in the last month")
    total = 0.0
    for step in STEPS:
        done = [
            report
            for report in reports
            if report.step == step and report.outcome == "done"
        ]
        if done:
            seconds = [report.seconds for report in done]
            total += statistics.median(seconds)
            rows = sum(done[-1].rows.values())
            table.add_row(
                step,
                f"{statistics.median(seconds):.2f}",
                f"{max(seconds):.2f}",
                f"{rows:,}",
            )
    table.add_row("all steps", f"{total:.2f}", "", "")
    return table


if __name__ == "__main__":
    typer.run(main)
