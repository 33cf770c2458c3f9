"""A lake of a large operator: one month of clean tables, and the month tables of the months before it.

A small operator is simulated and taken through the monthly run, and its lake multiplied with DuckDB. Every copy of a
customer has keys, tokens and amounts of its own. Call records get times and sizes of their own and peers in several
copies, and some customers many times the records of others (exponential over the simulator's own skew), so that neither
groups nor compression are easier than real.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.copies import own_amount, own_key, own_second, own_token, write_rows
from benchmarks.operators import simulated
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.contracts import Column, Table
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import TASKS

MONTH = Month.parse("2024-03")
SEED_CUSTOMERS = 2_000
SEED_CDR = 60
SEED_TASKS = ("extract", "integrate")
MEMORY = "4GB"  # of DuckDB while it multiplies
# who somebody is, beside the keys of records
OWN = ("customer_id", "contact_id", "person_id", "successor_id")
# whose amounts every copy has its own of
SUMMED = ("month_usage", "month_billing", "month_activity", "month_contact")


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
    resources = {"memory": memory, "threads": 2}
    return load_settings("telecom", state_dir=folder, resources=resources, **places)


def plant(folder: Path, size: Size) -> Settings:
    """Make the lake below ``folder``, or take the one of the same size that is there."""
    settings = settings_below(folder / "large", size.memory)
    note = folder / "size.json"
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
    state = folder / "seed"
    settings = settings_below(state, "2GB")
    if MonthRun(settings, MONTH).lake.has("month_activity", MONTH):
        return settings
    simulation = SimulationSettings(
        customers=SEED_CUSTOMERS, months=MONTH.number, cdr_per_month=SEED_CDR
    )
    with simulated(folder, simulation) as places:
        settings = settings_below(state, "2GB", **places)
        for month in settings.calendar.observed_months(MONTH):
            _run(settings, month)
    return settings


def _run(settings: Settings, month: Month) -> None:
    for task in TASKS:
        if task.name in SEED_TASKS:
            for step in task.steps:
                run_step(step, settings, month)


def _multiply(seed: MonthRun, large: MonthRun, size: Size) -> None:
    """Every partition of the month that summaries or features may read, as many times as the size asks for."""
    for name in sorted(_wanted(seed)):
        if seed.lake.has(name, seed.month):
            rows = _rows(seed, name, size)
            with large.lake.replacing(name, seed.month) as aside:
                write_rows(rows, aside, MEMORY)


def _wanted(seed: MonthRun) -> set[str]:
    """What is read and not made: of the month itself no summaries, of the months before no clean tables."""
    queries = seed.registry.queries
    wanted: set[str] = set()
    for family in ("month", "cohort", "features"):
        for query in queries[family]:
            wanted.update(query.output.reads, query.output.optional)
    if seed.month == MONTH:
        return wanted - {query.output.table for query in queries["month"]}
    return {name for name in wanted if not name.startswith("clean_")}


def _rows(seed: MonthRun, name: str, size: Size) -> str:
    """All copies of one partition; a table of regions stays one."""
    table = seed.registry.tables[name]
    copies = 1
    if "customer_id" in table.column_names:
        copies = size.copies
    file = seed.lake.path(name, seed.month)
    source = (
        f"read_parquet('{file}', hive_partitioning = false), range({copies}) AS r(copy)"
    )
    if name == "clean_cdr":
        return _records(table, source, size)
    return f"SELECT {_own(table, name)} FROM {source}"


def _own(table: Table, name: str) -> str:
    """The columns, with keys, tokens and summed amounts that are each copy's own."""
    columns = []
    for column in table.columns:
        value = _of_copy(table, name, column)
        columns.append(f'{value} AS "{column.name}"')
    return ", ".join(columns)


def _of_copy(table: Table, name: str, column: Column) -> str:
    quoted = f'"{column.name}"'
    if column.name == "peer_token":
        return quoted  # of a copy that differs from record to record
    if column.pii == "token":
        return own_token(quoted)
    if "customer_id" in table.column_names and _is_own_key(table, column):
        return own_key(quoted)
    if column.type == "decimal" and name in SUMMED:
        percent = f"60 + hash({table.key[0]}, copy, '{column.name}') % 81"
        return f"CAST({quoted} * ({percent}) / 100 AS DECIMAL(18,4))"
    return quoted


def _is_own_key(table: Table, column: Column) -> bool:
    is_key = column.name in table.key and column.name.endswith("_id")
    return is_key or column.name in OWN


def _records(table: Table, source: str, size: Size) -> str:
    """Call records: some customers have many times those of others, each record its own time of day and size."""
    mean = size.cdr_per_customer / SEED_CDR
    share = "(1 + hash(customer_id, copy) % 1000000) / 1000001"
    fraction = "(hash(cdr_id, copy) % 1000) / 1000"
    number = f"CAST(floor({mean} * -ln({share}) + {fraction}) AS BIGINT)"
    neighbour = f"(copy + 37 * (part % 3)) % {size.copies}"
    of_peer = f"CASE WHEN peer_kind = 'person' THEN {neighbour} ELSE 0 END"
    return f"""
        SELECT * EXCLUDE (copy, part) REPLACE (
            cdr_id || '-' || part AS cdr_id,
            md5(peer_token || {of_peer}) AS peer_token,
            CAST(event_date AS TIMESTAMP) + {own_second("cdr_id, part")} AS event_at,
            {own_amount("duration_s", "part, cdr_id")} AS duration_s,
            {own_amount("volume_kb", "part, cdr_id")} AS volume_kb
        )
        FROM (
            SELECT {_own(table, "clean_cdr")}, copy, unnest(range({number})) AS part
            FROM {source}
        )
    """
