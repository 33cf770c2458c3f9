"""Call records from PostgreSQL to the lake, against the two things that cannot be left out.

    .venv/bin/python -m benchmarks.extraction --rows 36000000

A small operator is simulated and its call records of a month are multiplied inside the database. Then, each in a
process of its own and in this order:

* ``extract``: the step's own ``extract_table``, with tokens, type bounds and the order of the rows;
* ``COPY``: the same SELECT as ``COPY (...) TO STDOUT (FORMAT binary)``, drained to /dev/null by psql;
* ``write``: the rows that were extracted, in their order, written to Parquet again by the same writer.

CPU seconds are those of the process and of the database server together.
"""

import json
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.large_source import make_large_cdr
from benchmarks.measure import cells, in_own_process
from benchmarks.operators import small_cluster
from benchmarks.server import with_server
from churn_tasks.adapters.source import open_source
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.work.extraction import extract_table

MONTH = Month.parse("2024-01")
SEED_CUSTOMERS, CDR_PER_CUSTOMER = 20_000, 60
SEED_ROWS = SEED_CUSTOMERS * CDR_PER_CUSTOMER
PARTS = ("extract", "copy", "write")


def main(
    rows: Annotated[int, typer.Option(min=SEED_ROWS)] = 2 * SEED_ROWS,
    memory: str = "2GB",
    measure: Annotated[str, typer.Option(hidden=True)] = "",
    places: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Fill the database, measure the three parts, print the table."""
    if measure:
        typer.echo(json.dumps(_measured(measure, json.loads(places), memory)))
        return
    with (
        tempfile.TemporaryDirectory(prefix="churn-bench-") as name,
        small_cluster(Path(name)) as cluster,
    ):
        places_made = {
            "state_dir": f"{name}/state",
            "source_url": cluster.create_database("source"),
            "warehouse_url": cluster.create_database("warehouse"),
            "data_dir": str(cluster.data_dir),
        }
        _fill(places_made["source_url"], rows)
        parts = {part: _in_own_process(part, places_made, memory) for part in PARTS}
    Console().print(_table(parts))


def _fill(source_url: str, rows: int) -> None:
    simulation = SimulationSettings(
        customers=SEED_CUSTOMERS, months=1, cdr_per_month=CDR_PER_CUSTOMER
    )
    simulate(source_url, simulation)
    make_large_cdr(source_url, MONTH, round(rows / SEED_ROWS))


def _in_own_process(part: str, places: dict[str, str], memory: str) -> dict[str, Any]:
    arguments = ("--measure", part, "--places", json.dumps(places), "--memory", memory)
    return in_own_process("benchmarks.extraction", *arguments)


def _measured(part: str, places: dict[str, str], memory: str) -> dict[str, Any]:
    data_dir = Path(places.pop("data_dir"))
    resources = {"memory": memory, "threads": 2}
    settings = load_settings("telecom", resources=resources, **places)
    work = {"extract": _extract, "copy": _drain, "write": _write}[part]
    with with_server(data_dir) as measured:
        rows = work(settings)
    return asdict(measured) | {"rows": rows}


def _extract(settings: Settings) -> int:
    run = MonthRun(settings, MONTH)
    with open_source(settings, MONTH) as source:
        extracted = extract_table(run, source, "cdr")
    run.close()
    return extracted.rows


def _drain(settings: Settings) -> int:
    sql = rendered_sql(settings, settings.calendar.window(MONTH), "cdr")
    copy = f"COPY ({sql}) TO STDOUT (FORMAT binary)"
    command = ["psql", "--no-psqlrc", "--dbname", settings.environment.source_url]
    subprocess.run([*command, "--command", copy], check=True, stdout=subprocess.DEVNULL)
    return MonthRun(settings, MONTH).lake.rows("raw_cdr", MONTH)


def _write(settings: Settings) -> int:
    run = MonthRun(settings, MONTH)
    extracted = run.lake.path("raw_cdr", MONTH)
    again = settings.state_dir / "again.parquet"
    run.engine.connection.execute(
        f"COPY (SELECT * FROM read_parquet('{extracted}', hive_partitioning = false))"
        f" TO '{again}' (FORMAT parquet, COMPRESSION zstd)"
    )
    run.close()
    return run.lake.rows("raw_cdr", MONTH)


def _table(parts: dict[str, dict[str, Any]]) -> Table:
    extract, copy, write = (parts[part] for part in PARTS)
    bound = {name: copy[name] + write[name] for name in ("wall_s", "cpu_s")}
    table = Table(
        "", "seconds", "CPU seconds", "peak MB", title=f"{extract['rows']:,} CDR"
    )
    table.add_row("extract_table", *cells(extract))
    table.add_row("COPY, binary, drained by psql", *cells(copy))
    table.add_row("bare Parquet write", *cells(write))
    times_wall = extract["wall_s"] / bound["wall_s"]
    times_cpu = extract["cpu_s"] / bound["cpu_s"]
    table.caption = f"extraction takes {times_wall:.2f} x COPY and write in seconds, {times_cpu:.2f} x in CPU seconds"
    return table


if __name__ == "__main__":
    typer.run(main)
