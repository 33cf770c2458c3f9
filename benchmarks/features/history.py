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
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.features.planted import MONTH, Size, plant, settings_below
from benchmarks.measure import in_own_process, taken
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

LENGTHS = (4, 12, 24)  # months
CONTROL = (
    "SELECT customer_id, sum(duration_s), sum(volume_kb), max(event_date), count(*)"
    " FROM clean_cdr GROUP BY customer_id"
)
FIGURES = {  # what is measured -> format and heading
    "wall_s": ("{:.2f}", "month: s"),
    "cpu_s": ("{:.2f}", "CPU s"),
    "peak_mb": ("{:,.0f}", "peak MB"),
    "control_s": ("{:.2f}", "control: s"),
    "control_cpu_s": ("{:.2f}", "CPU s"),
}
LATEST = f"month={MONTH.start}"  # as the folder of a partition

Measured = dict[str, float]


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
        for length in LENGTHS:
            _lengthen(planted, _lake(place, length), length)
        measured = _by_turns(place, repeats)
    Console().print(_table(customers, measured))


def _lake(place: Path, length: int) -> Path:
    return place / f"history-{length}"


def _settings(folder: Path) -> Settings:
    """The profile with a first month that lies before the longest history."""
    return settings_below(folder, "2GB", first_month=str(MONTH - max(LENGTHS)))


def _first_run(settings: Settings) -> None:
    """So that feature tables are there as well."""
    run = MonthRun(settings, MONTH)
    run_on("summarise", run)
    run_on("features", run)
    run.close()


def _lengthen(planted: Settings, folder: Path, length: int) -> None:
    """A lake with the same latest month and so many months in all; files are linked, not copied."""
    target = _settings(folder).lake_dir
    for source in sorted(planted.lake_dir.glob("*/month=*/data.parquet")):
        table, month = source.parts[-3], source.parts[-2]
        if month == LATEST:
            _link(source, target / table, range(length))
        elif table.startswith("month_"):
            _link(source, target / table, range(1, length))


def _link(source: Path, table: Path, months_back: range) -> None:
    """One partition as those of earlier months as well, where they have none."""
    for back in months_back:
        partition = table / f"month={(MONTH - back).start}" / "data.parquet"
        if not partition.exists():
            partition.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, partition)


def _by_turns(place: Path, repeats: int) -> dict[int, list[Measured]]:
    """What the month took with each length of history, in turns so that the machine's moods fall on all of them."""
    measured: dict[int, list[Measured]] = {length: [] for length in LENGTHS}
    for length in track(LENGTHS * repeats, console=Console(stderr=True)):
        lake = str(_lake(place, length))
        month = in_own_process("benchmarks.features.history", "--measure", lake)
        measured[length].append(month)
    return measured


def _measured(settings: Settings) -> Measured:
    run = MonthRun(settings, MONTH)
    with taken() as month:
        run_on("summarise", run)
        run_on("features", run)
    run.engine.view("clean_cdr")
    with taken() as control:
        run.engine.connection.execute(CONTROL).fetchall()
    run.close()
    return asdict(month) | {"control_s": control.wall_s, "control_cpu_s": control.cpu_s}


def _table(customers: int, measured: dict[int, list[Measured]]) -> Table:
    headings = [heading for _, heading in FIGURES.values()]
    table = Table("months in the lake", *headings, title=f"{customers:,} customers")
    for length, turns in measured.items():
        cells = []
        for figure, (written, _) in FIGURES.items():
            middle = statistics.median(turn[figure] for turn in turns)
            cells.append(written.format(middle))
        table.add_row(str(length), *cells)
    table.caption = f"medians of {len(turns)} runs by turns; the control sums all records in the lake"
    return table


if __name__ == "__main__":
    typer.run(main)
