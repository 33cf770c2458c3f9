"""What a raw table of a month looks like (B1): one statement over its rows, turned into figures.

Exact are counts, shares, means (sums of decimals), least and greatest values. Quantiles, distinct values and top values
are exact up to ``SAMPLED_FROM`` rows; of larger tables they describe a fixed part of the rows, chosen by a hash of the
key, so that memory is bounded and the same rows give the same figures in any order and on any number of threads
(approximate aggregates such as t-digests do not). Only the kept rows, those that break no row rule, speak of values:
one stuck counter would move a mean more than a change of units.

Columns with personal data have counts only, and no value is named that fewer than ``LEAST_NAMED`` rows share.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from churn_tasks.checks.measures import measured_rules
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.declared.contracts import Column, RawTable

SAMPLED_FROM = 1_000_000
LEAST_NAMED = 10
TOP = 10
LONGEST_VALUE = 40
QUANTILES = {
    "p01": 0.01,
    "p05": 0.05,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p95": 0.95,
    "p99": 0.99,
}
NUMBERS = ("integer", "decimal", "double")
DATES = ("date", "timestamp")


@dataclass(frozen=True)
class Figure:
    """One figure of one table and month; empty texts where a part does not apply.

    Attributes:
        table: as the contract names it.
        measure: what was measured.
        item: the value that a ``share_of`` is about.
    """

    table: str
    column: str
    measure: str
    value: float
    region: str = ""
    item: str = ""

    @property
    def about(self) -> tuple[str, str, str, str, str]:
        """What the figure measures, the same in every month."""
        return (self.table, self.column, self.region, self.measure, self.item)


def sampling_mask(rows: int) -> int:
    """Rows whose hash has none of these bits are looked at closely: all up to SAMPLED_FROM, else 1 in 2, 4, 8, ...

    >>> sampling_mask(1_000_000), sampling_mask(1_000_001), sampling_mask(36_000_000)
    (0, 1, 63)
    """
    parts = 1
    while rows > SAMPLED_FROM * parts:
        parts *= 2
    return parts - 1


def is_code(column: Column) -> bool:
    """Whether the values of the column may be named and counted: texts and flags that speak of nobody."""
    return (
        column.pii == "none"
        and column.type in ("text", "boolean")
        and not column.name.endswith("_id")
    )


def is_number(column: Column) -> bool:
    """Whether sums and quantiles of the column may be taken."""
    return column.pii == "none" and column.type in NUMBERS


def profile_sql(table: RawTable, relation: str, month: Month, rows: int) -> str:
    """One SELECT of one row: every figure of a table, each column named ``<column>|<measure>``.

    Args:
        relation: the month's rows in the declared types, with ``month`` and ``unreadable``.
        rows: how many there are, which decides what part is looked at closely.
    """
    rules = measured_rules(table)
    breaks = "".join(
        f', coalesce({rule.reject_when}, false) AS "breaks|{name}"'
        for name, rule in rules.items()
    )
    rejected = " OR ".join(f'"breaks|{name}"' for name in rules) or "false"
    key = ", ".join(f'"{name}"' for name in table.key or table.column_names)
    looked_at = f"(row_hash & {sampling_mask(rows)}::UBIGINT) = 0"
    aggregates = [
        'count(*) AS "|rows"',
        'count(*) FILTER (kept) AS "|kept"',
        'count(*) FILTER (close) AS "|close_rows"',
        'count(DISTINCT row_hash) FILTER (close) AS "|close_keys"',
        *(f'count(*) FILTER ("breaks|{name}") AS "|{name}"' for name in rules),
        *(
            aggregate
            for column in table.columns
            for aggregate in _aggregates(column, month)
        ),
    ]
    return (
        f"SELECT {', '.join(aggregates)} FROM (SELECT *, kept AND close AS close_kept FROM"
        f" (SELECT *, NOT ({rejected}) AS kept, {looked_at} AS close FROM"
        f" (SELECT *, hash({key}) AS row_hash{breaks} FROM {relation})))"
    )


def _aggregates(column: Column, month: Month) -> Iterator[str]:
    name = f'"{column.name}"'
    yield f'count({name}) AS "{column.name}|filled"'
    if is_code(column):
        yield f'{_top_values(name)} AS "{column.name}|top"'
    elif column.type in ("text", "integer"):
        yield f'count(DISTINCT hash({name})) FILTER (close AND {name} IS NOT NULL) AS "{column.name}|distinct"'
    if is_number(column):
        exact = _exact(column)
        yield f'count(*) FILTER (kept AND {name} < 0) AS "{column.name}|negative"'
        yield f'sum({exact}) FILTER (kept) AS "{column.name}|sum"'
        yield f'count({exact}) FILTER (kept) AS "{column.name}|summed"'
        yield from _spread(column.name, name)
    if column.pii == "none" and column.type in DATES:
        yield from _spread(column.name, f"({name}::DATE - DATE '{month.start}')")


def _exact(column: Column) -> str:
    """The value as a number whose sum does not depend on the order of rows."""
    return (
        f'TRY_CAST("{column.name}" AS DECIMAL(28,6))'
        if column.type == "double"
        else f'"{column.name}"'
    )


def _spread(column: str, sql: str) -> Iterator[str]:
    yield f'min({sql}) FILTER (kept) AS "{column}|min"'
    yield f'max({sql}) FILTER (kept) AS "{column}|max"'
    wanted = list(QUANTILES.values())
    yield f'quantile_disc({sql}, {wanted}) FILTER (close_kept AND {sql} IS NOT NULL) AS "{column}|quantiles"'


def _top_values(name: str) -> str:
    """How many values, how many rows, and the most frequent values with their rows, ties in order of the value."""
    counted = f"map_entries(histogram({name}::VARCHAR) FILTER (close_kept))"
    flipped = (
        f"list_transform({counted}, lambda e: {{'n': -(e.value::BIGINT), 'v': e.key}})"
    )
    return (
        f"{{'distinct': len({counted}), 'rows': count({name}) FILTER (close_kept),"
        f" 'values': list_slice(list_sort({flipped}), 1, {TOP})}}"
    )


def figures(table: RawTable, found: Mapping[str, Any]) -> list[Figure]:
    """The figures of a table from the row that :func:`profile_sql` gave; what has no value is left out."""
    rows = found["|rows"]
    whole = {
        "rows": rows,
        "kept": found["|kept"],
        "close_share": _share(found["|close_rows"], rows),
    }
    whole["repeated_share"] = _share(
        found["|close_rows"] - found["|close_keys"], found["|close_rows"]
    )
    whole |= {
        name: _share(found[f"|{name}"], rows) or 0.0 for name in measured_rules(table)
    }
    made = [
        Figure(table.table, "", name, float(value))
        for name, value in whole.items()
        if value is not None
    ]
    for column in table.columns:
        made.extend(
            Figure(table.table, column.name, measure, float(value), item=item)
            for (measure, item), value in _column_figures(column, found, rows).items()
            if value is not None
        )
    return made


def _column_figures(
    column: Column, found: Mapping[str, Any], rows: int
) -> dict[tuple[str, str], Any]:
    parts = {
        key.partition("|")[2]: value
        for key, value in found.items()
        if key.startswith(f"{column.name}|")
    }
    made = {
        ("null_share", ""): _share(rows - parts["filled"], rows),
        ("distinct", ""): parts.get("distinct"),
    }
    if "sum" in parts:
        made["negative_share", ""] = _share(parts["negative"], parts["summed"])
        made["mean", ""] = _share(parts["sum"], parts["summed"])
    made |= {(name, ""): parts.get(name) for name in ("min", "max")}
    made |= {
        (name, ""): value
        for name, value in zip(QUANTILES, parts.get("quantiles") or (), strict=False)
    }
    if "top" in parts:
        top = parts["top"]
        made["distinct", ""] = top["distinct"]
        counts = {
            _shown(each["v"]): -each["n"]
            for each in top["values"] or ()
            if -each["n"] >= LEAST_NAMED
        }
        made |= {
            ("share_of", value): _share(count, top["rows"])
            for value, count in counts.items()
        }
    return made


def _shown(value: str) -> str:
    return masked(value)[:LONGEST_VALUE]


def _share(part: Any, whole: int) -> float | None:
    return float(part) / whole if whole else None


def regions_sql(table: RawTable, relation: str, master: str | None) -> str | None:
    """Kept rows, customers and sums of each region, or None where nothing tells a row's region.

    The region is the row's own, or its customer's in ``master``; so the rows are summed by customer first.

    Args:
        master: relation with customer_id and region_code, one row or several a customer.
    """
    rejected = (
        " OR ".join(f"({rule.reject_when})" for rule in measured_rules(table).values())
        or "false"
    )
    kept = f"{relation} WHERE NOT coalesce({rejected}, false)"
    numbers = [column for column in table.columns if is_number(column)]
    sums = "".join(
        f', sum({_exact(c)}) AS "{c.name}|sum", count({_exact(c)}) AS "{c.name}|summed"'
        for c in numbers
    )
    again = "".join(
        f', sum("{c.name}|{part}") AS "{c.name}|{part}"'
        for c in numbers
        for part in ("sum", "summed")
    )
    if "region_code" in table.column_names:
        return f"SELECT region_code, count(*) AS rows{sums} FROM {kept} GROUP BY ALL ORDER BY ALL"
    if master is None or "customer_id" not in table.column_names:
        return None
    return (
        f"WITH by_customer AS (SELECT customer_id, count(*) AS rows{sums} FROM {kept} GROUP BY customer_id),"
        f" region_of AS (SELECT customer_id, min(region_code) AS region_code FROM {master} GROUP BY customer_id)"
        f" SELECT region_code, sum(rows) AS rows, count(*) AS customers{again}"
        " FROM by_customer LEFT JOIN region_of USING (customer_id) GROUP BY region_code ORDER BY ALL"
    )


def region_figures(table: RawTable, found: list[dict[str, Any]]) -> list[Figure]:
    """Rows, customers and means by region; rows of no known region stand under ``?``."""
    made = []
    for row in found:
        region = row["region_code"] or "?"
        named = ((name, row[name]) for name in ("rows", "customers") if name in row)
        made += [
            Figure(table.table, "", name, float(value), region) for name, value in named
        ]
        means = {
            c.name: _share(row[f"{c.name}|sum"], row[f"{c.name}|summed"])
            for c in table.columns
            if is_number(c)
        }
        made += [
            Figure(table.table, name, "mean", mean, region)
            for name, mean in means.items()
            if mean is not None
        ]
    return made
