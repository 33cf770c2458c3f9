"""A whole month of a large operator, new call records in, list out, and beside each step what its data cost at least.

    .venv/bin/python -m benchmarks.month --customers 600000

How the large operator is made in a time that one waits for: 20,000 customers with 60 call records a month are simulated
for eight months and taken through the monthly run for seven, training included. Then every customer is copied inside
the source database (``large_source.py``) and in the lake's history (``large_lake.py``): 30 times for 600,000. The
eighth month is run on that and measured, each task in a process of its own as Airflow does. It trains nothing: the
seventh month's model scores. Late rows are not looked for; what a restated month costs is measured elsewhere.

The limit beside a step: the greatest value of every column of the month's partitions that it declares to read, and its
own partitions written again; for ``extract`` its queries by COPY, drained by psql, and the write. CPU seconds count
the database server's as well.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import large_lake, large_source
from benchmarks.copies import greatest_values
from benchmarks.measure import in_own_process, peak_since
from benchmarks.operators import small_cluster
from benchmarks.server import with_server
from churn_tasks.core.months import months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import tables_of
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.graph import run_on, step_named
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS, TASKS, task_named

SEED_CUSTOMERS, CDR_PER_CUSTOMER, MONTHS = 20_000, 60, 8
SIMULATION = SimulationSettings(
    customers=SEED_CUSTOMERS, months=MONTHS, cdr_per_month=CDR_PER_CUSTOMER
)
MONTH = SIMULATION.first_month + (MONTHS - 1)
LEFT_OUT = ("late", "train")
Measured = dict[str, Any]


def main(
    customers: Annotated[int, typer.Option(min=SEED_CUSTOMERS)] = 20_000,
    memory: str = "2GB",
    measure: Annotated[str, typer.Option(hidden=True)] = "",
    places: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Make the operator, run the month task by task, measure the limits, print the table."""
    if measure:
        settings = _settings(json.loads(places), memory)
        work = _limits if measure == "limits" else _task
        typer.echo(json.dumps(list(work(measure, settings))))
        return
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="churn-bench-") as name,
        small_cluster(Path(name)) as cluster,
    ):
        made = {
            "state_dir": f"{name}/state",
            "mlflow_url": f"sqlite:///{name}/mlflow.db",
            "source_url": cluster.create_database("source"),
            "warehouse_url": cluster.create_database("warehouse"),
        }
        started = time.monotonic()
        _make(_settings(made, memory), customers // SEED_CUSTOMERS, console)
        made_s = time.monotonic() - started
        console.print(f"made {customers:,} customers in {made_s:.0f} s")
        steps = []
        for task in TASKS:
            steps += _in_own_process(task.name, made, memory)
        limits = _in_own_process("limits", made, memory)
    console.print(_table(customers, steps, limits))


def _settings(places: dict[str, str], memory: str) -> Settings:
    resources = {"memory": memory, "threads": 2}
    nothing_late = {"months": 0}
    return load_settings(
        "telecom", resources=resources, restatement=nothing_late, **places
    )


def _make(settings: Settings, copies: int, console: Console) -> None:
    source_url = settings.environment.source_url
    simulate(source_url, SIMULATION)
    months = months_between(SIMULATION.first_month, MONTH)
    work = [(month, step) for month in months for step in STEPS]
    for month, step in track(work, console=console):
        run_step(step, settings, month)
    large_lake.make_large(
        settings, MONTH, copies
    )  # first: it reads the numbers of the small operator
    large_source.make_large(source_url, MONTH, copies)


def _in_own_process(part: str, places: dict[str, str], memory: str) -> list[Measured]:
    arguments = ("--measure", part, "--places", json.dumps(places), "--memory", memory)
    return in_own_process("benchmarks.month", *arguments)


def _task(name: str, settings: Settings) -> Iterator[Measured]:
    """Every step of a task, on one opened month."""
    with closing(MonthRun(settings, MONTH)) as run:
        for step in task_named(name).steps:
            if step not in LEFT_OUT:
                yield _step(step, run)


def _step(name: str, run: MonthRun) -> Measured:
    with peak_since() as peak, with_server(_data_dir(run)) as measured:
        report = run_on(name, run)
    rows = sum(report.rows.values())
    about = {"step": name, "outcome": report.outcome, "rows": rows}
    return asdict(measured) | about | {"peak_mb": peak.mb}


def _limits(_: str, settings: Settings) -> Iterator[Measured]:
    """For each step the bare work with the data that it takes in and puts out."""
    with closing(MonthRun(settings, MONTH)) as run:
        for name in STEPS:
            if name not in LEFT_OUT:
                with with_server(_data_dir(run)) as measured:
                    if name == "extract":
                        _drain(run)
                    _scan(run, _read(name, run))
                    _write(run, step_named(name).tables(run.registry))
                yield {"step": name} | asdict(measured)


def _data_dir(run: MonthRun) -> Path:
    """Of the one server that holds both databases, beside the state."""
    return run.settings.environment.state_dir.parent / "postgres" / "data"


def _read(name: str, run: MonthRun) -> set[str]:
    """The tables of which a step declares to read this month's partition."""
    step = step_named(name)
    tables: set[str] = set()
    for read in step.reads:
        if MONTH in read.of(run):
            tables.update(tables_of(step, read, run))
    return tables


def _drain(run: MonthRun) -> None:
    for name in run.registry.raw:
        copy = f"COPY ({rendered_sql(run.settings, run.window, name)}) TO STDOUT (FORMAT binary)"
        url = run.settings.environment.source_url
        command = ["psql", "--no-psqlrc", "--dbname", url, "--command", copy]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _scan(run: MonthRun, tables: set[str]) -> None:
    for table in sorted(tables):
        if run.lake.has(table, MONTH):
            columns = greatest_values(run.registry.tables[table].column_names)
            run.engine.row(f"SELECT {columns} FROM {_partition(run, table)}")


def _write(run: MonthRun, tables: list[str]) -> None:
    again = run.settings.state_dir / "again.parquet"
    for table in tables:
        if run.lake.has(table, MONTH):
            run.engine.connection.execute(
                f"COPY (FROM {_partition(run, table)}) TO '{again}' (FORMAT parquet, COMPRESSION zstd)"
            )


def _partition(run: MonthRun, table: str) -> str:
    return f"read_parquet('{run.lake.path(table, MONTH)}', hive_partitioning = false)"


def _table(customers: int, steps: list[Measured], limits: list[Measured]) -> Table:
    table = Table(
        *("step", "seconds", "CPU s", "peak MB", "rows", "limit: s", "CPU s"),
        title=f"{customers:,} customers",
    )
    limit_of = {limit["step"]: limit for limit in limits}
    total = {"wall_s": 0.0, "cpu_s": 0.0}
    bound = {"wall_s": 0.0, "cpu_s": 0.0}
    for step in steps:
        limit = limit_of[step["step"]]
        for name in total:
            total[name] += step[name]
            bound[name] += limit[name]
        memory = f"{step['peak_mb']:,.0f}"
        table.add_row(
            step["step"], *_times(step), memory, f"{step['rows']:,}", *_times(limit)
        )
    peak = max(step["peak_mb"] for step in steps)
    table.add_row("all steps", *_times(total), f"{peak:,.0f}", "", *_times(bound))
    return table


def _times(measured: Measured) -> tuple[str, str]:
    return f"{measured['wall_s']:.1f}", f"{measured['cpu_s']:.1f}"


if __name__ == "__main__":
    typer.run(main)
