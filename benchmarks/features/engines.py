"""The same summaries and features in DuckDB, Spark, pandas and polars, in one run, and the bare scan beside them.

    .venv/bin/python -m benchmarks.features.engines --customers 40000

Made by each: ``month_usage`` of a month from its call records, and ``feat_calls`` from three months of it. DuckDB and
Spark run the query folders through the product's engines, with everything that makes a partition; pandas and polars run
what a careful hand writes for the same definitions (``by_pandas.py``, ``by_polars.py``), and write Parquet. Each has
a process of its own; all columns are compared with DuckDB's, numbers to a billionth. Starting Spark is measured apart.
"""

import importlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import duckdb  # noqa: TID253 - a benchmark is no DAG
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.features.measure import taken
from benchmarks.features.planted import MONTH, Size, plant, settings_below
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import Column
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

MADE = {"month_usage": ("month", "usage_from_cdr"), "feat_calls": ("features", "calls")}
LOCAL = {"master": "local[2]", "driver_memory": "4g"}
ENGINES = ("scan", "duckdb", "polars", "pandas", "spark")


def main(
    customers: Annotated[int, typer.Option(min=2_000)] = 40_000,
    cdr_per_customer: Annotated[int, typer.Option(min=1)] = 60,
    folder: Annotated[
        Path | None,
        typer.Option(help="keep the lake here, or take the one that is here"),
    ] = None,
    measure: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Plant the lake, let each engine make both tables in a process of its own, compare, print."""
    if measure:
        typer.echo(json.dumps(_measured(measure, folder or Path())))
        return
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        place = folder or Path(name)
        _prepare(plant(place, Size(customers, cdr_per_customer, "4GB")))
        found = {engine: _in_own_process(engine, place) for engine in ENGINES}
        differing = {
            engine: _differences(place, engine)
            for engine in ("polars", "pandas", "spark")
        }
        records = MonthRun(settings_below(place / "large", "1GB"), MONTH).lake.rows(
            "clean_cdr", MONTH
        )
    Console().print(_table(customers, records, found))
    Console().print(
        {
            engine: gone or "every column equals DuckDB's"
            for engine, gone in differing.items()
        }
    )
    if any(differing.values()):
        raise SystemExit(1)


def _prepare(settings: Any) -> None:
    """What the features read beside the usage: the other summaries of the month, and the cohort."""
    run = MonthRun(settings, MONTH)
    run_on("summarise", run)
    run.make(run.registry.queries["cohort"][0], MONTH)
    run.close()


def _in_own_process(engine: str, place: Path) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.features.engines",
        "--measure",
        engine,
        "--folder",
        str(place),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measured(engine: str, place: Path) -> dict[str, Any]:
    run = MonthRun(settings_below(place / "large", "4GB"), MONTH)
    makers = {
        "scan": _scan,
        "duckdb": _by_query,
        "spark": _by_spark,
        "pandas": _by_hand,
        "polars": _by_hand,
    }
    return makers[engine](run, place / engine)


def _scan(run: MonthRun, _: Path) -> dict[str, Any]:
    names = ", ".join(
        f'max("{name}")' for name in run.registry.tables["clean_cdr"].column_names
    )
    run.engine.view("clean_cdr")
    with taken() as one:
        run.engine.row(
            f"SELECT {names} FROM clean_cdr WHERE month = $month",
            {"month": MONTH.start},
        )
    return {"month_usage": asdict(one)}


def _query(run: MonthRun, table: str) -> Query:
    family, name = MADE[table]
    return next(query for query in run.registry.queries[family] if query.name == name)


def _by_query(run: MonthRun, kept: Path) -> dict[str, Any]:
    found = {}
    for table in MADE:
        with taken() as one:
            run.engine.run(_query(run, table), MONTH, run.window.parameters())
        found[table] = asdict(one)
        _keep(run, table, kept)
    return found


def _by_spark(run: MonthRun, kept: Path) -> dict[str, Any]:
    """Spark in a child process of this one: its CPU and memory are known once it has ended, and given to the start."""
    spark = load_settings(
        "telecom",
        state_dir=run.settings.environment.state_dir,
        resources={
            "memory": "2GB",
            "threads": 2,
            "engine": "spark",
            "spark": LOCAL,
        },
    )
    run, found = MonthRun(spark, MONTH), {}
    with taken() as start:
        run.spark.started  # noqa: B018 - the first look starts it
    for table in MADE:
        with taken() as one:
            run.spark.run(_query(run, table), MONTH, run.window.parameters())
        found[table] = asdict(one)
        _keep(run, table, kept)
    with taken() as whole:
        run.spark.close()
    return found | {"start": asdict(start), "ended": asdict(whole)}


def _by_hand(run: MonthRun, made: Path) -> dict[str, Any]:
    hand = importlib.import_module(f"benchmarks.features.by_{made.name}")
    made.mkdir(exist_ok=True)
    earlier = [run.lake.path("month_usage", MONTH - ago) for ago in (1, 2)]
    with taken() as usage:
        _write(
            hand.usage(run.lake.path("clean_cdr", MONTH), run.window),
            made / "month_usage.parquet",
        )
    with taken() as calls:
        latest = [made / "month_usage.parquet", *earlier]
        _write(
            hand.calls(run.lake.path("cohort", MONTH), latest),
            made / "feat_calls.parquet",
        )
    return {"month_usage": asdict(usage), "feat_calls": asdict(calls)}


def _write(frame: Any, path: Path) -> None:
    """In order of the key, zstd, as partitions are."""
    if hasattr(frame, "write_parquet"):
        frame.sort("customer_id").write_parquet(path, compression="zstd")
    else:
        frame.sort_values("customer_id").to_parquet(
            path, compression="zstd", index=False
        )


def _keep(run: MonthRun, table: str, kept: Path) -> None:
    kept.mkdir(exist_ok=True)
    (kept / f"{table}.parquet").write_bytes(run.lake.path(table, MONTH).read_bytes())


def _differences(place: Path, engine: str) -> dict[str, int]:
    """Columns that differ from DuckDB's, and in how many rows; numbers may differ by a billionth."""
    registry, found = (
        MonthRun(settings_below(place / "large", "1GB"), MONTH).registry,
        {},
    )
    connection = duckdb.connect()
    for table in MADE:
        files = [
            f"read_parquet('{place}/{one}/{table}.parquet', hive_partitioning = false)"
            for one in ("duckdb", engine)
        ]
        joined = f"{files[0]} AS a FULL JOIN {files[1]} AS b USING (customer_id)"
        for column in registry.tables[table].columns[1:]:
            sql = f"SELECT count(*) FROM {joined} WHERE {_differs(column)}"
            ((rows,),) = connection.execute(sql).fetchall()
            if rows:
                found[f"{table}.{column.name}"] = rows
    return found


def _differs(column: Column) -> str:
    """Whether a row's two values differ; who has nobody at the other end may be without a number, or have 0."""
    kind = {"decimal": "DECIMAL(18,4)", "date": "DATE", "integer": "BIGINT"}.get(
        column.type, "DOUBLE"
    )
    left, right = (f'CAST({side}."{column.name}" AS {kind})' for side in ("a", "b"))
    if "peer" in column.name:
        right = f"coalesce({right}, 0)"
    if column.type not in ("double", "decimal"):
        return f"{left} IS DISTINCT FROM {right}"
    left, right = f"CAST({left} AS DOUBLE)", f"CAST({right} AS DOUBLE)"
    right = f"CASE WHEN NOT isnan({right}) THEN {right} END"
    return f"abs({left} - ({right})) > 1e-9 * greatest(1, abs({left})) OR ({left} IS NULL) <> (({right}) IS NULL)"


def _table(customers: int, records: int, found: dict[str, Any]) -> Table:
    table = Table(
        "",
        "month_usage s",
        "feat_calls s",
        "CPU s",
        "peak MB",
        "bare scans",
        title=f"{customers:,} customers, {records:,} CDR",
    )
    scan = found["scan"]["month_usage"]["wall_s"]
    for engine, made in found.items():
        usage, calls = (
            made["month_usage"],
            made.get("feat_calls", {"wall_s": 0.0, "cpu_s": 0.0, "peak_mb": 0.0}),
        )
        cpu = sum(one["cpu_s"] for one in made.values())
        peak = max(one["peak_mb"] for one in made.values())
        wall = usage["wall_s"] + calls["wall_s"]
        table.add_row(
            engine,
            f"{usage['wall_s']:.2f}",
            f"{calls['wall_s']:.2f}",
            f"{cpu:.1f}",
            f"{peak:,.0f}",
            f"{wall / scan:.1f}",
        )
    table.caption = f"starting Spark took {found['spark']['start']['wall_s']:.1f} s; its CPU counts in its row"
    return table


if __name__ == "__main__":
    typer.run(main)
