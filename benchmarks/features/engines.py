"""The same summaries and features in DuckDB, Spark, pandas and polars, in one run, and the bare scan beside them.

    .venv/bin/python -m benchmarks.features.engines --customers 40000

Made by each: ``month_usage`` of a month from its call records, and ``feat_calls`` from three months of it. DuckDB and
Spark run the query folders through the product's engines, with everything that makes a partition; pandas and polars run
what a careful hand writes for the same definitions (``by_pandas.py``, ``by_polars.py``), and write Parquet. Each has
a process of its own; all columns are compared with DuckDB's, numbers to a billionth. Starting Spark is measured apart.
"""

import importlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import duckdb  # noqa: TID253 - a benchmark is no DAG
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.copies import greatest_values
from benchmarks.features.planted import MONTH, Size, plant, settings_below
from benchmarks.measure import Taken, in_own_process, taken
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.contracts import Column
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

QUERIES = {  # by the table that each makes: family and name
    "month_usage": ("month", "usage_from_cdr"),
    "feat_calls": ("features", "calls"),
}
LOCAL = {"master": "local[2]", "driver_memory": "4g"}
OTHERS = ("polars", "pandas", "spark")  # held against DuckDB
ENGINES = ("scan", "duckdb", *OTHERS)
TOLERANCE = 1e-9  # relative, and absolute below 1
SQL_TYPES = {"decimal": "DECIMAL(18,4)", "date": "DATE", "integer": "BIGINT"}
COLUMNS = ("", "month_usage s", "feat_calls s", "CPU s", "peak MB", "bare scans")
NOTHING = asdict(Taken())

Made = dict[str, Any]  # what each table took, by its name


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
        settings = plant(place, Size(customers, cdr_per_customer, "4GB"))
        _prepare(settings)
        made = {engine: _made_by(engine, place) for engine in ENGINES}
        differing = {engine: _differences(place, engine) for engine in OTHERS}
        records = MonthRun(settings, MONTH).lake.rows("clean_cdr", MONTH)
    console = Console()
    console.print(_table(customers, records, made))
    for engine, columns in differing.items():
        console.print(engine, columns or "every column equals DuckDB's")
    if any(differing.values()):
        raise SystemExit(1)


def _prepare(settings: Settings) -> None:
    """What the features read beside the usage: the other summaries of the month, and the cohort."""
    run = MonthRun(settings, MONTH)
    run_on("summarise", run)
    (cohort,) = run.registry.queries["cohort"]
    run.make(cohort, MONTH)
    run.close()


def _made_by(engine: str, place: Path) -> Made:
    return in_own_process(
        "benchmarks.features.engines", "--measure", engine, "--folder", str(place)
    )


def _measured(engine: str, place: Path) -> Made:
    run = MonthRun(settings_below(place / "large", "4GB"), MONTH)
    makers = {
        "scan": _scan,
        "duckdb": _by_query,
        "spark": _by_spark,
        "pandas": _by_hand,
        "polars": _by_hand,
    }
    kept = place / engine
    kept.mkdir(exist_ok=True)
    return makers[engine](run, kept)


def _scan(run: MonthRun, _: Path) -> Made:
    columns = greatest_values(run.registry.tables["clean_cdr"].column_names)
    sql = f"SELECT {columns} FROM clean_cdr WHERE month = $month"
    run.engine.view("clean_cdr")
    with taken() as scan:
        run.engine.row(sql, {"month": MONTH.start})
    return {"month_usage": asdict(scan)}


def _query(run: MonthRun, table: str) -> Query:
    family, name = QUERIES[table]
    (query,) = [each for each in run.registry.queries[family] if each.name == name]
    return query


def _by_query(run: MonthRun, kept: Path) -> Made:
    return {table: _made_with(run.engine, run, table, kept) for table in QUERIES}


def _by_spark(run: MonthRun, kept: Path) -> Made:
    """Spark in a child process of this one: its CPU and memory are known once it has ended, and given to the start."""
    run = MonthRun(_with_spark(run.settings), MONTH)
    with taken() as start:
        run.spark.started  # noqa: B018 - the first look starts it
    made = {table: _made_with(run.spark, run, table, kept) for table in QUERIES}
    with taken() as whole:
        run.spark.close()
    return made | {"start": asdict(start), "ended": asdict(whole)}


def _with_spark(settings: Settings) -> Settings:
    resources = {"memory": "2GB", "threads": 2, "engine": "spark", "spark": LOCAL}
    state_dir = settings.environment.state_dir
    return load_settings("telecom", state_dir=state_dir, resources=resources)


def _made_with(engine: Any, run: MonthRun, table: str, kept: Path) -> dict[str, Any]:
    """Make one table with an engine and keep the file beside the lake."""
    query = _query(run, table)
    with taken() as one:
        engine.run(query, MONTH, run.window.parameters())
    partition = run.lake.path(table, MONTH)
    (kept / f"{table}.parquet").write_bytes(partition.read_bytes())
    return asdict(one)


def _by_hand(run: MonthRun, kept: Path) -> Made:
    hand = importlib.import_module(f"benchmarks.features.by_{kept.name}")
    usage_file, calls_file = kept / "month_usage.parquet", kept / "feat_calls.parquet"
    earlier = [run.lake.path("month_usage", MONTH - ago) for ago in (1, 2)]
    with taken() as usage:
        frame = hand.usage(run.lake.path("clean_cdr", MONTH), run.window)
        _write(frame, usage_file)
    with taken() as calls:
        frame = hand.calls(run.lake.path("cohort", MONTH), [usage_file, *earlier])
        _write(frame, calls_file)
    return {"month_usage": asdict(usage), "feat_calls": asdict(calls)}


def _write(frame: Any, path: Path) -> None:
    """In order of the key, zstd, as partitions are."""
    if hasattr(frame, "write_parquet"):
        frame.sort("customer_id").write_parquet(path, compression="zstd")
    else:
        ordered = frame.sort_values("customer_id")
        ordered.to_parquet(path, compression="zstd", index=False)


def _differences(place: Path, engine: str) -> dict[str, int]:
    """Columns that differ from DuckDB's, and in how many rows; numbers may differ by a billionth."""
    registry = MonthRun(settings_below(place / "large", "1GB"), MONTH).registry
    connection = duckdb.connect()
    differing = {}
    for table in QUERIES:
        first, second = (
            f"read_parquet('{place}/{maker}/{table}.parquet', hive_partitioning = false)"
            for maker in ("duckdb", engine)
        )
        joined = f"{first} AS a FULL JOIN {second} AS b USING (customer_id)"
        for column in registry.tables[table].columns[1:]:
            sql = f"SELECT count(*) FROM {joined} WHERE {_differs(column)}"
            ((rows,),) = connection.execute(sql).fetchall()
            if rows:
                differing[f"{table}.{column.name}"] = rows
    return differing


def _differs(column: Column) -> str:
    """Whether a row's two values differ; who has nobody at the other end may be without a number, or have 0."""
    kind = SQL_TYPES.get(column.type, "DOUBLE")
    left = f'CAST(a."{column.name}" AS {kind})'
    right = f'CAST(b."{column.name}" AS {kind})'
    if "peer" in column.name:
        right = f"coalesce({right}, 0)"
    if column.type not in ("double", "decimal"):
        return f"{left} IS DISTINCT FROM {right}"
    left, right = f"CAST({left} AS DOUBLE)", f"CAST({right} AS DOUBLE)"
    right = f"(CASE WHEN NOT isnan({right}) THEN {right} END)"
    is_far = f"abs({left} - {right}) > {TOLERANCE} * greatest(1, abs({left}))"
    return f"{is_far} OR ({left} IS NULL) <> ({right} IS NULL)"


def _table(customers: int, records: int, made_by: dict[str, Made]) -> Table:
    table = Table(*COLUMNS, title=f"{customers:,} customers, {records:,} CDR")
    scan_s = made_by["scan"]["month_usage"]["wall_s"]
    for engine, made in made_by.items():
        usage_s = made["month_usage"]["wall_s"]
        calls_s = made.get("feat_calls", NOTHING)["wall_s"]
        cpu_s = sum(one["cpu_s"] for one in made.values())
        peak_mb = max(one["peak_mb"] for one in made.values())
        table.add_row(
            engine,
            f"{usage_s:.2f}",
            f"{calls_s:.2f}",
            f"{cpu_s:.1f}",
            f"{peak_mb:,.0f}",
            f"{(usage_s + calls_s) / scan_s:.1f}",
        )
    start_s = made_by["spark"]["start"]["wall_s"]
    table.caption = f"starting Spark took {start_s:.1f} s; its CPU counts in its row"
    return table


if __name__ == "__main__":
    typer.run(main)
