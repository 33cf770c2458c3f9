"""Whether a month costs the same however long the history in the lake is: 4, 12 and 24 months of it.

    .venv/bin/python -m benchmarks.features.history --customers 20000

One lake is planted (``planted.py``) and given a longer and longer past: every partition of clean, month and feature
tables again under each earlier month. ``summarise`` and ``features`` of the latest month then run in a process of their
own, several times by turns; the table holds the median. A control reads the whole history instead of the window's
months, as features computed from the records of all months would have to.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.features.measure import taken
from benchmarks.features.planted import MONTH, Size, plant, settings_below
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

LENGTHS = (4, 12, 24)
CONTROL = (
    "SELECT customer_id, sum(duration_s), sum(volume_kb), max(event_date), count(*)"
    " FROM clean_cdr GROUP BY customer_id"
)


def main(
    customers: Annotated[int, typer.Option(min=2_000)] = 20_000,
    repeats: Annotated[int, typer.Option(min=1)] = 3,
    folder: Annotated[
        Path | None,
        typer.Option(help="keep the lakes here, or take those that are here"),
    ] = None,
    measure: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Plant, lengthen the past, measure by turns, print the medians."""
    if measure:
        typer.echo(json.dumps(_measured(_settings(measure))))
        return
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        place = folder or Path(name)
        planted = plant(place, Size(customers, memory="2GB"))
        _first_run(planted)
        lakes = {
            length: _lengthened(planted, place / f"history-{length}", length)
            for length in LENGTHS
        }
        turns = [length for _ in range(repeats) for length in LENGTHS]
        found: dict[int, list[dict[str, float]]] = {length: [] for length in LENGTHS}
        for length in track(turns, console=Console(stderr=True)):
            found[length].append(_in_own_process(lakes[length]))
    Console().print(_table(customers, found))


def _settings(folder: Path) -> Settings:
    """The profile with a first month that lies before the longest history."""
    return settings_below(folder, "2GB", first_month=str(MONTH - max(LENGTHS)))


def _first_run(settings: Settings) -> None:
    """So that feature tables are there as well."""
    run = MonthRun(settings, MONTH)
    run_on("summarise", run)
    run_on("features", run)
    run.close()


def _lengthened(planted: Settings, folder: Path, months: int) -> Path:
    """A lake with the same latest month and so many months in all; files are linked, not copied."""
    target = _settings(folder).lake_dir
    for source in sorted(planted.lake_dir.glob("*/month=*/data.parquet")):
        table, month = source.parts[-3], source.parts[-2]
        earlier = table.startswith("month_") or month == f"month={MONTH.start}"
        for back in range(months) if earlier else ():
            here = target / table / f"month={(MONTH - back).start}" / "data.parquet"
            if here.exists() or (back == 0 and month != f"month={MONTH.start}"):
                continue
            here.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, here)
    return folder


def _in_own_process(folder: Path) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.features.history",
        "--measure",
        str(folder),
    ]
    return dict(
        json.loads(
            subprocess.run(
                command, check=True, stdout=subprocess.PIPE
            ).stdout.splitlines()[-1]
        )
    )


def _measured(settings: Settings) -> dict[str, float]:
    run = MonthRun(settings, MONTH)
    with taken() as month:
        run_on("summarise", run)
        run_on("features", run)
    run.engine.view("clean_cdr")
    with taken() as control:
        run.engine.connection.execute(CONTROL).fetchall()
    run.close()
    return asdict(month) | {"control_s": control.wall_s, "control_cpu_s": control.cpu_s}


def _table(customers: int, found: dict[int, list[dict[str, float]]]) -> Table:
    table = Table(
        "months in the lake",
        "month: s",
        "CPU s",
        "peak MB",
        "control: s",
        "CPU s",
        title=f"{customers:,} customers",
    )
    for length, runs in found.items():
        middle = {
            name: statistics.median(run[name] for run in runs) for name in runs[0]
        }
        table.add_row(
            str(length),
            f"{middle['wall_s']:.2f}",
            f"{middle['cpu_s']:.2f}",
            f"{middle['peak_mb']:,.0f}",
            f"{middle['control_s']:.2f}",
            f"{middle['control_cpu_s']:.2f}",
        )
    runs = len(next(iter(found.values())))
    table.caption = (
        f"medians of {runs} runs by turns; the control sums all records in the lake"
    )
    return table


if __name__ == "__main__":
    typer.run(main)
