"""What a raw table of a month looks like (B1): one row of counts and spreads, turned into figures.

The rows are read twice, and neither reading sorts or groups all of them. The first counts every row: rows, shares,
means (sums of decimals), least and greatest values are exact. The second takes quantiles, distinct and most frequent
values of all columns in one pass over the rows that are looked at closely: all up to ``SAMPLED_FROM``, of larger
tables a fixed part of at least half as many, chosen by a hash of the key. A share of such a part is off by 0.0007 (its
standard error) at most, and the bounds that ship leave it 0.05 and more. Time and memory are bounded, and the same rows
give the same figures in any order and on any number of threads (approximate aggregates such as t-digests do not).

Only the kept rows, those that break no row rule, speak of values: one stuck counter would move a mean more than a
change of units.

Columns with personal data have counts only, and no value is named that fewer than ``LEAST_NAMED`` rows share.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from churn_tasks.checks.column_kinds import is_number
from churn_tasks.checks.column_sql import (
    QUANTILES,
    counts_of_column,
    has_size,
    kept_value,
    shape_text,
    spread_of_column,
    sums,
    sums_of_sums,
)
from churn_tasks.checks.measures import measured_rules
from churn_tasks.checks.sql_parts import any_of, breaks, listed, named
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import Column, RawTable, Rule

SAMPLED_FROM = 1_000_000
LEAST_NAMED = 10
FATES = ("double", "replaced", "added_up", "conflict")  # of rows of repeated keys
LONGEST_VALUE = 40


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


def profile_sql(
    table: RawTable, relation: str, month: Month, rows: int, known_until: date
) -> str:
    """One SELECT of one row: every figure of a table, each column named ``<column>|<measure>``.

    Args:
        relation: the month's rows in the declared types, with ``month`` and ``unreadable``.
        rows: how many there are, which decides what part is looked at closely.
        known_until: first day on which nothing may be learnt any more that the month counts.
    """
    every = listed(_counts(table, known_until))
    spread = listed(_spread(table))
    of_every = f"SELECT {every} FROM ({_marked(table, relation, month)})"
    close_rows = close_rows_sql(table, relation, rows)
    of_close = f"SELECT {spread} FROM ({_marked(table, close_rows, month)})"
    return f"SELECT * FROM ({of_every}) AS of_every, ({of_close}) AS of_close"


def close_rows_sql(table: RawTable, relation: str, rows: int) -> str:
    """The rows that are looked at closely, all rows of a key or none, as a relation."""
    return f"(SELECT * FROM {relation} WHERE {_is_close(table, rows)})"


def kept_rows_sql(table: RawTable, relation: str) -> str:
    """The rows that break no row rule, as a relation."""
    broken = (f"({rule.reject_when})" for rule in measured_rules(table).values())
    return f"(SELECT * FROM {relation} WHERE NOT coalesce({any_of(broken)}, false))"


def are_keys_repeated(profiled: Mapping[str, Any]) -> bool:
    """Whether a key stands in several of the rows that were looked at closely."""
    return bool(profiled["|close_rows"] > profiled["|close_keys"])


def _is_close(table: RawTable, rows: int) -> str:
    """Whether a row is looked at closely."""
    return f"({_row_hash(table)} & {sampling_mask(rows)}::UBIGINT) = 0"


def _row_hash(table: RawTable) -> str:
    key = listed(identifier(name) for name in table.key or table.column_names)
    return f"hash({key})"


def _marked(table: RawTable, relation: str, month: Month) -> str:
    """The rows with a flag for each rule that they break, ``kept`` where they break none, and the kept rows' values."""
    rules = _rule_flags(table)
    flags = [named(breaks(rule), flag) for flag, rule in rules.items()]
    flagged = f"SELECT {listed(['*', *flags])} FROM {relation}"
    kept = f"SELECT *, NOT ({any_of(identifier(flag) for flag in rules)}) AS kept"
    values = [kept_value(column, month) for column in table.columns if has_size(column)]
    return f"SELECT {listed(['*', *values])} FROM ({kept} FROM ({flagged}))"


def _rule_flags(table: RawTable) -> dict[str, Rule]:
    return {f"breaks|{name}": rule for name, rule in measured_rules(table).items()}


def _counts(table: RawTable, known_until: date) -> Iterator[str]:
    """What is counted of every row: of the table, of its rules, and of each column."""
    yield 'count(*) AS "|rows"'
    yield 'count_if(kept) AS "|kept"'
    not_yet = f"count_if(kept AND known_date >= DATE '{known_until}')"
    yield named(not_yet, "|not_yet_known")
    for name in measured_rules(table):
        flag = identifier(f"breaks|{name}")
        yield named(f"count_if({flag})", f"|{name}")
    for column in table.columns:
        yield from counts_of_column(column)


def _spread(table: RawTable) -> Iterator[str]:
    """What is taken of the rows looked at closely."""
    yield 'count(*) AS "|close_rows"'
    yield named(f"count(DISTINCT {_row_hash(table)})", "|close_keys")
    for column in table.columns:
        yield from spread_of_column(column)


def figures(table: RawTable, profiled: Mapping[str, Any]) -> list[Figure]:
    """The figures of a table from the row that :func:`profile_sql` gave; what has no value is left out."""
    made = [
        Figure(table.table, "", name, float(value))
        for name, value in _table_figures(table, profiled).items()
        if value is not None
    ]
    for column in table.columns:
        for (measure, item), value in _column_figures(column, profiled).items():
            if value is not None:
                figure = Figure(
                    table.table, column.name, measure, float(value), item=item
                )
                made.append(figure)
    return made


def _table_figures(
    table: RawTable, profiled: Mapping[str, Any]
) -> dict[str, float | None]:
    rows, close = profiled["|rows"], profiled["|close_rows"]
    measured = {
        "rows": rows,
        "kept": profiled["|kept"],
        "close_share": _share(close, rows),
        "repeated_share": _share(close - profiled["|close_keys"], close),
        "not_yet_known_share": _share(profiled["|not_yet_known"] or 0, rows),
        "set_aside_share": _share(rows - (profiled["|kept"] or 0), rows),
    }
    for fate in FATES:
        measured[f"{fate}_share"] = _share(profiled.get(f"|{fate}", 0), close)
    for name in measured_rules(table):
        measured[name] = _share(profiled[f"|{name}"], rows) or 0.0
    return measured


def _column_figures(
    column: Column, profiled: Mapping[str, Any]
) -> dict[tuple[str, str], Any]:
    """Measure and item to value, None where there is none."""
    parts = _parts_of(column, profiled)
    rows = profiled["|rows"]
    measured = {"null_share": _share(rows - parts["filled"], rows)}
    measured["distinct"] = parts.get("distinct")
    if "sum" in parts:
        measured["summed"] = parts["summed"]  # the rows that its mean is about
        measured["negative_share"] = _share(parts["negative"], parts["summed"])
        measured["mean"] = _share(parts["sum"], parts["summed"])
    if "night" in parts:
        measured["night_share"] = _share(parts["night"], rows)
        measured["midnight_share"] = _share(parts["midnight"], rows)
    measured["min"] = parts.get("min")
    measured["max"] = parts.get("max")
    quantiles = parts.get("quantiles") or ()
    measured |= dict(zip(QUANTILES, quantiles, strict=False))
    if "top" in parts:
        measured["distinct"] = parts["top"]["distinct"]
    if parts.get("long"):
        measured["long"] = parts["long"]
        measured["rounded_share"] = _share(parts["rounded"], parts["long"])
    whole = {(name, ""): value for name, value in measured.items()}
    shapes = _shares_of_shapes(parts.get("shapes"))
    return whole | _shares_of_values(parts.get("top")) | shapes


def _parts_of(column: Column, profiled: Mapping[str, Any]) -> dict[str, Any]:
    own = f"{column.name}|"
    return {
        name.removeprefix(own): value
        for name, value in profiled.items()
        if name.startswith(own)
    }


def _shares_of_values(
    top: Mapping[str, Any] | None,
) -> dict[tuple[str, str], float | None]:
    """Shares of the most frequent values; one that few rows share is not named."""
    if top is None:
        return {}
    shares: dict[tuple[str, str], float | None] = {}
    for entry in top["values"] or ():
        count = -entry["n"]
        if count >= LEAST_NAMED:
            shares["share_of", _shown(entry["v"])] = _share(count, top["rows"])
    return shares


def _shares_of_shapes(
    shapes: Sequence[Mapping[str, int]] | None,
) -> dict[tuple[str, str], float | None]:
    """Shares of the shapes of a number; those that few rows share are not named."""
    shares: dict[tuple[str, str], float | None] = {}
    rows = sum(shape["value"] for shape in shapes or ())
    for shape in shapes or ():
        if shape["value"] >= LEAST_NAMED:
            shares["shape_share", shape_text(shape["key"])] = _share(
                shape["value"], rows
            )
    return shares


def _shown(value: str) -> str:
    return masked(value)[:LONGEST_VALUE]


def _share(part: Any, whole: int) -> float | None:
    return float(part) / whole if whole else None


def regions_sql(table: RawTable, relation: str, master: str | None) -> str | None:
    """Kept rows, customers and sums of each region, or None where nothing tells a row's region.

    The region is the row's own, or its customer's in ``master``; so the rows are summed by customer first.

    Args:
        master: relation with customer_id and region_code, one row or several a customer.

    Of rows by customer also how many have one that the master knows.
    """
    kept = kept_rows_sql(table, relation)
    if "region_code" in table.column_names:
        by_region = listed(["region_code", *_rows_and_sums(table)])
        return f"SELECT {by_region} FROM {kept} GROUP BY ALL ORDER BY ALL"
    if master is None or "customer_id" not in table.column_names:
        return None
    return _by_region_of_customer(table, kept, master)


def _by_region_of_customer(table: RawTable, kept: str, master: str) -> str:
    by_customer = listed(["customer_id", *_rows_and_sums(table)])
    regions = ["region_code", "sum(rows) AS rows", "count(*) AS customers"]
    regions.append("coalesce(sum(rows) FILTER (is_known), 0) AS known_rows")
    for column in _numbers(table):
        regions += sums_of_sums(column)
    return (
        f"WITH by_customer AS (SELECT {by_customer} FROM {kept} GROUP BY customer_id),"
        " region_of AS (SELECT customer_id, min(region_code) AS region_code, true AS is_known"
        f" FROM {master} GROUP BY customer_id)"
        f" SELECT {listed(regions)}"
        " FROM by_customer LEFT JOIN region_of USING (customer_id) GROUP BY region_code ORDER BY ALL"
    )


def _numbers(table: RawTable) -> list[Column]:
    return [column for column in table.columns if is_number(column)]


def _rows_and_sums(table: RawTable) -> Iterator[str]:
    yield "count(*) AS rows"
    for column in _numbers(table):
        yield from sums(column)


def region_figures(table: RawTable, by_region: list[dict[str, Any]]) -> list[Figure]:
    """Rows, customers and means by region; rows of no known region stand under ``?``.

    And the share of rows whose customer the master knows, where it was asked.
    """
    made = [figure for row in by_region for figure in _figures_of_region(table, row)]
    rows = sum(row["rows"] for row in by_region if "known_rows" in row)
    if rows:
        known = sum(row["known_rows"] for row in by_region)
        made.append(Figure(table.table, "", "known_share", float(known / rows)))
    return made


def _figures_of_region(table: RawTable, row: Mapping[str, Any]) -> Iterator[Figure]:
    region = row["region_code"] or "?"
    for name in ("rows", "customers"):
        if name in row:
            yield Figure(table.table, "", name, float(row[name]), region)
    for column in _numbers(table):
        mean = _share(row[f"{column.name}|sum"], row[f"{column.name}|summed"])
        if mean is not None:
            yield Figure(table.table, column.name, "mean", mean, region)
