"""Missing and outlying values: left, filled in, capped or set aside, as the contract states for each column (B3).

Whatever is learnt, a customer's previous value, the middle value of a region or the limits of an outlier, is learnt
from rows of earlier months of the observe window that passed the checks; the month itself and later ones teach
nothing, so the same inputs give the same rows whenever the month is run. A value that was itself filled in is never
passed on. The queries lie in ``include/sql/treatment``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, floor

from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import Bounds, Column, RawTable
from churn_tasks.declared.sql_expressions import case, list_of
from churn_tasks.declared.sql_parts import (
    Columns,
    Expression,
    Joins,
    LeftJoin,
    Relation,
    subquery,
)

LISTED = {"impute_previous": "previous", "impute_median_of_region": "median"}
Range = tuple[float | None, float | None]  # the lowest and the highest value
Limits = Mapping[str, Range]  # by column
NO_LIMITS: Range = (None, None)
query = partial(composed, "treatment")


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
    limits: dict[str, str] = {}
    for column in table.delivered_columns:
        if column.bounds and _is_learnt(column.bounds):
            limits |= _quantiles(table, column, column.bounds)
    if not limits or earlier.relation is None:
        return None
    return query(
        "learnt_limits",
        limits=Columns.of_texts(limits),
        earlier=Relation(earlier.relation),
    )


def _is_learnt(bounds: Bounds) -> bool:
    return bool(bounds.low_quantile or bounds.high_quantile)


def _quantiles(table: RawTable, column: Column, bounds: Bounds) -> dict[str, str]:
    shares = {"low": bounds.low_quantile, "high": bounds.high_quantile}
    quantiles = {}
    for side, share in shares.items():
        value = "NULL"
        if share:
            value = _quantile(table, column, share)
        quantiles[f"{column.name} {side}"] = f"CAST({value} AS DOUBLE)"
    return quantiles


def _quantile(table: RawTable, column: Column, share: float) -> str:
    name = identifier(column.name)
    return f"quantile_disc({name}, {share}) FILTER ({_untreated(table, column)})"


def limits_of(table: RawTable, learnt: Mapping[str, float | None]) -> dict[str, Range]:
    """The limits of each column with bounds: the stated ones, else ``times`` the learnt quantile."""
    limits = {}
    for column in table.delivered_columns:
        if column.bounds:
            low = learnt.get(f"{column.name} low")
            high = learnt.get(f"{column.name} high")
            limits[column.name] = _limits(column.bounds, low, high)
    return limits


def _limits(bounds: Bounds, low: float | None, high: float | None) -> Range:
    lowest, highest = bounds.lowest, bounds.highest
    if lowest is None:
        lowest = _beyond(low, bounds.times, -1)
    if highest is None:
        highest = _beyond(high, bounds.times, 1)
    return lowest, highest


def _beyond(quantile: float | None, times: float, direction: int) -> float | None:
    """The limit that lies ``times`` as far from zero as the quantile, away from the middle of the values."""
    if quantile is None:
        return None
    if quantile * direction > 0:
        return quantile * times
    return quantile / times


def outlier_rules(table: RawTable, limits: Limits) -> dict[str, str]:
    """Rule to the condition under which a row is set aside for a value outside its stated or learnt limits."""
    rules = {}
    for column in table.delivered_columns:
        if column.outlier == "quarantine" and column.bounds:
            within = limits.get(column.name, NO_LIMITS)
            if outside := _outside(identifier(column.name), within):
                rules[f"{column.name}_outlier"] = outside
    return rules


def _outside(value: str, limits: Range) -> str:
    """The condition of a value below or above its limits; empty where it has none."""
    lowest, highest = limits
    sides = []
    if lowest is not None:
        sides.append(f"{value} < {lowest!r}")
    if highest is not None:
        sides.append(f"{value} > {highest!r}")
    return " OR ".join(sides)


def treated_sql(table: RawTable, kept: str, limits: Limits, earlier: Earlier) -> str:
    """The kept rows with missing values filled in and outlying ones capped, and a list of what was done in each."""
    columns = list(filter(_may_change, table.delivered_columns))
    if not columns or not table.treated_column:
        return kept
    values: dict[str, str] = {}
    marks: list[str] = []
    for column in columns:
        filling = _filling(column, earlier)
        within = NO_LIMITS
        if column.outlier == "cap":
            within = limits.get(column.name, NO_LIMITS)
        values[column.name] = _capped(_filled(column, filling), within, column)
        marks.extend(_marks(column, filling, within))
    values[table.treated_column] = _listed(marks)
    return query(
        "treated_rows",
        values=Columns.of_texts(values),
        kept=subquery(kept),
        learnt=Joins(tuple(_learnt_from(table, columns, earlier))),
    )


def _may_change(column: Column) -> bool:
    return column.outlier == "cap" or column.missing in LISTED


def _kept(name: str) -> str:
    return f"kept.{identifier(name)}"


def _filling(column: Column, earlier: Earlier) -> str | None:
    """Where a missing value comes from; None where nothing can be learnt."""
    if column.missing not in LISTED or earlier.relation is None:
        return None
    return f"{LISTED[column.missing]}.{identifier(column.name)}"


def _filled(column: Column, filling: str | None) -> str:
    own = _kept(column.name)
    if filling is None:
        return own
    return f"coalesce({own}, {filling})"


def _capped(value: str, within: Range, column: Column) -> str:
    """The value within its limits, in its own type; an empty one stays empty."""
    low, high = within
    if low is not None:
        limit = _in_type(column, low, ceil(low))
        value = f"CASE WHEN {value} < {low!r} THEN {limit} ELSE {value} END"
    if high is not None:
        limit = _in_type(column, high, floor(high))
        value = f"CASE WHEN {value} > {high!r} THEN {limit} ELSE {value} END"
    return value


def _in_type(column: Column, limit: float, whole: int) -> str:
    if column.type == "integer":
        return repr(whole)
    return repr(limit)


def _marks(column: Column, filling: str | None, within: Range) -> Iterator[str]:
    """What may have been done in the column, NULL in a row in which it was not."""
    own = _kept(column.name)
    if filling:
        mark = literal(f"{column.name}:{LISTED[column.missing]}")
        yield case([(f"{own} IS NULL AND {filling} IS NOT NULL", mark)])
    if outside := _outside(own, within):
        yield case([(outside, literal(f"{column.name}:capped"))])


def _listed(marks: Sequence[str]) -> str:
    if not marks:
        return "NULL::VARCHAR"
    return f"nullif(concat_ws(',', {list_of(marks)}), '')"


def _learnt_from(
    table: RawTable, columns: Sequence[Column], earlier: Earlier
) -> Iterator[LeftJoin]:
    """The tables of what may be filled in: a row a customer, a row a region."""
    if earlier.relation is None:
        return
    rows = Relation(earlier.relation)
    previous, median = {}, {}
    for column in columns:
        if column.missing == "impute_previous":
            previous[column.name] = _previous_value(table, column)
        if column.missing == "impute_median_of_region":
            median[column.name] = _quantile(table, column, 0.5)
    if previous:
        values = query(
            "previous_values", values=Columns.of_texts(previous), earlier=rows
        )
        yield _of_the_same("customer_id", "previous", values)
    if median:
        values = query("region_medians", values=Columns.of_texts(median), earlier=rows)
        yield _of_the_same("region_code", "median", values)


def _of_the_same(key: str, alias: str, values: str) -> LeftJoin:
    return LeftJoin(subquery(values), alias, {key: Expression(_kept(key))})


def _previous_value(table: RawTable, column: Column) -> str:
    name = identifier(column.name)
    newest = f"arg_max({name}, (month, event_date, known_date, {name}))"
    delivered = f"{name} IS NOT NULL AND {_untreated(table, column)}"
    return f"{newest} FILTER ({delivered})"


def _untreated(table: RawTable, column: Column) -> str:
    """Condition: the value was delivered, not filled in or capped by us."""
    if not table.treated_column:
        return "true"
    marks = f"coalesce({identifier(table.treated_column)}, '')"
    return f"NOT contains({marks}, {literal(column.name + ':')})"
