"""A look at the profile's source: every contract read for one month, in memory, with nothing kept.

No lake and no warehouse are needed. Phone numbers become tokens under a key made up for the look, so not even the
memory holds them in clear; what leaves this module are counts, dates and types.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import duckdb
import pyarrow as pa

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.adapters.tokens import Tokeniser
from churn_tasks.checks.source_check import Judged, Seen, judge
from churn_tasks.core.errors import BadInput, ChurnError, ConnectionTrouble, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.delivered import delivered_sql
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.declared.lineage.gaps import Gaps
from churn_tasks.integrate.standardise.prepare import prepare_standard


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
    before = _opened(settings, month - 1) if month > settings.first_month else None
    with open_source(settings, month) as source:
        for name, table in gaps.contracts.items():
            if name not in gaps.delivered:
                yield judge(table, None, gaps, window)
                continue
            earlier = before.get(name) if before else None
            yield judge(
                table,
                _seen(settings, source, month, table, (earlier, most_rows)),
                gaps,
                window,
            )


def _opened(settings: Settings, month: Month) -> dict[str, int]:
    """Rows of each table in another month, as far as the source answers."""
    counts: dict[str, int] = {}
    try:
        with open_source(settings, month) as source:
            for path in sorted((settings.profile_dir / "extract").glob("*.sql")):
                try:
                    counts[path.stem] = _rows(settings, source, month, path.stem)
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
    settings: Settings,
    source: Source,
    month: Month,
    table: RawTable,
    how: tuple[int | None, int],
) -> Seen:
    earlier, most_rows = how
    try:
        with source.batches(
            rendered_sql(settings, settings.calendar.window(month), table.table)
        ) as batches:
            columns = {one.name: str(one.type) for one in batches.schema}
            looked_at, filled, set_aside, newest = _measured(
                settings, month, table, batches, most_rows
            )
    except ConnectionTrouble:
        raise
    except ChurnError as error:
        return Seen(refused=str(error))
    rows = looked_at
    if looked_at >= most_rows:
        rows = _rows(settings, source, month, table.table)
    return Seen("", columns, rows, earlier, looked_at, filled, set_aside, *newest)


def _measured(
    settings: Settings,
    month: Month,
    table: RawTable,
    batches: pa.RecordBatchReader,
    most_rows: int,
) -> tuple[int, dict[str, int], dict[str, int], tuple[date | None, date | None]]:
    """The rows in the forms of the contract, judged by its row rules, counted and forgotten."""
    tokeniser = Tokeniser(secrets.token_bytes(32), settings.phone_region)
    bounds: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.resources.memory,
        "threads": settings.resources.threads,
        "autoinstall_known_extensions": False,
    }
    with closing(duckdb.connect(config=bounds)) as connection:
        connection.register("incoming", tokeniser.reader(batches))
        connection.execute(
            f"CREATE TEMP TABLE given AS SELECT * FROM incoming LIMIT {most_rows}"
        )
        types = {
            name: kind
            for name, kind, *_ in connection.execute("DESCRIBE given").fetchall()
        }
        absent = [
            c.name
            for c in table.delivered_columns
            if c.required and c.name not in types
        ]
        nothing = ", ".join(["*", *(f'NULL AS "{name}"' for name in absent)])
        chosen = delivered_sql(
            table.as_delivered, types | dict.fromkeys(absent, "VARCHAR")
        )
        rows = f"(SELECT {chosen}, DATE '{month.start}' AS month FROM (SELECT {nothing} FROM given))"
        prepare_standard(connection, table, rows, settings)
        return _counted(connection, table, frozenset(absent))


def _counted(
    connection: duckdb.DuckDBPyConnection, table: RawTable, absent: frozenset[str]
) -> tuple[int, dict[str, int], dict[str, int], tuple[date | None, date | None]]:
    names = [column.name for column in table.delivered_columns]
    rules = [
        rule
        for rule in table.row_rules
        if not any(f"{name}_missing" == rule.name for name in absent)
    ]
    cases = " ".join(f"WHEN {rule.reject_when} THEN '{rule.name}'" for rule in rules)
    view = f"standard_{table.table}"
    filled = ", ".join(f'count("{name}")' for name in names)
    total, happened, known, *counts = connection.execute(
        f"SELECT count(*), max(event_date), max(known_date), {filled} FROM {view}"
    ).fetchall()[0]
    verdict = f"CASE {cases} END" if cases else "NULL"
    rejected = connection.execute(
        f"SELECT {verdict} AS rule, count(*) FROM {view} GROUP BY 1 HAVING rule IS NOT NULL ORDER BY 2 DESC, 1"
    ).fetchall()
    return (
        total,
        dict(zip(names, counts, strict=True)),
        dict(rejected),
        (happened, known),
    )
