"""Profile and checks of one month of a large operator, against a bare scan of the same Parquet.

    .venv/bin/python -m benchmarks.quality.monthly_check --customers 600000 --cdr-per-customer 60

A small operator is simulated and extracted, and its month multiplied with DuckDB: every copy has keys, customers and
tokens of its own, and CDR of their own times and amounts, so that neither counts nor compression are easier than real.
The month is checked once, its profile put into the months before, so that every bound is learnt, and then checked in a
process of its own: that run is measured. The bare scan takes the greatest value of every column of every raw table, so
each value is decoded and looked at once.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.copies import (
    greatest_values,
    own_amount,
    own_key,
    own_second,
    own_token,
    write_rows,
)
from benchmarks.measure import Taken, in_own_process, taken
from benchmarks.operators import simulated
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.contracts import Column, RawTable
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings
from churn_tasks.walks.month import run_step

MONTH = Month.parse("2024-06")
SEED_CUSTOMERS = 2_000
LEARNT_FROM = 5  # months
MEMORY = "3GB"  # of DuckDB while it multiplies


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
        rows = _make_large(MonthRun(settings, MONTH), customers, cdr_per_customer)
        run_step("check_raw", settings, MONTH)
        _remember(MonthRun(settings, MONTH))
        check = in_own_process(
            "benchmarks.quality.monthly_check", "--measure", name, "--memory", memory
        )
    Console().print(_table(customers, rows, check))


def _settings(folder: Path, memory: str) -> Settings:
    resources = {"memory": memory, "threads": 2}
    return load_settings("telecom", state_dir=folder / "state", resources=resources)


def _seed(folder: Path) -> None:
    """Raw tables of the month of a small simulated operator."""
    simulation = SimulationSettings(customers=SEED_CUSTOMERS, months=MONTH.number)
    with simulated(folder, simulation) as places:
        settings = load_settings("telecom", state_dir=folder / "state", **places)
        run_step("extract", settings, MONTH)


def _make_large(run: MonthRun, customers: int, cdr_per_customer: int) -> dict[str, int]:
    """Multiply every raw table and say what that took; rows by table."""
    started = time.monotonic()
    rows, size = {}, 0
    for name, table in run.registry.raw.items():
        copies = customers // SEED_CUSTOMERS
        times = copies
        if name == "cdr":
            wanted = customers * cdr_per_customer
            times = round(wanted / run.lake.rows("raw_cdr", MONTH))
        path = _multiply(run, table, f"raw_{name}", copies, times)
        rows[name] = run.lake.rows(f"raw_{name}", MONTH)
        size += path.stat().st_size
    seconds = time.monotonic() - started
    total = sum(rows.values())
    typer.echo(
        f"made {total:,} rows, {size / 1e6:,.0f} MB of Parquet, in {seconds:.0f} s"
    )
    return rows


def _multiply(
    run: MonthRun, table: RawTable, name: str, copies: int, times: int
) -> Path:
    """Replace a raw partition by so many times its rows, which belong to ``copies`` times its customers."""
    path = run.lake.path(name, MONTH)
    columns = ", ".join(
        f'{_of_copy(table, column, copies)} AS "{column.name}"'
        for column in table.delivered_columns
    )
    source = f"read_parquet('{path}', hive_partitioning = false)"
    rows = f"SELECT {columns} FROM range({times}) AS copies(copy), {source}"
    with run.lake.replacing(name, MONTH) as aside:
        write_rows(rows, aside, MEMORY)
    return path


def _of_copy(table: RawTable, column: Column, copies: int) -> str:
    """A column whose keys, customers and tokens are each copy's own; CDR beyond the copies share customers."""
    name = f'"{column.name}"'
    if column.name == "customer_id":
        return f"{name} || '-' || copy % {copies}"
    if column.pii == "token":
        return own_token(name)
    if column.type == "text" and column.name.endswith("_id"):
        return own_key(name)
    if table.table == "cdr" and column.type == "timestamp":
        return f"{name}::DATE + {own_second('cdr_id, copy')}"
    if table.table == "cdr" and column.type == "integer":
        return own_amount(name, "copy, cdr_id")
    return name


def _remember(run: MonthRun) -> None:
    """The month's profile in the months before it as well, as if they had been alike and accepted."""
    content = run.lake.path("profile_accepted", MONTH).read_bytes()
    for back in range(1, LEARNT_FROM + 1):
        path = run.lake.path("profile_accepted", MONTH - back)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _measured(settings: Settings) -> dict[str, Any]:
    """Seconds of the step and of the bare scan, in this process; peak memory of the step."""
    with taken() as check:
        report = run_step("check_raw", settings, MONTH)
    scan = _bare_scan(MonthRun(settings, MONTH))
    return {
        "wall_s": check.wall_s,
        "cpu_s": check.cpu_s,
        "peak_mb": check.peak_mb,
        "scan_wall_s": scan.wall_s,
        "scan_cpu_s": scan.cpu_s,
        "evaluated": report.facts["evaluated"],
        "figures": report.rows["profile"],
    }


def _bare_scan(run: MonthRun) -> Taken:
    with taken() as scan:
        for name, table in run.registry.raw.items():
            columns = greatest_values([each.name for each in table.delivered_columns])
            path = run.lake.path(f"raw_{name}", MONTH)
            source = f"read_parquet('{path}', hive_partitioning = false)"
            run.engine.row(f"SELECT {columns} FROM {source}")
    run.close()
    return scan


def _table(customers: int, rows: dict[str, int], check: dict[str, Any]) -> Table:
    title = f"{customers:,} customers, {rows['cdr']:,} CDR"
    table = Table("", "profile and checks", "bare scan", "ratio", title=title)
    labels = {"wall_s": "seconds", "cpu_s": "user + system CPU seconds"}
    for name, label in labels.items():
        step, scan = check[name], check[f"scan_{name}"]
        table.add_row(label, f"{step:.1f}", f"{scan:.1f}", f"{step / scan:.1f}")
    table.add_row("peak memory of the process, MB", f"{check['peak_mb']:,.0f}", "", "")
    table.add_row("rows", f"{sum(rows.values()):,}", "", "")
    table.add_row("figures taken", f"{check['figures']:,.0f}", "", "")
    table.add_row("expectations evaluated", f"{check['evaluated']:,.0f}", "", "")
    return table


if __name__ == "__main__":
    typer.run(main)
