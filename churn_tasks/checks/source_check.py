"""What a look at the source means, contract by contract: present, missing, mistyped, stale, and what each gap costs.

Pure: it is told what was seen and judges it. No value of the data is among what it is told or says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from churn_tasks.checks.delivered_types import FITS, type_word
from churn_tasks.core.windows import Window
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.lineage.gaps import Cost, Gaps

QUIET = 5  # times the mean time between two rows, after which a table counts as stale: by chance 7 times in 1,000
HALVED, DOUBLED = 0.5, 2.0
NUMBERS = {
    "decimal": ("integer", "double"),
    "double": ("integer", "decimal"),
}  # as good as the type itself


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
    """

    table: str
    kind: str
    state: Literal["present", "absent", "refused"]
    rows: int = 0
    rows_before: int | None = None
    newest_known: date | None = None
    missing: tuple[str, ...] = ()
    mistyped: tuple[tuple[str, str, str, int], ...] = ()
    set_aside: tuple[tuple[str, int], ...] = ()
    stops: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    cost: Cost = field(default_factory=Cost)

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
            "mistyped_columns": [
                {
                    "column": column,
                    "delivered": now,
                    "wanted": wanted,
                    "unreadable": count,
                }
                for column, now, wanted, count in self.mistyped
            ],
            "set_aside": dict(self.set_aside),
            "stops": list(self.stops),
            "remarks": list(self.remarks),
            "lost_features": self.cost.by_family(),
            "lost_triggers": [trigger.number for trigger in self.cost.triggers],
        }


def judge(table: RawTable, seen: Seen | None, gaps: Gaps, window: Window) -> Judged:
    """The verdict on one contract; ``seen`` is None where the profile has no extract for it."""
    kind = table.kind or "own"
    if seen is None:
        stops = (
            ("without it nobody is a customer",)
            if gaps.is_essential(table.table)
            else ()
        )
        return Judged(
            table.table, kind, "absent", stops=stops, cost=gaps.of_table(table.table)
        )
    if seen.refused:
        return Judged(
            table.table,
            kind,
            "refused",
            stops=(seen.refused,),
            cost=gaps.of_table(table.table),
        )
    absent = tuple(
        c.name
        for c in table.delivered_columns
        if not c.delivered_names & seen.columns.keys()
    )
    empty = tuple(
        name
        for name, count in seen.filled.items()
        if seen.looked_at and not count and name not in absent
    )
    return Judged(
        table.table,
        kind,
        "present",
        rows=seen.rows,
        rows_before=seen.rows_before,
        newest_known=seen.newest_known,
        missing=absent + empty,
        mistyped=_mistyped(table, seen),
        set_aside=tuple(
            (name, count) for name, count in seen.set_aside.items() if count
        ),
        stops=_stops(table, seen, absent),
        remarks=(
            *(f"column {name} is empty" for name in empty),
            *_remarks(table, seen, window),
        ),
        cost=_cost(gaps, table.table, absent + empty),
    )


def missing_activity(gaps: Gaps) -> str:
    """Why no month could run, when nothing that is delivered tells who is a customer; else empty."""
    if gaps.has_customers:
        return ""
    ways = " or ".join(
        " with ".join(sorted(tables)) for tables in gaps.activity_sources
    )
    return f"nothing that is delivered tells who is a customer (month_activity): deliver {ways}"


def _stops(table: RawTable, seen: Seen, absent: tuple[str, ...]) -> tuple[str, ...]:
    required = [
        c.name for c in table.delivered_columns if c.required and c.name in absent
    ]
    found = [f"required column {name} is not delivered" for name in required]
    found += [
        f"column {column} arrives as {now}, which cannot be read as {wanted}"
        for column, now, wanted, count in _mistyped(table, seen)
        if count < 0
    ]
    if seen.rows < table.min_rows:
        found.append(f"{seen.rows:,} rows, at least {table.min_rows:,} are expected")
    return (*found, *_beyond_share(table, seen))


def _beyond_share(table: RawTable, seen: Seen) -> list[str]:
    """Rules that would set aside more rows than the contract allows."""
    if not seen.looked_at:
        return []
    allowed = {rule.name: rule.max_share for rule in table.row_rules}
    return [
        f"{name} would set aside {count / seen.looked_at:.1%} of the rows, at most {allowed[name]:.1%} may be"
        for name, count in seen.set_aside.items()
        if count / seen.looked_at > allowed.get(name, 1)
    ]


def _mistyped(table: RawTable, seen: Seen) -> tuple[tuple[str, str, str, int], ...]:
    """Columns that come in another kind of type; -1 values cannot be read where no value can."""
    found = []
    for column in table.delivered_columns:
        now = next(
            (
                seen.columns[name]
                for name in sorted(column.delivered_names)
                if name in seen.columns
            ),
            None,
        )
        if (
            now is None
            or column.name.endswith("_token")
            or type_word(now) in (column.type, "null", *NUMBERS.get(column.type, ()))
        ):
            continue
        unfit = type_word(now) not in FITS[column.type]
        found.append(
            (
                column.name,
                now,
                column.type,
                -1 if unfit else seen.set_aside.get(f"{column.name}_unreadable", 0),
            )
        )
    return tuple(found)


def _remarks(table: RawTable, seen: Seen, window: Window) -> list[str]:
    found = [
        f"{name}: {count:,} of {seen.looked_at:,} rows would be set aside"
        for name, count in seen.set_aside.items()
        if count
    ]
    stale = _stale(table, seen, window)
    if stale:
        found.append(stale)
    if seen.rows_before:
        change = seen.rows / seen.rows_before
        if not HALVED <= change <= DOUBLED:
            found.append(
                f"{seen.rows:,} rows after {seen.rows_before:,} in the month before"
            )
    ours = {name for c in table.delivered_columns for name in c.delivered_names} | set(
        table.column_names
    )
    extra = [name for name in seen.columns if name not in ours]
    if extra:
        found.append(f"not part of the contract and left out: {', '.join(extra)}")
    return found


def _stale(table: RawTable, seen: Seen, window: Window) -> str:
    """Whether the newest row is older than a month that ended in the ordinary way would leave it."""
    newest = seen.newest_known
    if not seen.rows or newest is None:
        return ""
    silent = (
        window.as_of - newest
    ).days - 1  # 0: something was known on the month's last day
    days = (window.as_of - window.month.start).days
    usual = QUIET * days / seen.rows if table.covers == "events" else days
    if silent <= max(1.0, usual):
        return ""
    return f"stale: the newest row was known on {newest}, {silent} days before the month's end"


def _cost(gaps: Gaps, table: str, columns: tuple[str, ...]) -> Cost:
    costs = [gaps.of_column(table, column) for column in columns]
    features = {feature.name: feature for cost in costs for feature in cost.features}
    triggers = {trigger.number: trigger for cost in costs for trigger in cost.triggers}
    return Cost(
        tuple(features.values()), tuple(triggers[number] for number in sorted(triggers))
    )
