"""What is counted of one column, as SQL aggregates over the marked rows of :mod:`.profile`.

The rows carry ``kept`` (they break no rule), ``close`` (they are looked at closely) and ``close_kept`` (both).
"""

from collections.abc import Iterator

from churn_tasks.checks.column_kinds import is_code, is_date, is_number
from churn_tasks.checks.sql_parts import named
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import Column

TOP = 10
QUANTILES = {
    "p01": 0.01,
    "p05": 0.05,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p95": 0.95,
    "p99": 0.99,
}


def aggregates_of_column(column: Column, month: Month) -> Iterator[str]:
    """What is counted of a column, each under ``<column>|<measure>``."""
    name = identifier(column.name)
    yield named(f"count({name})", f"{column.name}|filled")
    if is_code(column):
        yield named(_top_values(name), f"{column.name}|top")
    elif column.type in ("text", "integer"):
        distinct = f"count(DISTINCT hash({name})) FILTER (close AND {name} IS NOT NULL)"
        yield named(distinct, f"{column.name}|distinct")
    if is_number(column):
        exact = _exact(column)
        yield named(f"count(*) FILTER (kept AND {name} < 0)", f"{column.name}|negative")
        yield named(f"sum({exact}) FILTER (kept)", f"{column.name}|sum")
        yield named(f"count({exact}) FILTER (kept)", f"{column.name}|summed")
        yield from _spread(column.name, name)
    if is_date(column):
        yield from _spread(column.name, f"({name}::DATE - DATE '{month.start}')")


def _exact(column: Column) -> str:
    """The value as a number whose sum does not depend on the order of rows."""
    name = identifier(column.name)
    if column.type == "double":
        return f"TRY_CAST({name} AS DECIMAL(28,6))"
    return name


def _spread(column: str, sql: str) -> Iterator[str]:
    quantiles = f"quantile_disc({sql}, {list(QUANTILES.values())})"
    yield named(f"min({sql}) FILTER (kept)", f"{column}|min")
    yield named(f"max({sql}) FILTER (kept)", f"{column}|max")
    yield named(
        f"{quantiles} FILTER (close_kept AND {sql} IS NOT NULL)", f"{column}|quantiles"
    )


def _top_values(name: str) -> str:
    """How many values, how many rows, and the most frequent values with their rows, ties in order of the value."""
    entries = f"map_entries(histogram({name}::VARCHAR) FILTER (close_kept))"
    flipped = (
        f"list_transform({entries}, lambda e: {{'n': -(e.value::BIGINT), 'v': e.key}})"
    )
    top = f"list_slice(list_sort({flipped}), 1, {TOP})"
    rows = f"count({name}) FILTER (close_kept)"
    return f"{{'distinct': len({entries}), 'rows': {rows}, 'values': {top}}}"


def sums(column: Column) -> Iterator[str]:
    """A number's sum, and of how many rows it is the sum."""
    exact = _exact(column)
    yield named(f"sum({exact})", f"{column.name}|sum")
    yield named(f"count({exact})", f"{column.name}|summed")


def sums_of_sums(column: Column) -> Iterator[str]:
    """The same from rows that :func:`sums` has made."""
    for part in (f"{column.name}|sum", f"{column.name}|summed"):
        yield named(f"sum({identifier(part)})", part)
