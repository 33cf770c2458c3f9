"""What one day of the daily watch costs a large operator: each day a process of its own, as the command line runs it.

    python benchmarks/watch_day.py FOLDER --copies 10 --days 14 15 >> benchmarks/results/watch.md

FOLDER is made unless it is there: 20,000 simulated customers of one month, 60 call records each, so many times larger
(``large_source.py``). The first day takes in the month so far, the others what one day brings.
"""

import argparse
import os
import sys
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import typer

from benchmarks.large_source import make_large
from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings, process_environment
from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate

CUSTOMERS, CDR_PER_MONTH = 20_000, 60
MONTH = Month(2024, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--days", type=int, nargs="+", default=[14, 15])
    arguments = parser.parse_args()
    cluster = Cluster(arguments.folder / "postgres", durable=False)
    cluster.start()
    try:
        if not cluster.has_database("source"):
            make_source(cluster.create_database("source"), arguments.copies)
            cluster.create_database("warehouse")
        source, warehouse = cluster.url("source"), cluster.url("warehouse")
        environment = {
            "CHURN_PROFILE": "telecom",
            "CHURN_STATE_DIR": str(arguments.folder / "state"),
            "CHURN_SOURCE_URL": source,
            "CHURN_WAREHOUSE_URL": warehouse,
        }
        settings = load_settings("telecom", warehouse_url=warehouse)
        typer.echo(f"\n{CUSTOMERS * arguments.copies:,} customers\n")
        typer.echo("| day | rows | alarms | wall s | CPU s | peak MB |")
        typer.echo("| --- | --- | --- | --- | --- | --- |")
        for number in arguments.days:
            typer.echo(measured(MONTH.start.replace(day=number), environment, settings))
    finally:
        cluster.stop()


def make_source(url: str, copies: int) -> None:
    size = SimulationSettings(
        customers=CUSTOMERS, months=1, cdr_per_month=CDR_PER_MONTH
    )
    simulate(url, size)
    make_large(url, MONTH, copies)


def measured(day: date, environment: dict[str, str], settings: Settings) -> str:
    """One day, by the command line; CPU is that of the watch, without the databases."""
    command = [sys.executable, "-m", "churn_tasks", "watch", "--day", str(day)]
    started = time.monotonic()
    child = os.posix_spawn(
        sys.executable, command, {**process_environment(), **environment}
    )
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise SystemExit(f"the watch of {day} failed")
    wall = time.monotonic() - started
    with closing(Warehouse(settings)) as warehouse:
        told = next(row for row in warehouse.watched_days() if row["day"] == day)
    return (
        f"| {day} | {told['rows_taken']:,} | {told['alarms_raised']:,} | {wall:.1f}"
        f" | {used.ru_utime + used.ru_stime:.1f} | {used.ru_maxrss / 1024:,.0f} |"
    )


if __name__ == "__main__":
    main()
