"""What a row of the ledger must be: an attempt to contact somebody, judged against its contract and the lists (G7).

``include/ledger/entry.yaml`` says which columns there are and why a row is set aside. A contact with somebody who was
held out is no fault of the row: it is taken in, and counted against the comparison.
"""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal

from pydantic import Field

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.yaml_file import read_yaml

CONTRACT = INCLUDE / "ledger" / "entry.yaml"
OTHER_CAUSE = "other"
LATEST_RECALL = dt.timedelta(days=366)
DAY = re.compile(
    r"([0-9]{4})([-/.年]?)([0-9]{1,2})([-/.月]?)([0-9]{1,2})日?([ T][0-9:.]+)?"
)
MONTH = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})月?")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}(\.0*)?")  # spreadsheets write 2.0
PHONE_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?1[3-9][0-9]{9}(?![0-9A-Za-z])")
TEXTS = ("agent", "strategy", "strategy_version", "cause_told")

Cells = Mapping[str, str]  # a row as it was delivered, by column of the contract


class EntryColumn(Closed):
    """One column of the contract.

    Attributes:
        allowed: the texts that there are; empty: any.
        lowest, highest: of numbers, inclusive.
        longest: characters of a text.
    """

    name: str
    type: Literal["text", "integer", "decimal", "date", "month"]
    en: str
    zh: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    longest: int = 200
    unit: str = ""


class EntryRule(Closed):
    """Why a row is set aside, and whether people may accept such a row as it is."""

    en: str
    zh: str
    may_be_accepted: bool = False


class EntryContract(Closed):
    """``entry.yaml``."""

    meaning: Text
    columns: tuple[EntryColumn, ...] = Field(min_length=1)
    key: tuple[str, ...]
    reached: tuple[str, ...]
    accepted: tuple[str, ...]
    rules: dict[str, EntryRule]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


@cache
def entry_contract() -> EntryContract:
    return EntryContract(**read_yaml(CONTRACT))


@dataclass(frozen=True)
class Entry:
    """One attempt to contact a customer of a list; see ``entry.yaml``."""

    month: Month
    customer_id: str
    contact_day: dt.date
    channel: str
    agent: str
    outcome: str
    attempt: int = 1
    strategy: str | None = None
    strategy_version: str | None = None
    cause_told: str | None = None
    cost_cny: Decimal | None = None
    recall_day: dt.date | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it one contact: a second row of it is the same, or a contradiction."""
        return tuple(getattr(self, name) for name in entry_contract().key)


@dataclass(frozen=True)
class CalledList:
    """One month's list as it went out.

    Attributes:
        list_day: day on which it was out; contacts may begin.
        window_end: day after the predict window.
        run_of, arm_of: customer to the run that listed them, and to the arm.
    """

    list_day: dt.date
    window_end: dt.date
    run_of: Mapping[str, str]
    arm_of: Mapping[str, str | None]


@dataclass(frozen=True)
class OnRecord:
    """What rows are judged against.

    Attributes:
        lists: of the months that rows name.
        listed: customers who stand on any list.
        entries: key to every entry that was ever recorded of it.
        causes: codes of the playbook.
    """

    lists: Mapping[Month, CalledList] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    entries: Mapping[tuple[object, ...], Sequence[Entry]] = field(default_factory=dict)
    causes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Row:
    """One row of a file: its line, counted from 1 behind the names, and its cells."""

    line: int
    cells: Cells


@dataclass(frozen=True)
class Aside:
    """A row that is set aside, with the names of the rules that it breaks."""

    row: Row
    rules: tuple[str, ...]


@dataclass
class Judged:
    """The rows of a file.

    Attributes:
        new: to be added, each with its row.
        known: rows that are on record already, or stand in the file again, word for word.
    """

    new: list[tuple[Row, Entry]] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    known: int = 0


def plain(cell: object) -> str:
    """A cell as text in half-width characters, without spaces around it; nothing and not a number are empty.

    >>> plain("  Ａ17 "), plain(0), plain(None), plain(float("nan"))
    ('A17', '0', '', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and math.isnan(cell):
        return ""
    return unicodedata.normalize("NFKC", str(cell)).strip()


def read_entry(cells: Cells) -> tuple[Entry | None, list[str]]:
    """A row as an entry, and what is wrong with its columns by themselves; no entry where anything is."""
    values: dict[str, Any] = {}
    broken: list[str] = []
    for column in entry_contract().columns:
        text = plain(cells.get(column.name, ""))
        value, fault = _value(column, text)
        if fault:
            broken.append(f"{column.name}_{fault}")
        elif value is not None:
            values[column.name] = value
    if broken:
        return None, broken
    return Entry(**values), []


def _value(column: EntryColumn, text: str) -> tuple[object, str]:
    """What a cell says, and the ending of the rule that it breaks."""
    if not text:
        return None, "missing" if column.required else ""
    value = READERS[column.type](text)
    if value is None:
        return None, "unreadable"
    if column.allowed and value not in column.allowed:
        return None, "unknown"
    if isinstance(value, str) and len(value) > column.longest:
        return None, "too_long"
    if isinstance(value, int | Decimal) and _is_outside(column, value):
        return None, "outlier"
    return value, ""


def _is_outside(column: EntryColumn, value: int | Decimal) -> bool:
    if column.lowest is not None and value < column.lowest:
        return True
    return column.highest is not None and value > column.highest


def _text(text: str) -> str | None:
    return text


def _integer(text: str) -> int | None:
    whole, _, _ = text.partition(".")
    return int(whole) if WHOLE_NUMBER.fullmatch(text) else None


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return round(value, 2) if value.is_finite() and abs(value) < 10**9 else None


def _day(text: str) -> dt.date | None:
    found = DAY.fullmatch(text)
    if not found:
        return None
    year, first, month, second, day, _ = found.groups()
    is_packed = not first and not second
    if is_packed and len(month) + len(day) != 4:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _month(text: str) -> Month | None:
    day = _day(text) if len(text) > 7 else None
    if day:
        return Month.of(day)
    found = MONTH.fullmatch(text)
    if not found or not 1 <= int(found.group(2)) <= 12:
        return None
    return Month(int(found.group(1)), int(found.group(2)))


READERS: dict[str, Any] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _day,
    "month": _month,
}


def judged(
    rows: Iterable[Row], record: OnRecord, accepted: frozenset[str] = frozenset()
) -> Judged:
    """Every row of a file: new, known, or set aside.

    Args:
        accepted: rules that people have accepted for these rows.
    """
    made = Judged()
    read: list[tuple[Row, Entry]] = []
    for row in rows:
        entry, broken = read_entry(row.cells)
        if entry:
            broken = _against(entry, record)
        left = [rule for rule in broken if rule not in accepted]
        if entry is None or left:
            made.aside.append(Aside(row, tuple(left)))
        else:
            read.append((row, entry))
    _part(made, read, record)
    return made


def _against(entry: Entry, record: OnRecord) -> list[str]:
    """The rules that a readable row breaks."""
    broken = list(_against_list(entry, record))
    if entry.recall_day and entry.recall_day <= entry.contact_day:
        broken.append("recall_before_contact")
    if entry.recall_day and entry.recall_day > entry.contact_day + LATEST_RECALL:
        broken.append("recall_too_late")
    if entry.cause_told and entry.cause_told not in {*record.causes, OTHER_CAUSE}:
        broken.append("unknown_cause")
    texts = [getattr(entry, name) or "" for name in TEXTS]
    if any(PHONE_NUMBER.search(text) for text in texts):
        broken.append("clear_number")
    return broken


def _against_list(entry: Entry, record: OnRecord) -> Iterable[str]:
    called = record.lists.get(entry.month)
    if called is None:
        yield "no_list"
        return
    if entry.customer_id not in record.listed:
        yield "unknown_customer"
    elif entry.customer_id not in called.run_of:
        yield "not_on_list"
    if entry.contact_day < called.list_day:
        yield "before_list"
    if entry.contact_day >= called.window_end:
        yield "after_window"


def _part(made: Judged, read: Sequence[tuple[Row, Entry]], record: OnRecord) -> None:
    """Rows that say the same once; rows of one contact that differ, and what is on record otherwise, set aside."""
    of_key: dict[tuple[object, ...], list[tuple[Row, Entry]]] = {}
    for row, entry in read:
        of_key.setdefault(entry.key, []).append((row, entry))
    for key, rows in of_key.items():
        first_row, first = rows[0]
        if any(entry != first for _, entry in rows):
            made.aside += [Aside(row, ("repeated_differently",)) for row, _ in rows]
            continue
        made.known += len(rows) - 1
        recorded = record.entries.get(key, ())
        if first in recorded:
            made.known += 1
        elif recorded:
            made.aside.append(Aside(first_row, ("differs_from_record",)))
        else:
            made.new.append((first_row, first))


def corrected(entry: Entry, changes: Mapping[str, str]) -> Entry:
    """An entry with some of its columns said anew.

    Raises:
        BadInput: there is no such column, or a value cannot be used; each named.
    """
    names = entry_contract().names
    unknown = sorted(set(changes) - set(names))
    if unknown:
        raise BadInput(
            f"the ledger has no column {', '.join(unknown)}; there are {', '.join(names)}"
        )
    changed, broken = read_entry({**cells_of(entry), **changes})
    if changed is None:
        raise BadInput(f"the correction breaks: {said(broken)}")
    whose = (entry.month, entry.customer_id)
    if (changed.month, changed.customer_id) != whose:
        raise BadInput(
            "a correction cannot give a contact to another customer or list: withdraw the entry, and import the contact"
            " as it was"
        )
    return changed


def cells_of(entry: Entry) -> dict[str, str]:
    """An entry as a file would hold it."""
    cells = {}
    for name in entry_contract().names:
        value = getattr(entry, name)
        cells[name] = "" if value is None else str(value)
    return cells


def said(rules: Iterable[str]) -> str:
    """The rules with their meaning in words."""
    contract = entry_contract()
    columns = {column.name: column for column in contract.columns}
    told = []
    for rule in rules:
        if rule in contract.rules:
            told.append(f"{rule} ({contract.rules[rule].en})")
            continue
        name = next(name for name in columns if rule.startswith(f"{name}_"))
        allowed = ", ".join(columns[name].allowed)
        told.append(f"{rule} (allowed: {allowed})" if allowed else rule)
    return "; ".join(told)
