"""What a look at the source means, contract by contract: present, missing, mistyped, stale, and what each gap costs.

Pure: it is told what was seen and judges it. No value of the data is among what it is told or says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from churn_tasks.checks.delivered_types import FITS, type_word
from churn_tasks.checks.destinations import Destination, destinations
from churn_tasks.checks.disposals import FEW_STOP
from churn_tasks.checks.measures import measured_rules, rules_behind
from churn_tasks.checks.volume import volume_bounds
from churn_tasks.core.sections import Quality
from churn_tasks.core.windows import Window
from churn_tasks.declared.contracts import FeatureColumn, RawColumn, RawTable
from churn_tasks.declared.lineage.gaps import Cost, Gaps
from churn_tasks.declared.triggers import Raised

QUIET = 5  # times the mean time between two rows, after which a table counts as stale: by chance 7 times in 1,000
NUMBERS = {  # as good as the type itself
    "decimal": ("integer", "double"),
    "double": ("integer", "decimal"),
}
NONE_READABLE = -1


class Mistyped(NamedTuple):
    """A column that comes in another kind of type: ``unreadable`` values of it, or NONE_READABLE."""

    column: str
    delivered: str
    wanted: str
    unreadable: int


@dataclass(frozen=True)
class Seen:
    """What was seen of one table and month.

    Attributes:
        refused: why the source did not answer the SELECT; empty when it did.
        columns: delivered column -> type, in the source's words.
        rows, rows_before: of the month and of the one before; None where that was not asked.
        looked_at: rows read for the figures below.
        filled: column of the contract -> rows that hold a value.
        set_aside: row rule -> rows that break it, each row under its first one.
        newest_event, newest_known: latest dates of the month's rows.
    """

    refused: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    rows_before: int | None = None
    looked_at: int = 0
    filled: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, int] = field(default_factory=dict)
    newest_event: date | None = None
    newest_known: date | None = None


@dataclass(frozen=True)
class Judged:
    """The verdict on one contract.

    Attributes:
        state: ``absent``: the profile has no extract for it; ``refused``: it has, and the SELECT fails.
        missing: columns of the contract that do not come, or come empty.
        mistyped: column, what arrives, what the contract wants, and how many values cannot be read.
        stops: why a month could not run; empty when it could.
        remarks: what a person should look at.
        cost: what falls away because of the gaps.
        destinations: what becomes of each delivered column.
    """

    table: str
    kind: str
    state: Literal["present", "absent", "refused"]
    rows: int = 0
    rows_before: int | None = None
    newest_known: date | None = None
    missing: tuple[str, ...] = ()
    mistyped: tuple[Mistyped, ...] = ()
    set_aside: tuple[tuple[str, int], ...] = ()
    stops: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    cost: Cost = field(default_factory=Cost)
    destinations: tuple[Destination, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For machines: the same, with plain values."""
        return {
            "table": self.table,
            "kind": self.kind,
            "state": self.state,
            "rows": self.rows,
            "rows_month_before": self.rows_before,
            "newest_known_date": str(self.newest_known) if self.newest_known else None,
            "missing_columns": list(self.missing),
            "mistyped_columns": [each._asdict() for each in self.mistyped],
            "set_aside": dict(self.set_aside),
            "stops": list(self.stops),
            "remarks": list(self.remarks),
            "lost_features": self.cost.by_family(),
            "lost_triggers": list(self.cost.trigger_names),
            "columns": [each.as_json() for each in self.destinations],
        }


def judge(
    table: RawTable, seen: Seen | None, gaps: Gaps, window: Window, quality: Quality
) -> Judged:
    """The verdict on one contract; ``seen`` is None where the profile has no extract for it.

    What it says of rows and of rejected shares is what stops a month, the exceptions of the settings included.
    """
    kind = table.kind or "own"
    if seen is None:
        stops = _stops_when_absent(table, gaps)
        lost = gaps.of_table(table.table)
        return Judged(table.table, kind, "absent", stops=stops, cost=lost)
    if seen.refused:
        stops = (seen.refused,)
        lost = gaps.of_table(table.table)
        return Judged(table.table, kind, "refused", stops=stops, cost=lost)
    absent = _absent(table, seen)
    empty = _empty(seen, absent)
    broken = {name: count for name, count in seen.set_aside.items() if count}
    return Judged(
        table.table,
        kind,
        "present",
        rows=seen.rows,
        rows_before=seen.rows_before,
        newest_known=seen.newest_known,
        missing=absent + empty,
        mistyped=_mistyped(table, seen),
        set_aside=tuple(broken.items()),
        stops=tuple(_stops(table, seen, absent, quality)),
        remarks=tuple(_remarks(table, seen, window, empty)),
        cost=_cost(gaps, table.table, absent + empty),
        destinations=destinations(table, seen.columns, gaps),
    )


def missing_activity(gaps: Gaps) -> str:
    """Why no month could run, when nothing that is delivered tells who is a customer; else empty."""
    if gaps.has_customers:
        return ""
    ways = [" with ".join(sorted(tables)) for tables in gaps.activity_sources]
    return f"nothing that is delivered tells who is a customer (month_activity): deliver {' or '.join(ways)}"


def _stops_when_absent(table: RawTable, gaps: Gaps) -> tuple[str, ...]:
    if gaps.is_essential(table.table):
        return ("without it nobody is a customer",)
    return ()


def _absent(table: RawTable, seen: Seen) -> tuple[str, ...]:
    """Columns of the contract that do not come under any of their names."""
    return tuple(
        column.name
        for column in table.delivered_columns
        if not column.delivered_names & seen.columns.keys()
    )


def _empty(seen: Seen, absent: tuple[str, ...]) -> tuple[str, ...]:
    """Columns that come and hold nothing in the rows that were looked at."""
    if not seen.looked_at:
        return ()
    unfilled = [name for name, count in seen.filled.items() if not count]
    return tuple(name for name in unfilled if name not in absent)


def _stops(
    table: RawTable, seen: Seen, absent: tuple[str, ...], quality: Quality
) -> Iterator[str]:
    for column in table.delivered_columns:
        if column.required and column.name in absent:
            yield f"required column {column.name} is not delivered"
    for each in _mistyped(table, seen):
        if each.unreadable == NONE_READABLE:
            yield f"column {each.column} arrives as {each.delivered}, which cannot be read as {each.wanted}"
    yield from _too_few_or_many(table, seen, quality)
    yield from _beyond_share(table, seen, quality)


def _too_few_or_many(table: RawTable, seen: Seen, quality: Quality) -> Iterator[str]:
    """Rows against what the contract states, and against the month before."""
    stated = (float(table.min_rows), None)
    least, most = quality.allowed_of(f"{table.table}.rows", stated)
    if least is not None and seen.rows < least:
        yield f"{seen.rows:,} rows, at least {least:,.0f} are expected (quality: {table.table}.rows)"
    if most is not None and seen.rows > most:
        yield f"{seen.rows:,} rows, at most {most:,.0f} are expected (quality: {table.table}.rows)"
    if not seen.rows_before:
        return
    usual = volume_bounds(quality, seen.rows, seen.rows_before)
    least, most = quality.allowed_of(f"{table.table}.volume_ratio", usual)
    ratio = seen.rows / seen.rows_before
    if (least is not None and ratio < least) or (most is not None and ratio > most):
        yield (
            f"{seen.rows:,} rows after {seen.rows_before:,} in the month before"
            f" (quality: {table.table}.volume_ratio)"
        )


def _beyond_share(table: RawTable, seen: Seen, quality: Quality) -> Iterator[str]:
    """Rules that would set aside more rows than the contract, or an exception to it, allows."""
    if not seen.looked_at:
        return
    together = sum(seen.set_aside.values()) / seen.looked_at
    name = f"{table.table}.set_aside_share"
    few = FEW_STOP / max(seen.rows, 1)
    _, most = quality.allowed_of(name, (None, max(table.most_set_aside, few)))
    if most is not None and together > most:
        yield (
            f"all rules together would set aside {together:.1%} of the rows, at most {most:.1%} may be"
            f" (quality: {name})"
        )
    for measure, rule in measured_rules(table).items():
        broken = _broken(table, measure, seen)
        share = sum(broken.values()) / seen.looked_at
        name = f"{table.table}.{measure}"
        _, most = quality.allowed_of(name, (None, rule.max_share))
        if most is not None and share > most:
            named = ", ".join(broken)
            yield f"{named} would set aside {share:.1%} of the rows, at most {most:.1%} may be (quality: {name})"


def _broken(table: RawTable, measure: str, seen: Seen) -> dict[str, int]:
    """Rows by the rules behind a measure that they break: it may take the same rule of many columns together."""
    single = [rule.name for rule in rules_behind(table, measure)]
    names = single or [measure.removesuffix("_share")]
    return {name: seen.set_aside[name] for name in names if seen.set_aside.get(name)}


def _mistyped(table: RawTable, seen: Seen) -> tuple[Mistyped, ...]:
    """Columns that come in another kind of type than the contract's."""
    mistyped = []
    for column in table.delivered_columns:
        delivered = _type_delivered(column, seen)
        if delivered is not None and not _is_as_good(column, delivered):
            unreadable = NONE_READABLE
            if type_word(delivered) in FITS[column.type]:
                unreadable = seen.set_aside.get(f"{column.name}_unreadable", 0)
            told = Mistyped(column.name, delivered, column.type, unreadable)
            mistyped.append(told)
    return tuple(mistyped)


def _type_delivered(column: RawColumn, seen: Seen) -> str | None:
    """Its type under the first of its names that comes, None where none does."""
    for name in sorted(column.delivered_names):
        if name in seen.columns:
            return seen.columns[name]
    return None


def _is_as_good(column: RawColumn, delivered: str) -> bool:
    """Whether nothing need be said: tokens are made of anything, an empty column has no type."""
    as_good = (column.type, "null", *NUMBERS.get(column.type, ()))
    return column.name.endswith("_token") or type_word(delivered) in as_good


def _remarks(
    table: RawTable, seen: Seen, window: Window, empty: tuple[str, ...]
) -> Iterator[str]:
    for name in empty:
        yield f"column {name} is empty"
    for name, count in seen.set_aside.items():
        if count:
            yield f"{name}: {count:,} of {seen.looked_at:,} rows would be set aside"
    yield from _stale(table, seen, window)
    extra = _beside_the_contract(table, seen)
    if extra:
        yield f"not part of the contract and left out: {', '.join(extra)}"


def _beside_the_contract(table: RawTable, seen: Seen) -> list[str]:
    ours = set(table.column_names)
    for column in table.delivered_columns:
        ours |= column.delivered_names
    return [name for name in seen.columns if name not in ours]


def _stale(table: RawTable, seen: Seen, window: Window) -> Iterator[str]:
    """Whether the newest row is older than a month that ended in the ordinary way would leave it."""
    newest = seen.newest_known
    if not seen.rows or newest is None:
        return
    # 0: something was known on the month's last day
    silent = (window.as_of - newest).days - 1
    days = (window.as_of - window.month.start).days
    usual = QUIET * days / seen.rows if table.covers == "events" else days
    if silent > max(1.0, usual):
        yield f"stale: the newest row was known on {newest}, {silent} days before the month's end"


def _cost(gaps: Gaps, table: str, columns: tuple[str, ...]) -> Cost:
    """What falls away without several columns, each feature and each trigger once."""
    features: dict[str, FeatureColumn] = {}
    triggers: dict[str, Raised] = {}
    for column in columns:
        cost = gaps.of_column(table, column)
        features |= {feature.name: feature for feature in cost.features}
        triggers |= {raised.name: raised for raised in cost.triggers}
    in_order = [raised for raised in gaps.triggers if raised.name in triggers]
    return Cost(tuple(features.values()), tuple(in_order))
