"""The history of a simulated operator in the lake, made as many times larger as its database (``large_source.py``).

Customers, persons and their numbers are those that the larger database delivers, so that the next month goes on with
the same people. What earlier months teach of numbers of rows is multiplied too.
"""

import psycopg
import pyarrow as pa  # noqa: TID253 - a benchmark is no DAG

from benchmarks.copies import own_token, write_rows
from benchmarks.large_source import STEP, prepare
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import Column, Table
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator.words import GIVEN

DIGITS = "0123456789"
MEMORY = "3GB"  # of DuckDB while it multiplies
# learnt figures that grow with the number of customers
COUNTED = ("rows", "kept", "customers")
# columns that hold more different values, beside the keys of records
OWN_VALUES = (
    "phone_token",
    "identity_token",
    "peer_token",
    "customer_name",
    "address_text",
)
UNCHANGED = ("market", "campaign")  # tables of which a larger operator has no more rows
# columns of the database with numbers of customers, and the columns of the lake that hold their tokens
NUMBERS = {
    "msisdn": ("phone_number", "bench.own_telephone"),
    "id_no": ("identity_number", "bench.own_document"),
}
OWN_IDS = ("customer_id", "person_id", "successor_id", "contact_id")
OWN_TOKENS = ("phone_token", "identity_token")


def make_large(settings: Settings, month: Month, copies: int) -> None:
    """Multiply what the run of a month reads of the months before it."""
    tokens = _tokens(settings, copies)
    for earlier in settings.calendar.observed_months(month)[:-1]:
        run = MonthRun(settings, earlier)
        for name, table in run.registry.tables.items():
            if run.lake.has(name, earlier) and _is_multiplied(name, table):
                _multiply(run, name, table, copies, tokens)
        run.close()
    for earlier in MonthRun(settings, month).lake.months("profile_accepted"):
        _scale_counts(MonthRun(settings, earlier), copies)


def _is_multiplied(name: str, table: Table) -> bool:
    """Deliveries and call records of earlier months are not read again."""
    if name.startswith("raw_") or name == "clean_cdr":
        return False
    return "customer_id" in table.column_names


def _tokens(settings: Settings, copies: int) -> pa.Table:
    """The token that each copy has in place of one of the original: columns token, of_copy, own."""
    key = load_key(settings.token_key_file)
    tokeniser = Tokeniser(key, settings.phone_region)
    parts = []
    with psycopg.connect(settings.environment.source_url) as connection:
        prepare(connection)
        for column, (name, function) in NUMBERS.items():
            rows = connection.execute(
                f"SELECT given, copy, {function}(given, copy)"
                f" FROM (SELECT DISTINCT {column} AS given FROM boss.subs_his WHERE {column} IS NOT NULL) AS numbers,"
                f" generate_series(0, {copies - 1}) AS copies(copy)"
            ).fetchall()
            given, copy, own = zip(*rows, strict=True)
            tokens = [tokeniser.token(number, name) for number in given]
            own_tokens = [tokeniser.token(number, name) for number in own]
            parts.append(
                pa.table({"token": tokens, "of_copy": copy, "own": own_tokens})
            )
    return pa.concat_tables(parts)


def _multiply(
    run: MonthRun, name: str, table: Table, copies: int, tokens: pa.Table
) -> None:
    path = run.lake.path(name, run.month)
    columns, joins = [], []
    for column in table.columns:
        columns.append(f'{_own(table, column)} AS "{column.name}"')
        if column.name in OWN_TOKENS:
            joins.append(_token_join(column.name))
    rows = (
        f"SELECT {', '.join(columns)} FROM read_parquet('{path}', hive_partitioning = false) AS rows,"
        f" range({copies}) AS copies(copy) {' '.join(joins)}"
    )
    with run.lake.replacing(name, run.month) as aside:
        write_rows(rows, aside, MEMORY, own_tokens=tokens)


def _token_join(column: str) -> str:
    named = f"of_{column}"
    return f"LEFT JOIN own_tokens AS {named} ON {named}.token = rows.{column} AND {named}.of_copy = copy"


def _own(table: Table, column: Column) -> str:
    """What a copy has in a column of the lake."""
    value = f'rows."{column.name}"'
    if column.name in OWN_TOKENS:
        return f"coalesce(of_{column.name}.own, {value})"
    if column.pii == "token":
        return own_token(value)
    if column.name == "customer_name":
        return own_name(value)
    if column.name == "address_text":
        return turned(value)
    is_key = column.name in table.key and column.type == "text"
    if column.name.endswith("_id") and (is_key or column.name in OWN_IDS):
        moved = f"CAST(TRY_CAST({value} AS BIGINT) + copy * {STEP} AS VARCHAR)"
        return f"coalesce({moved}, {value} || '-' || copy)"
    return value


def own_name(value: str) -> str:
    """As ``bench.own_name`` in the database."""
    characters = "".join(GIVEN)
    place, length = f"copy % {len(GIVEN)} + 1", len(GIVEN)
    others = f"substr('{characters}{characters}', {place}, {length})"
    return (
        f"left({value}, 1) || translate(substr({value}, 2), '{characters}', {others})"
    )


def turned(value: str) -> str:
    """As ``bench.turned`` in the database."""
    others = f"substr('{DIGITS}{DIGITS}', copy % 10 + 1, 10)"
    return f"translate({value}, '{DIGITS}', {others})"


def _scale_counts(run: MonthRun, copies: int) -> None:
    """Numbers of rows as a large operator would have taught them."""
    path = run.lake.path("profile_accepted", run.month)
    counted = ", ".join(f"'{name}'" for name in COUNTED)
    unchanged = ", ".join(f"'{name}'" for name in UNCHANGED)
    own = ", ".join(f"'{name}'" for name in OWN_VALUES)
    grows = (
        f"(measure IN ({counted}) OR measure = 'distinct'"
        f" AND (column_name IN ({own}) OR suffix(column_name, '_id') AND column_name <> 'campaign_id'))"
        f" AND table_name NOT IN ({unchanged})"
    )
    rows = (
        f"SELECT * REPLACE (CASE WHEN {grows} THEN value * {copies} ELSE value END AS value)"
        f" FROM read_parquet('{path}', hive_partitioning = false)"
    )
    with run.lake.replacing("profile_accepted", run.month) as aside:
        write_rows(rows, aside, MEMORY)
