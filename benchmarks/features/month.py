"""Summaries and features of one month of a large operator, query by query, against a bare scan of the call records.

    .venv/bin/python -m benchmarks.features.month --customers 600000 --cdr-per-customer 60

The lake holds clean tables of the month and month tables of the two before (``planted.py``). The steps ``summarise``
and ``features`` run in a process of their own, with the whole catalogue of the telecom profile; that process is
measured. The bare scan takes the greatest value of every column of the call records, so each value is looked at once.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.features.measure import taken
from benchmarks.features.planted import MONTH, Size, plant, settings_below
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on


@dataclass
class TimedRun(MonthRun):
    """A month that notes what each query took."""

    queries: list[dict[str, Any]] = field(default_factory=list)

    def make(self, query: Query, month: Month) -> int:
        with taken() as one:
            rows = super().make(query, month)
        columns = len(query.output.columns) - len(query.output.key)
        self.queries.append(
            {
                "table": query.output.table,
                "rows": rows,
                "columns": columns,
                **asdict(one),
            }
        )
        return rows


def main(
    customers: Annotated[int, typer.Option(min=2_000)] = 60_000,
    cdr_per_customer: Annotated[int, typer.Option(min=1)] = 60,
    memory: str = "6GB",
    folder: Annotated[
        Path | None,
        typer.Option(help="keep the lake here, or take the one that is here"),
    ] = None,
    measure: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Plant the lake, run the month in a process of its own, print what each query took."""
    if measure:
        typer.echo(json.dumps(measured(settings_below(measure / "large", memory))))
        return
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        place = folder or Path(name)
        settings = plant(place, Size(customers, cdr_per_customer, memory))
        command = [
            sys.executable,
            "-m",
            "benchmarks.features.month",
            "--measure",
            str(place),
            "--memory",
            memory,
        ]
        found = json.loads(
            subprocess.run(
                command, check=True, stdout=subprocess.PIPE
            ).stdout.splitlines()[-1]
        )
        records = MonthRun(settings, MONTH).lake.rows("clean_cdr", MONTH)
    for table in _tables(customers, records, found):
        Console().print(table)


def measured(settings: Settings) -> dict[str, Any]:
    """Run the month; seconds, CPU and memory of both steps, of each query, and of the bare scan after them."""
    run, steps = TimedRun(settings, MONTH), {}
    for step in ("summarise", "features"):
        with taken() as one:
            report = run_on(step, run)
        steps[report.step] = asdict(one) | {"rows": sum(report.rows.values())}
    columns = len(run.registry.features)
    with taken() as scan:
        names = ", ".join(
            f'max("{name}")' for name in run.registry.tables["clean_cdr"].column_names
        )
        run.engine.row(
            f"SELECT {names} FROM read_parquet('{run.lake.path('clean_cdr', MONTH)}')"
        )
    run.close()
    return {
        "steps": steps,
        "queries": run.queries,
        "scan": asdict(scan),
        "features": columns,
    }


def _tables(customers: int, records: int, found: dict[str, Any]) -> Iterable[Table]:
    steps = Table(
        "",
        "seconds",
        "CPU seconds",
        "peak MB",
        "rows",
        title=f"{customers:,} customers, {records:,} CDR",
    )
    total = {
        name: sum(step[name] for step in found["steps"].values())
        for name in ("wall_s", "cpu_s", "rows")
    }
    total["peak_mb"] = max(step["peak_mb"] for step in found["steps"].values())
    for name, step in {
        **found["steps"],
        "both": total,
        "bare scan of the CDR": found["scan"],
    }.items():
        rows = f"{step['rows']:,}" if "rows" in step else ""
        steps.add_row(
            name,
            f"{step['wall_s']:.1f}",
            f"{step['cpu_s']:.1f}",
            f"{step['peak_mb']:,.0f}",
            rows,
        )
    scans = total["wall_s"] / found["scan"]["wall_s"]
    steps.caption = (
        f"{found['features']} features; both steps take {scans:.1f} bare scans"
    )
    yield steps
    queries = Table(
        "table",
        "seconds",
        "CPU seconds",
        "columns",
        "rows",
        title="queries, slowest first",
    )
    for one in sorted(found["queries"], key=lambda one: -one["wall_s"]):
        queries.add_row(
            one["table"],
            f"{one['wall_s']:.2f}",
            f"{one['cpu_s']:.2f}",
            f"{one['columns']}",
            f"{one['rows']:,}",
        )
    yield queries


if __name__ == "__main__":
    typer.run(main)
