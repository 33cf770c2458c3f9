"""Missing and outlying values: left, filled in, capped or set aside, as the contract states for each column (B3).

Whatever is learnt, a customer's previous value, the middle value of a region or the limits of an outlier, is learnt
from rows of earlier months of the observe window that passed the checks; the month itself and later ones teach
nothing, so the same inputs give the same rows whenever the month is run. A value that was itself filled in is never
passed on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from churn_tasks.declared.contracts import Column, RawTable

LISTED = {"impute_previous": "previous", "impute_median_of_region": "median"}
Limits = Mapping[
    str, tuple[float | None, float | None]
]  # column to its lowest and highest value


@dataclass(frozen=True)
class Earlier:
    """What may be learnt from.

    Attributes:
        relation: rows of the clean table of earlier accepted months of the window, with ``month``; None where there
            are none.
    """

    relation: str | None


def learnt_limits_sql(table: RawTable, earlier: Earlier) -> str | None:
    """One row: of each column with learnt bounds, ``<column> low`` and ``<column> high``; None where none has any."""
    wanted = [
        c
        for c in table.delivered_columns
        if c.bounds and (c.bounds.low_quantile or c.bounds.high_quantile)
    ]
    if not wanted or earlier.relation is None:
        return None
    sides = []
    for column in wanted:
        rows = f"FILTER ({_untreated(table, column)})"
        for side, share in _quantiles(column):
            found = (
                f'quantile_disc("{column.name}", {share}) {rows}' if share else "NULL"
            )
            sides.append(f'CAST({found} AS DOUBLE) AS "{column.name} {side}"')
    return f"SELECT {', '.join(sides)} FROM {earlier.relation}"


def limits_of(
    table: RawTable, learnt: Mapping[str, float | None]
) -> dict[str, tuple[float | None, float | None]]:
    """The limits of each column with bounds: the stated ones, else ``times`` the learnt quantile."""
    limits = {}
    for column in table.delivered_columns:
        if column.bounds:
            low, high = (
                learnt.get(f"{column.name} {side}") for side in ("low", "high")
            )
            stated = column.bounds
            limits[column.name] = (
                stated.lowest
                if stated.lowest is not None
                else _beyond(low, stated.times, -1),
                stated.highest
                if stated.highest is not None
                else _beyond(high, stated.times, 1),
            )
    return limits


def outlier_rules(table: RawTable, limits: Limits) -> dict[str, str]:
    """Rule to the condition under which a row is set aside for a value outside its stated or learnt limits."""
    wanted = [
        c for c in table.delivered_columns if c.outlier == "quarantine" and c.bounds
    ]
    found = {
        f"{c.name}_outlier": _outside(c.name, limits[c.name])
        for c in wanted
        if c.name in limits
    }
    return {rule: condition for rule, condition in found.items() if condition}


def treated_sql(table: RawTable, kept: str, limits: Limits, earlier: Earlier) -> str:
    """The kept rows with missing values filled in and outlying ones capped, and a list of what was done in each."""
    columns = [
        c for c in table.delivered_columns if c.outlier == "cap" or c.missing in LISTED
    ]
    if not columns or not table.treated_column:
        return kept
    values, marks = [], []
    for column in columns:
        filled, found = _filled(column, earlier)
        low, high = (
            limits.get(column.name, (None, None))
            if column.outlier == "cap"
            else (None, None)
        )
        values.append(f'{_capped(filled, low, high, column)} AS "{column.name}"')
        marks += _marks(column, found, _outside(f"kept.{column.name}", (low, high)))
    listed = (
        f"nullif(concat_ws(',', {', '.join(marks)}), '')" if marks else "NULL::VARCHAR"
    )
    values.append(f'{listed} AS "{table.treated_column}"')
    return f"SELECT kept.* REPLACE ({', '.join(values)}) FROM ({kept}) AS kept{_joins(table, columns, earlier)}"


def _filled(column: Column, earlier: Earlier) -> tuple[str, str | None]:
    """The value after filling in, and where the filling comes from; the value itself where nothing can be learnt."""
    own = f'kept."{column.name}"'
    if column.missing not in LISTED or earlier.relation is None:
        return own, None
    source = f'{LISTED[column.missing]}."{column.name}"'
    return f"coalesce({own}, {source})", source


def _marks(column: Column, found: str | None, outside: str) -> list[str]:
    marks = []
    if found:
        mark = f"{column.name}:{LISTED[column.missing]}"
        marks.append(
            f"CASE WHEN kept.\"{column.name}\" IS NULL AND {found} IS NOT NULL THEN '{mark}' END"
        )
    if outside:
        marks.append(f"CASE WHEN {outside} THEN '{column.name}:capped' END")
    return marks


def _joins(table: RawTable, columns: Sequence[Column], earlier: Earlier) -> str:
    """The tables of what may be filled in: a row a customer, a row a region."""
    joins = ""
    previous = [c for c in columns if c.missing == "impute_previous"]
    if previous and earlier.relation:
        newest = "(month, event_date, known_date"
        values = ", ".join(
            f'arg_max("{c.name}", {newest}, "{c.name}")) FILTER ("{c.name}" IS NOT NULL AND {_untreated(table, c)})'
            f' AS "{c.name}"'
            for c in previous
        )
        joins += (
            f" LEFT JOIN (SELECT customer_id, {values} FROM {earlier.relation} GROUP BY customer_id) AS previous"
            " ON previous.customer_id = kept.customer_id"
        )
    median = [c for c in columns if c.missing == "impute_median_of_region"]
    if median and earlier.relation:
        values = ", ".join(
            f'quantile_disc("{c.name}", 0.5) FILTER ({_untreated(table, c)}) AS "{c.name}"'
            for c in median
        )
        joins += (
            f" LEFT JOIN (SELECT region_code, {values} FROM {earlier.relation} GROUP BY region_code) AS median"
            " ON median.region_code = kept.region_code"
        )
    return joins


def _untreated(table: RawTable, column: Column) -> str:
    """Condition: the value was delivered, not filled in or capped by us."""
    mark = table.treated_column
    return (
        f"NOT contains(coalesce(\"{mark}\", ''), '{column.name}:')" if mark else "true"
    )


def _quantiles(
    column: Column,
) -> tuple[tuple[str, float | None], tuple[str, float | None]]:
    bounds = column.bounds
    return ("low", bounds.low_quantile if bounds else None), (
        "high",
        bounds.high_quantile if bounds else None,
    )


def _beyond(quantile: float | None, times: float, direction: int) -> float | None:
    """The limit that lies ``times`` as far from zero as the quantile, away from the middle of the values."""
    if quantile is None:
        return None
    away = quantile * direction > 0
    return quantile * times if away else quantile / times


def _outside(name: str, limits: tuple[float | None, float | None]) -> str:
    quoted = ".".join(
        part if part == "kept" else f'"{part}"' for part in name.split(".")
    )
    sides = zip(limits, "<>", strict=True)
    return " OR ".join(
        f"{quoted} {sign} {limit!r}" for limit, sign in sides if limit is not None
    )


def _capped(value: str, low: float | None, high: float | None, column: Column) -> str:
    """The value within its limits, in its own type; an empty one stays empty."""
    text = value
    if low is not None:
        text = f"CASE WHEN {text} < {low!r} THEN {_limit(ceil(low), low, column)} ELSE {text} END"
    if high is not None:
        text = f"CASE WHEN {text} > {high!r} THEN {_limit(floor(high), high, column)} ELSE {text} END"
    return text


def _limit(whole: int, limit: float, column: Column) -> str:
    return repr(whole) if column.type == "integer" else repr(limit)
