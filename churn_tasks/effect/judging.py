"""Rows of the ledger judged against their contract, the lists and what is on record: new, known, or set aside (G7).

A contact with somebody who was held out is no fault of the row: it is taken in, and counted against the comparison.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from churn_tasks.core.months import Month
from churn_tasks.effect.entries import Cells, Entry, read_entry

OTHER_CAUSE = "other"
LATEST_RECALL = dt.timedelta(days=366)
PHONE_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?1[3-9][0-9]{9}(?![0-9A-Za-z])")
TEXTS = ("agent", "strategy", "strategy_version", "cause_told")


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
