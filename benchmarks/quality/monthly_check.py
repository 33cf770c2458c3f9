"""Profile and checks of one month of a large operator, against a bare scan of the same Parquet.

    .venv/bin/python -m benchmarks.quality.monthly_check --customers 600000 --cdr-per-customer 60

A small operator is simulated and extracted, and its month multiplied with DuckDB: every copy has keys, customers and
tokens of its own, and CDR of their own times and amounts, so that neither counts nor compression are easier than real.
The month is checked once, its profile put into the months before, so that every bound is learnt, and then checked in a
process of its own: that run is measured. The bare scan takes the greatest value of every column of every raw table, so
each value is decoded and looked at once.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step

MONTH = Month.parse("2024-06")
SEED_CUSTOMERS = 2_000
LEARNT_FROM = 5


def main(
    customers: Annotated[int, typer.Option(min=SEED_CUSTOMERS)] = 60_000,
    cdr_per_customer: Annotated[int, typer.Option(min=1)] = 60,
    memory: str = "2GB",
    measure: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Make the month, check it once to have a history, check it again and measure that."""
    if measure:
        typer.echo(json.dumps(_measured(_settings(measure, memory))))
        return
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        folder = Path(name)
        settings = _settings(folder, memory)
        _seed(folder)
        started = time.monotonic()
        rows, size = _multiply(MonthRun(settings, MONTH), customers, cdr_per_customer)
        typer.echo(
            f"made {sum(rows.values()):,} rows, {size / 1e6:,.0f} MB of Parquet, in {time.monotonic() - started:.0f} s"
        )
        run_step("check_raw", settings, MONTH)
        _remember(MonthRun(settings, MONTH))
        command = [
            sys.executable,
            "-m",
            "benchmarks.quality.monthly_check",
            "--measure",
            name,
            "--memory",
            memory,
        ]
        found = json.loads(
            subprocess.run(
                command, check=True, stdout=subprocess.PIPE
            ).stdout.splitlines()[-1]
        )
    Console().print(_table(customers, rows, found))


def _settings(folder: Path, memory: str) -> Settings:
    return load_settings(
        "telecom",
        state_dir=folder / "state",
        resources={"memory": memory, "threads": 2},
    )


def _seed(folder: Path) -> None:
    """Raw tables of the month of a small simulated operator."""
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    try:
        source, warehouse = (
            cluster.create_database("source"),
            cluster.create_database("warehouse"),
        )
        simulation = SimulationSettings(customers=SEED_CUSTOMERS, months=MONTH.number)
        simulate(source, simulation)
        places = {"source_url": source, "warehouse_url": warehouse}
        run_step(
            "extract",
            load_settings("telecom", state_dir=folder / "state", **places),
            MONTH,
        )
    finally:
        cluster.remove()


def _multiply(
    run: MonthRun, customers: int, cdr_per_customer: int
) -> tuple[dict[str, int], int]:
    """Replace every raw partition by as many copies as the size asks for; rows and bytes."""
    import duckdb

    copies = customers // SEED_CUSTOMERS
    rows, size = {}, 0
    for name, table in run.registry.raw.items():
        here = run.lake.rows(f"raw_{name}", MONTH)
        wanted = customers * cdr_per_customer / here if name == "cdr" else copies
        path = run.lake.path(f"raw_{name}", MONTH)
        with run.lake.replacing(f"raw_{name}", MONTH) as aside:
            connection = duckdb.connect(
                config={
                    "threads": 2,
                    "memory_limit": "3GB",
                    "preserve_insertion_order": False,
                }
            )
            connection.execute(
                f"COPY (SELECT {_own(table, copies)} FROM range({round(wanted)}) AS copies(copy),"
                f" read_parquet('{path}', hive_partitioning = false))"
                f" TO '{aside}' (FORMAT parquet, COMPRESSION zstd)"
            )
            connection.close()
        rows[name] = run.lake.rows(f"raw_{name}", MONTH)
        size += run.lake.path(f"raw_{name}", MONTH).stat().st_size
    return rows, size


def _own(table: RawTable, copies: int) -> str:
    """The columns with keys, customers and tokens that are each copy's own; CDR beyond the copies share customers."""
    made = []
    for column in table.delivered_columns:
        name = f'"{column.name}"'
        if column.name == "customer_id":
            made.append(f"{name} || '-' || copy % {copies} AS {name}")
        elif column.pii == "token":
            made.append(
                f"CASE WHEN starts_with({name}, 'invalid_') THEN {name} ELSE md5({name} || copy) END AS {name}"
            )
        elif column.type == "text" and column.name.endswith("_id"):
            made.append(f"{name} || '-' || copy AS {name}")
        elif table.table == "cdr" and column.type == "timestamp":
            made.append(
                f"{name}::DATE + to_seconds((hash(cdr_id, copy) % 86400)::BIGINT) AS {name}"
            )
        elif table.table == "cdr" and column.type == "integer":
            made.append(
                f"({name} * (50 + hash(copy, cdr_id) % 100)::BIGINT) // 100 AS {name}"
            )
        else:
            made.append(name)
    return ", ".join(made)


def _remember(run: MonthRun) -> None:
    """The month's profile in the months before it as well, as if they had been alike and accepted."""
    content = run.lake.path("profile_accepted", MONTH).read_bytes()
    for back in range(1, LEARNT_FROM + 1):
        path = run.lake.path("profile_accepted", MONTH - back)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _measured(settings: Settings) -> dict[str, float]:
    """Seconds of the step and of the bare scan, in this process; peak memory of the step."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.monotonic()
    report = run_step("check_raw", settings, MONTH)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    scan_wall, scan_cpu = _bare_scan(MonthRun(settings, MONTH))
    return {
        "wall_s": wall,
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": after.ru_maxrss / 1024,
        "scan_wall_s": scan_wall,
        "scan_cpu_s": scan_cpu,
        "evaluated": report.facts["evaluated"],
        "figures": report.rows["profile"],
    }


def _bare_scan(run: MonthRun) -> tuple[float, float]:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    for name, table in run.registry.raw.items():
        columns = ", ".join(
            f'max("{column.name}")' for column in table.delivered_columns
        )
        path = run.lake.path(f"raw_{name}", MONTH)
        run.engine.row(
            f"SELECT {columns} FROM read_parquet('{path}', hive_partitioning = false)"
        )
    after = resource.getrusage(resource.RUSAGE_SELF)
    run.close()
    return (
        time.monotonic() - started,
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    )


def _table(customers: int, rows: dict[str, int], found: dict[str, float]) -> Table:
    table = Table(
        "",
        "profile and checks",
        "bare scan",
        "ratio",
        title=f"{customers:,} customers, {rows['cdr']:,} CDR",
    )
    for label, name in (("seconds", "wall_s"), ("user + system CPU seconds", "cpu_s")):
        step, scan = found[name], found[f"scan_{name}"]
        table.add_row(label, f"{step:.1f}", f"{scan:.1f}", f"{step / scan:.1f}")
    table.add_row("peak memory of the process, MB", f"{found['peak_mb']:,.0f}", "", "")
    table.add_row("rows", f"{sum(rows.values()):,}", "", "")
    table.add_row("figures taken", f"{found['figures']:,.0f}", "", "")
    table.add_row("expectations evaluated", f"{found['evaluated']:,.0f}", "", "")
    return table


if __name__ == "__main__":
    typer.run(main)
