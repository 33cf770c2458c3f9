"""Seconds, CPU and memory of taking people out of a large lake, the search for them everywhere included.

    .venv/bin/python -m benchmarks.forget --customers 600000 --months 3

The lake is made up: tables of the telecom profile, each with its own columns and random values, ten calls a customer
and month; months are copies of one. Every request works on a copy of it, in a process of its own.
"""

import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import cells, in_own_process, taken
from churn_tasks.by_hand.forget.work import Request, forget
from churn_tasks.core.months import months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.columns import Column
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun

PERSONS = (1, 10_000)
ROWS_OF_ONE = {"raw_cdr": 10, "clean_cdr": 10, "raw_bill": 3, "clean_bill": 3}
TABLES = (
    "raw_customer", "clean_customer", "raw_bill", "clean_bill", "raw_cdr", "clean_cdr", "customer_line", "cohort",
    "label", "score_churn", "month_usage", "month_billing", "month_profile", "month_activity", "feat_calls",
    "feat_spend", "feat_mobile_data", "feat_bill_items", "feat_payment", "feat_social",
)  # fmt: skip
VALUES = {
    "text": "'v' || {0} % 20",
    "boolean": "{0} % 2 = 0",
    "date": "DATE '2024-01-01' + ({0} % 28)::INT",
    "timestamp": "TIMESTAMP '2024-01-01' + to_seconds(({0} % 2419200)::BIGINT)",
    "integer": "({0} % 1000)::BIGINT",
    "decimal": "({0} % 100000) / 100",
    "double": "({0} % 100000) / 7.0",
}
COLUMNS = ("persons", "rows taken out", "wall s", "CPU s", "peak MB")


def main(
    customers: Annotated[int, typer.Option(min=10_000)] = 600_000,
    months: Annotated[int, typer.Option(min=1)] = 3,
    memory: str = "2GB",
) -> None:
    """Make the lake, take people out of copies of it, and print a row each."""
    size = f"{customers:,} customers, {months} months, {len(TABLES)} tables"
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        folder = Path(name)
        bytes_made = _make(folder, customers, months, memory)
        table = Table(
            *COLUMNS,
            title=f"{size}, {bytes_made / 1e9:.1f} GB of Parquet, DuckDB {memory}",
        )
        for persons in PERSONS:
            given = (str(folder), str(persons), str(customers), memory)
            done = in_own_process("benchmarks.forget", "one", *given)
            table.add_row(f"{persons:,}", f"{done['rows']:,}", *cells(done))
        Console(width=120).print(table)


def _make(folder: Path, customers: int, months: int, memory: str) -> int:
    """The lake; returns its bytes."""
    settings = _settings(folder / "state", "", memory)
    first = settings.first_month
    run = MonthRun(settings, first)
    for table in TABLES:
        run.engine.write(table, first, _rows_sql(run, table, customers))
    run.close()
    for month in months_between(first + 1, first + months):
        for made in settings.lake_dir.glob(f"*/month={first.start}"):
            shutil.copytree(made, made.with_name(f"month={month.start}"))
    return sum(path.stat().st_size for path in settings.lake_dir.rglob("*.parquet"))


def _rows_sql(run: MonthRun, table: str, customers: int) -> str:
    rows = customers * ROWS_OF_ONE.get(table, 1)
    columns = []
    for place, column in enumerate(run.registry.tables[table].columns):
        columns.append(f"{_value(column, place, customers)} AS {column.name}")
    return f"SELECT {', '.join(columns)} FROM range({rows}) t(i)"


def _value(column: Column, place: int, customers: int) -> str:
    line = f"(i % {customers})"
    if column.name == "customer_id":
        return f"'S' || {line}"
    if column.name == "person_id":
        return f"'PS' || {line}"
    if column.name in ("phone_token", "identity_token"):
        return f"md5('{column.name}' || {line})"
    if column.name == "peer_token":
        return f"md5('phone_token' || (hash(i) % {customers}))"
    if column.subject != "nobody":
        return "NULL"
    if column.name.endswith("_id"):
        return "i::VARCHAR"
    if column.name == "item_code":
        return f"'item' || (i // {customers})"
    return VALUES[column.type].format(f"hash(i + {place})")


def _settings(state: Path, warehouse: str, memory: str) -> Settings:
    resources = {"memory": memory, "threads": 2}
    return load_settings(
        "telecom", state_dir=state, warehouse_url=warehouse, resources=resources
    )


def one(folder: Path, persons: int, customers: int, memory: str) -> None:
    """Take people out of a copy of the lake; prints what it took."""
    state = folder / f"state_{persons}"
    shutil.copytree(folder / "state", state)
    cluster = Cluster(folder / f"pg_{persons}", durable=False)
    cluster.start()
    try:
        url = cluster.create_database("bench")
        step = customers // persons
        whom = [f"S{number * step}" for number in range(persons)]
        request = Request(whom, (), "benchmark", "benchmark", "benchmark")
        with taken() as measured:
            done = forget(_settings(state, url, memory), request)
    finally:
        cluster.remove()
        shutil.rmtree(state)
    told = {**asdict(measured), "rows": sum(done.tables.values())}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        typer.run(main)
