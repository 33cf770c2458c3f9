"""An entry of the ledger: one attempt to contact somebody, read from the cells of a row, and corrected (G7)."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.effect.contract import EntryColumn, entry_contract, said

DAY = re.compile(
    r"([0-9]{4})([-/.年]?)([0-9]{1,2})([-/.月]?)([0-9]{1,2})日?([ T][0-9:.]+)?"
)
MONTH = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})月?")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}(\.0*)?")  # spreadsheets write 2.0

Cells = Mapping[str, str]  # a row as it was delivered, by column of the contract


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
