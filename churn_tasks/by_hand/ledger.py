"""The ledger by hand: a file taken in, rows that were set aside judged again, an entry corrected (G7)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churn_tasks.adapters.warehouse import Correction, Warehouse
from churn_tasks.by_hand.ledger_file import FileMapping, delivered, load_mapping
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.effect.contract import entry_contract, said
from churn_tasks.effect.entries import Entry, corrected, plain, read_entry
from churn_tasks.effect.judging import (
    Aside,
    CalledList,
    Judged,
    OnRecord,
    Row,
    judged,
)
from churn_tasks.warning.playbook import load_playbook

NOT_CALLED = ("hold_out", "panel")


@dataclass(frozen=True)
class Import:
    """What became of a file.

    Attributes:
        added, known: entries that are new, and those on record already.
        aside: rows set aside, those that were before included.
        held_out: new entries that contact somebody who was held out.
        by_rule: rule to rows that break it.
        reasons: number of each row set aside to what is wrong with it, in words.
    """

    rows: int
    added: int
    known: int
    aside: int
    held_out: int
    by_rule: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)


def import_file(
    settings: Settings, file: Path, mapping_file: Path | None, source: str = ""
) -> Import:
    """Take in a file; taken in again, it changes nothing.

    Args:
        source: where the entries come from, kept with each; the file's name when empty.

    Raises:
        BadInput: the file cannot be used as a whole. Rows that cannot are set aside with their reasons.
    """
    mapping: FileMapping = load_mapping(mapping_file)
    found = delivered(settings, file, mapping)
    with closing(Warehouse(settings)) as warehouse:
        made = judged(found.rows, _on_record(settings, warehouse, found.rows))
        made.aside += found.damaged
        rows = len(found.rows) + len(found.damaged)
        return _taken_in(warehouse, made, source or file.name, rows)


def import_rows(
    settings: Settings, given: Sequence[Mapping[str, object]], source: str
) -> Import:
    """Take in rows that another system sends, under the names of the contract; sent again, they change nothing.

    Raises:
        BadInput: a row has a column that the contract does not; nothing is taken in.
    """
    names = entry_contract().names
    rows = []
    for number, cells in enumerate(given, start=1):
        strange = sorted(set(cells) - set(names))
        if strange:
            raise BadInput(
                f"row {number} has {', '.join(strange)}, which the ledger does not; there are {', '.join(names)}"
            )
        rows.append(Row(number, {name: plain(cells[name]) for name in cells}))
    with closing(Warehouse(settings)) as warehouse:
        made = judged(rows, _on_record(settings, warehouse, rows))
        return _taken_in(warehouse, made, source, len(rows))


def replay(settings: Settings, accepted: Sequence[str], by: str, why: str) -> Import:
    """Judge the rows again that were set aside: lists were published since, or people accept them as they are.

    Args:
        accepted: rules that no longer hold rows back; only those that the contract lets people accept.

    Raises:
        BadInput: a rule cannot be accepted, or who or why is blank.
    """
    _refuse_unacceptable(accepted, by, why)
    with closing(Warehouse(settings)) as warehouse:
        waiting = warehouse.ledger_waiting()
        rows = []
        for each in waiting:
            if each["rules"] != "damaged_line":
                rows.append(Row(each["line"], each["delivered"]))
        record = _on_record(settings, warehouse, rows)
        made = judged(rows, record, frozenset(accepted))
        source = f"released by {by.strip()}: {why.strip()}" if accepted else "replayed"
        return _taken_in(warehouse, made, source, len(rows))


def _refuse_unacceptable(accepted: Sequence[str], by: str, why: str) -> None:
    rules = entry_contract().rules
    may = [name for name, rule in rules.items() if rule.may_be_accepted]
    for rule in accepted:
        if rule not in may:
            raise BadInput(
                f"rows under {rule} cannot be accepted as they are; that can be said of {', '.join(may)}"
            )
    if accepted and not (by.strip() and why.strip()):
        raise BadInput("accepting rows needs --by and --why, neither blank")


def correct(
    settings: Settings, ledger_id: int, changes: Mapping[str, str], by: str, why: str
) -> int:
    """Say an entry anew, or withdraw it where nothing is changed; returns the number of the new entry.

    Raises:
        BadInput: there is no such entry as it stands, a value cannot be used, or who or why is blank.
    """
    if not (by.strip() and why.strip()):
        raise BadInput("a correction needs --by and --why, neither blank")
    with closing(Warehouse(settings)) as warehouse:
        anew = None
        if changes:
            before = _entry_of(warehouse.ledger_entry(ledger_id))
            after = corrected(before, changes)
            if after.key != before.key:
                _refuse_other_contact(warehouse, after)
            anew = _columns(after)
        return warehouse.correct_ledger(Correction(ledger_id, anew, by, why))


def _refuse_other_contact(warehouse: Warehouse, entry: Entry) -> None:
    """A contact that is on record already is corrected itself, and no other made into it."""
    for row in warehouse.ledger_rows([entry.month]):
        if _entry_of(row).key == entry.key:
            raise BadInput(
                f"a contact of {entry.contact_day} by {entry.channel}, attempt {entry.attempt}, with this customer is"
                " on record: correct that one, and withdraw this"
            )


def _on_record(
    settings: Settings, warehouse: Warehouse, rows: Sequence[Row]
) -> OnRecord:
    """What the warehouse knows of the months and customers that rows name."""
    named = set()
    customers = set()
    for row in rows:
        entry, _ = read_entry(row.cells)
        customers.add(plain(row.cells.get("customer_id")))
        if entry:
            named.add(entry.month)
    months = sorted(named)
    recorded: dict[tuple[object, ...], list[Entry]] = {}
    for row_of_ledger in warehouse.ledger_rows(months):
        entry = _entry_of(row_of_ledger)
        recorded.setdefault(entry.key, []).append(entry)
    causes = load_playbook(settings).reasons.of_role("cause")
    return OnRecord(
        lists=_called_lists(settings, warehouse, months),
        listed=frozenset(warehouse.listed_ever(sorted(customers))),
        entries=recorded,
        causes=frozenset(causes),
    )


def _called_lists(
    settings: Settings, warehouse: Warehouse, months: Sequence[Month]
) -> dict[Month, CalledList]:
    runs: dict[Month, dict[str, str]] = {}
    arms: dict[Month, dict[str, str | None]] = {}
    for row in warehouse.called(months):
        month = Month.of(row["month"])
        runs.setdefault(month, {})[row["customer_id"]] = row["run_id"]
        arms.setdefault(month, {})[row["customer_id"]] = row["arm"]
    lists = {}
    for month, run_of in runs.items():
        window = settings.calendar.window(month)
        days = (window.known_until, window.predict_end)
        lists[month] = CalledList(*days, run_of, arms[month])
    return lists


def _taken_in(warehouse: Warehouse, made: Judged, source: str, rows: int) -> Import:
    """What was judged, put on record."""
    record = warehouse.called(sorted({entry.month for _, entry in made.new}))
    listed = {(Month.of(row["month"]), row["customer_id"]): row for row in record}
    entries = []
    held_out = 0
    for row, entry in made.new:
        place = listed[entry.month, entry.customer_id]
        held_out += place["arm"] in NOT_CALLED
        added = {
            "run_id": place["run_id"],
            "arm": place["arm"],
            "source": source,
            "row_digest": _digest(row),
        }
        entries.append({**_columns(entry), **added})
    rejected = [_rejected(aside, source) for aside in made.aside]
    counts = warehouse.add_to_ledger(entries, rejected)
    by_rule: dict[str, int] = {}
    for aside in made.aside:
        for rule in aside.rules:
            by_rule[rule] = by_rule.get(rule, 0) + 1
    return Import(
        rows=rows,
        added=counts["ledger"],
        known=made.known + len(entries) - counts["ledger"],
        aside=len(made.aside),
        held_out=held_out,
        by_rule=by_rule,
        reasons={aside.row.line: said(aside.rules) for aside in made.aside},
    )


def _columns(entry: Entry) -> dict[str, Any]:
    columns = {name: getattr(entry, name) for name in entry_contract().names}
    return {**columns, "month": entry.month.start}


def _entry_of(row: Mapping[str, Any]) -> Entry:
    columns = {name: row[name] for name in entry_contract().names}
    return Entry(**{**columns, "month": Month.of(row["month"])})


def _rejected(aside: Aside, source: str) -> dict[str, Any]:
    """A row as it was delivered; telephone numbers masked, for such a row has to be delivered again without."""
    cells = dict(aside.row.cells)
    if "clear_number" in aside.rules:
        cells = {name: masked(text) for name, text in cells.items()}
    digest = _digest(aside.row)
    if not cells:  # a damaged line says nothing by which to tell it from others
        digest = hashlib.sha256(f"{source} {aside.row.line}".encode()).hexdigest()
    return {
        "row_digest": digest,
        "source": source,
        "line": aside.row.line,
        "customer_id": plain(cells.get("customer_id")) or None,
        "rules": ", ".join(aside.rules),
        "delivered": cells,
    }


def _digest(row: Row) -> str:
    text = json.dumps(dict(row.cells), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
