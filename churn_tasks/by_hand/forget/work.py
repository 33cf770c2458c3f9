"""``churn forget`` from the request to the proof, in an order that a kill anywhere leaves to be taken up again.

::

    the note is written       who is meant, beside the key
    the list is written       nothing brings them back from here on
    everything is counted     before the first row goes: a second try would count less
    lake, warehouse, pages    file by file, each whole or not at all; one transaction
    the proof                 looks for whoever is on the list
    the note is removed
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from churn_tasks.adapters.forgotten import (
    Forgotten,
    read_forgotten,
    write_forgotten,
)
from churn_tasks.adapters.spill import spill_folder
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.adapters.warehouse import Erasure, run_id_of
from churn_tasks.by_hand.forget.lake_files import KEPT, LakeFile, lake_files
from churn_tasks.by_hand.forget.note import Note, alone, read_note, write_note
from churn_tasks.by_hand.forget.pages import Names, clean_pages, mark_reports
from churn_tasks.by_hand.forget.people import People, find_people
from churn_tasks.by_hand.forget.proof import Proof, prove
from churn_tasks.by_hand.forget.removal import Found, Removal, sha256
from churn_tasks.core.errors import BadInput, CheckFailed, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings
from churn_tasks.core.taken_out import NOBODY, taken_out, write_taken_out
from churn_tasks.runner.month_run import MonthRun

LIST = "out_warning_list"
PASSES = 3  # over the lake: a step that was at work may have written somebody again
Told = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes:
        customers: customers' numbers.
        numbers: telephone numbers in clear; kept nowhere.
        reference: of the request, for the log.
    """

    customers: Sequence[str]
    numbers: Sequence[str]
    reference: str
    decided_by: str
    why: str

    def __post_init__(self) -> None:
        if not self.customers and not self.numbers:
            raise BadInput("say who: --customer, --number or --file")
        for name, text in (("--by", self.decided_by), ("--why", self.why)):
            if not text.strip():
                raise BadInput(f"a request needs {name}, not blank")
        said = f"{self.reference} {self.decided_by} {self.why}"
        if masked(said) != said or any(one in said for one in self.numbers):
            raise BadInput(
                "--request, --by and --why are kept for ever: no number of a person in them"
            )


@dataclass(frozen=True)
class Done:
    """What was taken out.

    Attributes:
        people, lines: persons, and customers' numbers of theirs.
        months: month to people.
        tables: table to rows, lake and warehouse.
        pages: text files that were written again.
    """

    people: int
    lines: int
    months: dict[str, int]
    tables: dict[str, int]
    pages: int
    proof: Proof


class Forgetting:
    """One profile, with what every part of the work needs. Close it at the end."""

    def __init__(self, settings: Settings, told: Told = lambda _: None) -> None:
        if not settings.environment.warehouse_url:
            raise SettingsError(
                "CHURN_WAREHOUSE_URL is empty: lists, decisions and the vault lie there and hold people too"
            )
        secrets_folder = settings.forgotten_file.parent
        if secrets_folder.is_dir() and not os.access(secrets_folder, os.W_OK):
            raise SettingsError(
                f"{secrets_folder}: the list of who was taken out lies beside the token key, and nothing can be written"
                " there. Let CHURN_TOKEN_KEY_FILE name a file in a folder of its own that can be written to"
            )
        self.settings, self.told = settings, told
        self.run = MonthRun(settings, settings.first_month)
        self.key = load_key(settings.token_key_file)
        self.tokeniser = Tokeniser(self.key, settings.phone_region)

    def close(self) -> None:
        self.run.close()

    @property
    def forgotten(self) -> Forgotten:
        return read_forgotten(self.settings.forgotten_file, self.key)

    def files(self) -> list[LakeFile]:
        return lake_files(self.settings, self.run.registry)

    def people(self, request: Request) -> People:
        """Who is meant.

        Raises:
            BadInput: a number is nowhere, or had several holders.
        """
        return find_people(
            self.run.engine,
            self.files(),
            self.tokeniser,
            self.forgotten,
            request.customers,
            request.numbers,
        )

    def prove(self) -> Proof:
        """Look for whoever is on the list."""
        return prove(
            self.settings,
            self.run.engine,
            self.files(),
            self.run.warehouse,
            self.forgotten,
            self.tokeniser,
        )

    def begin(self, request: Request, people: People) -> Note:
        """Write down what is about to be done, and close the door.

        Raises:
            BadInput: an earlier request was not finished.
        """
        if self.settings.forgetting_file.is_file():
            raise BadInput(
                "an earlier request was not finished; take it up first: churn forget --resume"
            )
        note = Note(
            key=secrets.token_hex(16),
            request=request.reference.strip(),
            decided_by=request.decided_by.strip(),
            why=request.why.strip(),
            customers=people.customers,
            persons=people.persons,
            numbers=tuple(sorted(people.numbers)),
        )
        self._keep(note)
        return note

    def finish(self, note: Note) -> Done:
        """Take everybody out, and prove it.

        Raises:
            CheckFailed: somebody is still found somewhere, with the places.
        """
        forgotten = self.forgotten.adding(note.customers, note.numbers)
        write_forgotten(self.settings.forgotten_file, forgotten)
        self._sweep()
        removal = Removal.of(
            self.run.engine,
            forgotten,
            self.tokeniser,
            note.customers,
            note.persons,
            note.numbers,
        )
        note = self._counted(removal, note)
        removal.with_rows(note.rows)
        note = self._lake(removal, note)
        self._mark(note)
        erased = self._warehouse(note)
        self.told("pages and logs")
        names = Names(forgotten, self.tokeniser)
        pages = clean_pages(self.settings, names, note.shown)
        marks = taken_out(self.settings.taken_out_file)
        mark_reports(
            self.settings, {month: marks[month].persons for month in note.months}
        )
        self.told("looking for them everywhere")
        proof = self.prove()
        if proof.found:
            places = ", ".join(
                f"{place.place} ({place.found})"
                for place in proof.places
                if place.found
            )
            raise CheckFailed(
                f"somebody is still found: {places}. Is a month running? Wait for its end, then: churn forget --resume"
            )
        self.settings.forgetting_file.unlink(missing_ok=True)
        return Done(
            note.people,
            len(note.customers),
            note.months,
            _tables(note, erased),
            pages,
            proof,
        )

    def _keep(self, note: Note) -> None:
        write_note(self.settings.forgetting_file, note)

    def _sweep(self) -> None:
        """Remove what killed processes have left: half-written files, and what DuckDB could not hold in memory. With it
        goes what the daily watch has taken in; it makes that anew from the source, without them.
        """
        lake = self.settings.lake_dir
        shutil.rmtree(self.settings.watch_dir, ignore_errors=True)
        for left in (*lake.glob(f"{KEPT}/*.parquet"), *lake.glob("*/month=*/.*")):
            left.unlink(missing_ok=True)
        shutil.rmtree(spill_folder(self.settings.state_dir / "source_spill"))
        with suppress(OSError):
            (self.settings.state_dir / "source_spill").rmdir()

    def _counted(self, removal: Removal, note: Note) -> Note:
        """The note with what is going to be taken out, of whom and by month; counted once."""
        files = self.files()
        if note.is_counted:
            return note
        rows = removal.set_aside_rows(files)
        removal.with_rows(rows)
        people: dict[str, set[int]] = {}
        taken: dict[str, dict[str, int]] = {}
        for file in files:
            found = removal.look(file)
            if found.rows:
                month = str(file.month)
                people.setdefault(month, set()).update(found.persons)
                tables = taken.setdefault(month, {})
                tables[file.table] = tables.get(file.table, 0) + found.rows
        months = {}
        for month, persons in sorted(people.items()):
            months[month] = max(len(persons), 1)  # a row may be known by its number
        note = replace(
            note,
            rows=tuple(sorted(rows)),
            months=months,
            taken=taken,
            shown=tuple(self._shown(note, months)),
            is_counted=True,
        )
        self._keep(note)
        return note

    def _lake(self, removal: Removal, note: Note) -> Note:
        """Write every file that holds somebody again, until none does."""
        for _ in range(PASSES):
            holding = []
            for file in self.files():
                found = removal.look(file)
                if not found.is_nothing:
                    holding.append(found)
            for place, found in enumerate(holding, start=1):
                self.told(
                    f"{found.file.table} {found.file.month}, {place} of {len(holding)}"
                )
                note = self._written(removal, found, note)
            if not holding:
                break
        return note

    def _written(self, removal: Removal, found: Found, note: Note) -> Note:
        """One file; of a list both its ids are noted, so that it is known as the same list."""
        file = found.file
        if file.table != LIST:
            removal.write_without(found)
            return note
        noted = [note]
        before = run_id_of(file.month, sha256(file.path))

        def note_list(aside: Path) -> None:
            after = run_id_of(file.month, sha256(aside))
            noted[0] = note.with_lists((str(file.month), before, after))
            self._keep(noted[0])

        removal.write_without(found, note_list)
        return noted[0]

    def _mark(self, note: Note) -> None:
        """Count the people and rows on the months; a request that is taken up again counts once."""
        months = taken_out(self.settings.taken_out_file)
        for month, persons in note.months.items():
            before = months.get(month, NOBODY)
            months[month] = before.adding(note.key, persons, note.taken[month])
        write_taken_out(self.settings.taken_out_file, months)

    def _shown(self, note: Note, months: Iterable[str]) -> list[tuple[str, int, str]]:
        """What the pages of reports show of the people; the warehouse knows it only as long as they are there."""
        shown = []
        for month in months:
            for row in self.run.warehouse.published(Month.parse(month)):
                if row["customer_id"] in note.customers:
                    who = row["phone_masked"] or row["customer_id"]
                    shown.append((month, row["rank"], who))
        return shown

    def _warehouse(self, note: Note) -> dict[str, int]:
        self.told("warehouse")
        months = {Month.parse(month): persons for month, persons in note.months.items()}
        erasure = Erasure(
            note.key,
            note.request,
            note.decided_by,
            note.why,
            note.people,
            len(note.customers),
            months,
        )
        lists = []
        for month, before, after in note.lists:
            lists.append((Month.parse(month), before, after))
        values = {
            "customer": note.customers,
            "number": note.numbers,
            "row": note.rows,
        }
        return self.run.warehouse.take_out(values, erasure, lists)


def _tables(note: Note, erased: dict[str, int]) -> dict[str, int]:
    tables: dict[str, int] = {}
    for of_month in note.taken.values():
        for table, rows in of_month.items():
            tables[table] = tables.get(table, 0) + rows
    for table, rows in erased.items():
        tables[f"warehouse {table}"] = rows
    return tables


def forget(settings: Settings, request: Request, told: Told = lambda _: None) -> Done:
    """Take the people of a request out, without asking.

    Raises:
        BadInput: nobody is meant, or an earlier request was not finished.
        CheckFailed: somebody is still found somewhere.
    """
    with alone(settings.forgetting_file), closing(Forgetting(settings, told)) as work:
        return work.finish(work.begin(request, work.people(request)))


def resume(settings: Settings, told: Told = lambda _: None) -> Done:
    """Take up what a killed command was at.

    Raises:
        BadInput: nothing was.
    """
    with alone(settings.forgetting_file), closing(Forgetting(settings, told)) as work:
        note = read_note(settings.forgetting_file)
        if note is None:
            raise BadInput("no request is unfinished")
        return work.finish(note)
