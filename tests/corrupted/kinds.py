"""What a kind of corrupted input is: how it is planted, and what must come of it. The page is made of these as well."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from churn_tasks.core.closed import Text
from tests.corrupted.delivery import Delivery, Row


@dataclass(frozen=True)
class Refused:
    """The month stops in this step, with a message that says all of this, and no table it holds has changed."""

    step: Literal["extract", "check_raw"]
    error: Literal["BadInput", "CheckFailed", "NotReady", "SettingsError"]
    says: tuple[str, ...]


@dataclass(frozen=True)
class SetAside:
    """So many rows are in quarantine under this rule, with the column and how its value begins."""

    rule: str
    column: str
    value: str
    rows: int = 1


@dataclass(frozen=True)
class Repaired:
    """The row is accepted, and the damaged cell is read as this value."""

    column: str
    value: str


@dataclass(frozen=True)
class Merged:
    """So many rows are merged into others; of a row and its double the value that stays may be named."""

    rows: int
    column: str = ""
    keeps: str = ""


@dataclass(frozen=True)
class Passes:
    """The row is accepted as it is; what was noted of the delivery."""

    note: str = ""


@dataclass(frozen=True)
class Late:
    """So many rows were known too late for the month, which goes on without them."""

    rows: int


Outcome = Refused | SetAside | Repaired | Merged | Passes | Late
Plant = Callable[[Delivery, str], Row | None]


@dataclass(frozen=True)
class Kind:
    """One kind of corrupted input.

    Attributes:
        example: what it looks like in the delivery.
        table: the one that is damaged.
        plant: damages a right delivery; gives back the row it damaged, or None when it was the whole file.
        drop: settings of the table's files that differ from a plain pattern, such as their encoding.
        source: the kind of source that the delivery comes from.
    """

    name: str
    text: Text
    example: str
    outcome: Outcome
    plant: Plant
    table: str = "bill"
    drop: Mapping[str, Any] = field(default_factory=dict)
    source: Literal["files", "postgres"] = "files"


def kind(
    name: str,
    en: str,
    zh: str,
    example: str,
    outcome: Outcome,
    plant: Plant,
    table: str = "bill",
    **drop: Any,
) -> Kind:
    """A kind with its text in both languages."""
    return Kind(name, Text(en=en, zh=zh), example, outcome, plant, table, drop)


def cell(column: str, value: str) -> Plant:
    """Damage that puts a value into a column of one row."""

    def plant(delivery: Delivery, table: str) -> Row:
        row = delivery.fresh(table)
        row[column] = value
        return row

    return plant


def every_row(change: Callable[[Row], Row]) -> Plant:
    """Damage to every row of a table."""

    def plant(delivery: Delivery, table: str) -> None:
        delivery.rows[table] = [change(row) for row in delivery.rows[table]]

    return plant


def text(change: Callable[[str], str | bytes], ending: str = ".csv") -> Plant:
    """Damage to the text of the file."""

    def plant(delivery: Delivery, table: str) -> None:
        delivery.put(table, ending, change(delivery.csv(table)))

    return plant
