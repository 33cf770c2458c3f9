"""A look at the profile's source: every contract read for one month, in memory, with nothing kept.

No lake and no warehouse are needed. Phone numbers become tokens under a key made up for the look, so not even the
memory holds them in clear; what leaves this module are counts, dates and types.
"""

import secrets
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial

import duckdb
import pyarrow as pa

from churn_tasks.adapters.sessions import settle_duckdb
from churn_tasks.adapters.source import Source, open_source, read_again
from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.tokens import Tokeniser
from churn_tasks.checks.disposals import is_too_much_damage
from churn_tasks.checks.source_check import Judged, Seen, judge
from churn_tasks.core.errors import BadInput, ChurnError, ConnectionTrouble, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.delivered import delivered_sql
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.declared.lineage.gaps import Gaps
from churn_tasks.declared.money import limited_column
from churn_tasks.integrate.standardise.commas import refuse_doubtful
from churn_tasks.integrate.standardise.prepare import (
    declared_for,
    make_macros,
    prepare_standard,
)
from churn_tasks.integrate.standardise.usual import note_usual_amount


def unread_files(settings: Settings, contracts: Container[str]) -> list[str]:
    """Files of the profile that nothing reads, each with why: no contract, or one in another folder."""
    folder = settings.profile_dir
    unread = []
    for extract in sorted((folder / "extract").glob("*.sql")):
        if extract.stem not in contracts:
            unread.append(
                f"extract/{extract.name} has no contract: add tables/raw/{extract.stem}.yaml, or give it the name of"
                " one (docs/own_data.md)"
            )
    for contract in sorted((folder / "tables").glob("*.yaml")):
        unread.append(f"tables/{contract.name}: contracts lie in tables/raw")
    return unread


def look(
    settings: Settings, month: Month, gaps: Gaps, most_rows: int
) -> Iterator[Judged]:
    """The verdict on every contract, as each is read.

    Args:
        most_rows: rows of a table that are read; counts and newest dates are of all rows.

    Raises:
        ConnectionTrouble: the source does not answer.
    """
    window = settings.calendar.window(month)
    before: dict[str, int] = {}
    if month > settings.first_month:
        before = _opened(settings, month - 1)
    with open_source(settings, month) as source:
        for name, table in gaps.contracts.items():
            if name not in gaps.delivered:
                yield judge(table, None, gaps, window, settings.quality)
                continue
            seen = _seen(settings, source, month, table, most_rows)
            if not seen.refused:
                seen = replace(seen, rows_before=before.get(name))
            yield judge(table, seen, gaps, window, settings.quality)


def _opened(settings: Settings, month: Month) -> dict[str, int]:
    """Rows of each table in another month, as far as the source answers."""
    counts: dict[str, int] = {}
    try:
        with open_source(settings, month) as source:
            for path in sorted((settings.profile_dir / "extract").glob("*.sql")):
                try:
                    count = partial(_rows, settings, source, month, path.stem)
                    counts[path.stem] = read_again(count)
                except (BadInput, NotReady):
                    continue
    except (BadInput, NotReady):
        return counts
    return counts


def _rows(settings: Settings, source: Source, month: Month, name: str) -> int:
    """Rows of a table, counted by the source itself."""
    sql = rendered_sql(settings, settings.calendar.window(month), name)
    with source.batches(f"SELECT count(*) AS n FROM (\n{sql}\n) delivered") as batches:
        (row,) = batches.read_all().to_pylist()
    return int(next(iter(row.values())))


def _seen(
    settings: Settings, source: Source, month: Month, table: RawTable, most_rows: int
) -> Seen:
    """What the source delivers of one table, or why it refuses."""
    sql = rendered_sql(settings, settings.calendar.window(month), table.table)
    try:
        read = partial(_read, settings, source, month, table, most_rows)
        seen = read_again(read)
    except ConnectionTrouble:
        raise
    except ChurnError as error:
        return Seen(refused=str(error))
    rows = seen.looked_at
    if rows >= most_rows:
        count = partial(_rows, settings, source, month, table.table)
        rows = read_again(count)
    seen = replace(seen, rows=rows)
    return _with_damage(settings, seen, table, source.asides(sql))


def _read(
    settings: Settings, source: Source, month: Month, table: RawTable, most_rows: int
) -> Seen:
    sql = rendered_sql(settings, settings.calendar.window(month), table.table)
    with source.batches(sql) as batches:
        columns = {column.name: str(column.type) for column in batches.schema}
        seen = _measured(settings, month, table, batches, most_rows)
    return replace(seen, columns=columns)


def _with_damage(
    settings: Settings, seen: Seen, table: RawTable, asides: Iterable[FileAside]
) -> Seen:
    """The same with the lines of its files that are damaged; refused where they are more than may be."""
    counts = Counter(seen.set_aside)
    for aside in asides:
        damaged = len(aside.damaged)
        if is_too_much_damage(table, settings.quality, damaged, aside.rows):
            return Seen(refused=f"too much of a file is damaged: {aside.told()}")
        counts.update(one.reason for one in aside.damaged)
    return replace(seen, set_aside=dict(counts))


def _measured(
    settings: Settings,
    month: Month,
    table: RawTable,
    batches: pa.RecordBatchReader,
    most_rows: int,
) -> Seen:
    """The rows in the forms of the contract, judged by its row rules, counted and forgotten."""
    tokeniser = Tokeniser(secrets.token_bytes(32), settings.phone_region)
    bounds: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.resources.memory_limit,
        "threads": settings.resources.threads,
        "autoinstall_known_extensions": False,
    }
    with closing(duckdb.connect(config=bounds)) as connection:
        settle_duckdb(connection, settings.time_zone)
        connection.register("incoming", tokeniser.reader(batches))
        connection.execute(
            f"CREATE TEMP TABLE given AS SELECT * FROM incoming LIMIT {most_rows}"
        )
        described = connection.execute("DESCRIBE given").fetchall()
        types = {name: kind for name, kind, *_ in described}
        required = [
            column.name for column in table.delivered_columns if column.required
        ]
        absent = [name for name in required if name not in types]
        rows = _with_absent(table, types, absent, month)
        make_macros(connection)
        declared = declared_for(settings, table.table)
        view = prepare_standard(connection, table, rows, settings, declared)
        refuse_doubtful(table, view.delivery.undecided)
        if column := limited_column(table):
            name = table.table
            note_usual_amount(connection, name, column, f"standard_{name}")
        return _counted(connection, table, absent)


def _with_absent(
    table: RawTable, types: dict[str, str], absent: list[str], month: Month
) -> str:
    """The rows as a month of the contract's table: required columns that were not delivered are empty."""
    chosen = delivered_sql(table.as_delivered, types | dict.fromkeys(absent, "VARCHAR"))
    given = ", ".join(["*", *(f"NULL AS {identifier(name)}" for name in absent)])
    return f"(SELECT {chosen}, DATE '{month.start}' AS month FROM (SELECT {given} FROM given))"


def _counted(
    connection: duckdb.DuckDBPyConnection, table: RawTable, absent: list[str]
) -> Seen:
    names = [column.name for column in table.delivered_columns]
    filled = ", ".join(f"count({identifier(name)})" for name in names)
    total, newest_event, newest_known, *counts = connection.execute(
        f"SELECT count(*), max(event_date), max(known_date), {filled} FROM standard_{table.table}"
    ).fetchall()[0]
    return Seen(
        looked_at=total,
        filled=dict(zip(names, counts, strict=True)),
        set_aside=_set_aside(connection, table, absent),
        newest_event=newest_event,
        newest_known=newest_known,
    )


def _set_aside(
    connection: duckdb.DuckDBPyConnection, table: RawTable, absent: list[str]
) -> dict[str, int]:
    """Row rule -> rows that break it, but for the rules that say a column is missing which is missing as a whole."""
    told_already = {f"{name}_missing" for name in absent}
    cases = ""
    for rule in table.row_rules:
        if rule.name not in told_already:
            cases += f" WHEN {rule.reject_when} THEN {literal(rule.name)}"
    broken = f"CASE{cases} END" if cases else "NULL"
    rejected = connection.execute(
        f"SELECT {broken} AS rule, count(*) FROM standard_{table.table}"
        " GROUP BY 1 HAVING rule IS NOT NULL ORDER BY 2 DESC, 1"
    ).fetchall()
    return dict(rejected)
