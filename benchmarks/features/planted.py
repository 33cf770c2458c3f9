"""A lake of a large operator: one month of clean tables, and the month tables of the months before it.

A small operator is simulated and taken through the monthly run, and its lake multiplied with DuckDB. Every copy of a
customer has keys, tokens and amounts of its own. Call records get times and sizes of their own and peers in several
copies, and some customers many times the records of others (exponential over the simulator's own skew), so that neither
groups nor compression are easier than real.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb  # noqa: TID253 - a benchmark is no DAG

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.contracts import Table
from churn_tasks.declared.query import Query
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import TASKS

MONTH = Month.parse("2024-03")
SEED_CUSTOMERS = 2_000
SEED_CDR = 60
OWN = (
    "customer_id",
    "contact_id",
    "person_id",
    "successor_id",
)  # who somebody is, beside the keys of records
SUMMED = (
    "month_usage",
    "month_billing",
    "month_activity",
    "month_contact",
)  # whose amounts every copy has its own of


@dataclass(frozen=True)
class Size:
    """How large the operator shall be, and what a step may use."""

    customers: int = 600_000
    cdr_per_customer: int = 60
    memory: str = "6GB"

    @property
    def copies(self) -> int:
        return self.customers // SEED_CUSTOMERS


def settings_below(folder: Path, memory: str, **places: str) -> Settings:
    """The telecom profile with its state in this folder."""
    return load_settings(
        "telecom",
        state_dir=folder,
        resources={"memory": memory, "threads": 2},
        **places,
    )


def plant(folder: Path, size: Size) -> Settings:
    """Make the lake below ``folder``, or take the one of the same size that is there."""
    settings, note = settings_below(folder / "large", size.memory), folder / "size.json"
    made = json.dumps([size.customers, size.cdr_per_customer])
    if note.is_file() and note.read_text() == made:
        return settings
    seed = _seed(folder)
    for month in seed.calendar.observed_months(MONTH):
        _multiply(MonthRun(seed, month), MonthRun(settings, month), size)
    note.write_text(made)
    return settings


def _seed(folder: Path) -> Settings:
    """The small operator, up to the summaries of the month."""
    from churn_tasks.simulator import SimulationSettings, simulate

    settings = settings_below(folder / "seed", "2GB")
    if MonthRun(settings, MONTH).lake.has("month_activity", MONTH):
        return settings
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    try:
        source, warehouse = (
            cluster.create_database("source"),
            cluster.create_database("warehouse"),
        )
        simulate(
            source,
            SimulationSettings(
                customers=SEED_CUSTOMERS, months=MONTH.number, cdr_per_month=SEED_CDR
            ),
        )
        settings = settings_below(
            folder / "seed", "2GB", source_url=source, warehouse_url=warehouse
        )
        steps = [
            step
            for task in TASKS
            if task.name in ("extract", "integrate")
            for step in task.steps
        ]
        for month in settings.calendar.observed_months(MONTH):
            for step in steps:
                run_step(step, settings, month)
    finally:
        cluster.remove()
    return settings


def _multiply(seed: MonthRun, large: MonthRun, size: Size) -> None:
    """Every partition of the month that summaries or features may read, as many times as the size asks for."""
    made = {query.output.table for query in seed.registry.queries["month"]}
    wanted = {
        name
        for query in _queries(seed)
        for name in (*query.output.reads, *query.output.optional)
    }
    wanted -= (
        made
        if seed.month == MONTH
        else {name for name in wanted if name.startswith("clean_")}
    )
    for name in sorted(name for name in wanted if seed.lake.has(name, seed.month)):
        table = seed.registry.tables[name]
        copies = (
            size.copies if "customer_id" in table.column_names else 1
        )  # a table of regions stays one
        file = seed.lake.path(name, seed.month)
        source = f"read_parquet('{file}', hive_partitioning = false), range({copies}) AS r(copy)"
        rows = (
            _records(table, source, size)
            if name == "clean_cdr"
            else f"SELECT {_own(table, name)} FROM {source}"
        )
        with large.lake.replacing(name, seed.month) as aside:
            connection = duckdb.connect(
                config={
                    "threads": 2,
                    "memory_limit": "4GB",
                    "preserve_insertion_order": False,
                }
            )
            connection.execute(
                f"COPY ({rows}) TO '{aside}' (FORMAT parquet, COMPRESSION zstd)"
            )
            connection.close()


def _queries(run: MonthRun) -> list[Query]:
    return [
        query
        for family in ("month", "cohort", "features")
        for query in run.registry.queries[family]
    ]


def _own(table: Table, name: str) -> str:
    """The columns, with keys, tokens and summed amounts that are each copy's own."""
    made = []
    for column in table.columns:
        quoted = f'"{column.name}"'
        if column.name == "peer_token":
            made.append(quoted)  # of a copy that differs from record to record
        elif column.pii == "token":
            made.append(
                f"CASE WHEN starts_with({quoted}, 'invalid_') THEN {quoted} ELSE md5({quoted} || copy) END"
            )
        elif (
            column.name in (*OWN, *(key for key in table.key if key.endswith("_id")))
            and "customer_id" in table.column_names
        ):
            made.append(f"{quoted} || '-' || copy")
        elif column.type == "decimal" and name in SUMMED:
            made.append(
                f"CAST({quoted} * (60 + hash({table.key[0]}, copy, '{column.name}') % 81) / 100 AS DECIMAL(18,4))"
            )
        else:
            made.append(quoted)
        made[-1] += f" AS {quoted}"
    return ", ".join(made)


def _records(table: Table, source: str, size: Size) -> str:
    """Call records: some customers have many times those of others, each record its own time of day and size."""
    own = _own(table, "clean_cdr")
    mean = size.cdr_per_customer / SEED_CDR
    share = "(1 + hash(customer_id, copy) % 1000000) / 1000001"
    peer = f"md5(peer_token || CASE WHEN peer_kind = 'person' THEN (copy + 37 * (part % 3)) % {size.copies} ELSE 0 END)"
    number = f"CAST(floor({mean} * -ln({share}) + (hash(cdr_id, copy) % 1000) / 1000) AS BIGINT)"
    return f"""
        SELECT * EXCLUDE (copy, part) REPLACE (
            cdr_id || '-' || part AS cdr_id,
            {peer} AS peer_token,
            CAST(event_date AS TIMESTAMP) + to_seconds(CAST(hash(cdr_id, part) % 86400 AS BIGINT)) AS event_at,
            duration_s * (50 + CAST(hash(part, cdr_id) % 100 AS BIGINT)) // 100 AS duration_s,
            volume_kb * (50 + CAST(hash(part, cdr_id) % 100 AS BIGINT)) // 100 AS volume_kb
        )
        FROM (SELECT {own}, copy, unnest(range({number})) AS part FROM {source})
    """
