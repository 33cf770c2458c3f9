"""Summaries and features of one month of a large operator, query by query, against a bare scan of the call records.

    .venv/bin/python -m benchmarks.features.month --customers 600000 --cdr-per-customer 60

The lake holds clean tables of the month and month tables of the two before (``planted.py``). The steps ``summarise``
and ``features`` run in a process of their own, with the whole catalogue of the telecom profile; that process is
measured. The bare scan takes the greatest value of every column of the call records, so each value is looked at once.
"""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.copies import greatest_values
from benchmarks.features.planted import MONTH, Size, plant, settings_below
from benchmarks.measure import cells, in_own_process, taken
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
        output = query.output
        columns = len(output.columns) - len(output.key)
        note = {"table": output.table, "rows": rows, "columns": columns}
        self.queries.append(note | asdict(one))
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
        month = in_own_process(
            "benchmarks.features.month", "--measure", str(place), "--memory", memory
        )
        records = MonthRun(settings, MONTH).lake.rows("clean_cdr", MONTH)
    console = Console()
    console.print(_steps_table(customers, records, month))
    console.print(_queries_table(month["queries"]))


def measured(settings: Settings) -> dict[str, Any]:
    """Run the month; seconds, CPU and memory of both steps, of each query, and of the bare scan after them."""
    run = TimedRun(settings, MONTH)
    steps = {}
    for step in ("summarise", "features"):
        with taken() as one:
            report = run_on(step, run)
        steps[report.step] = asdict(one) | {"rows": sum(report.rows.values())}
    columns = greatest_values(run.registry.tables["clean_cdr"].column_names)
    records = run.lake.path("clean_cdr", MONTH)
    with taken() as scan:
        run.engine.row(f"SELECT {columns} FROM read_parquet('{records}')")
    run.close()
    return {
        "steps": steps,
        "queries": run.queries,
        "scan": asdict(scan),
        "features": len(run.registry.features),
    }


def _steps_table(customers: int, records: int, month: dict[str, Any]) -> Table:
    table = Table(
        "",
        "seconds",
        "CPU seconds",
        "peak MB",
        "rows",
        title=f"{customers:,} customers, {records:,} CDR",
    )
    scan, both = month["scan"], _both(month["steps"].values())
    for name, step in month["steps"].items():
        table.add_row(name, *cells(step), f"{step['rows']:,}")
    table.add_row("both", *cells(both), f"{both['rows']:,}")
    table.add_row("bare scan of the CDR", *cells(scan), "")
    scans = both["wall_s"] / scan["wall_s"]
    table.caption = (
        f"{month['features']} features; both steps take {scans:.1f} bare scans"
    )
    return table


def _both(steps: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The two steps together; the peak is that of the larger."""
    first, second = steps
    both = {name: first[name] + second[name] for name in ("wall_s", "cpu_s", "rows")}
    both["peak_mb"] = max(first["peak_mb"], second["peak_mb"])
    return both


def _queries_table(queries: list[dict[str, Any]]) -> Table:
    table = Table(
        "table",
        "seconds",
        "CPU seconds",
        "columns",
        "rows",
        title="queries, slowest first",
    )
    for query in sorted(queries, key=lambda query: -query["wall_s"]):
        table.add_row(
            query["table"],
            f"{query['wall_s']:.2f}",
            f"{query['cpu_s']:.2f}",
            f"{query['columns']}",
            f"{query['rows']:,}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
