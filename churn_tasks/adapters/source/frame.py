"""Rows of a table out of the lines of its file: what stands around and between them is told apart and counted.

Nothing is left out because of where it stands alone. A line below the last row that looks like a row is one, whatever
the settings say of footers; a totals row has to add up; a line that fits nothing is damaged and noted by its number.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.source.records import Record
from churn_tasks.adapters.source.totals import Totals
from churn_tasks.core.errors import BadInput
from churn_tasks.core.source_section import FileDrop
from churn_tasks.declared.row_rules import DAMAGE, FIELDS, TOTALS

BLANK = " ,;\t|\"'\r\n\ufeff"  # what a line without content may hold
LOOKED_AT = 1_000  # rows whose columns tell which of them hold numbers or days
_VALUE = re.compile(r"[+\-¥￥]?[0-9０-９][0-9０-９.,:/ Tt年月日-]*(?:[eE][+-]?[0-9]+)?")


def is_value(cell: str) -> bool:
    """Whether a cell holds a number, a day or the like.

    >>> [is_value(cell) for cell in ("58.00", "2024-01", "2024年1月", "amount", "第1页")]
    [True, True, True, False, False]
    """
    return _VALUE.fullmatch(cell.strip()) is not None


def filled(cells: Sequence[str]) -> int:
    """How many cells hold something."""
    return sum(1 for cell in cells if cell.strip())


class Frame:
    """Tells rows from the lines around them.

    Args:
        drop: what the settings say of the file.
        aside: counts and names what is no row.
        delimiter: the one at work.
    """

    def __init__(self, drop: FileDrop, aside: FileAside, delimiter: str = ",") -> None:
        self._drop, self._aside, self._delimiter = drop, aside, delimiter
        self._above: set[str] = set()
        self._texts_above: list[str] = []
        self._names: list[list[str]] = []
        self._delayed: deque[Record] = deque()  # perhaps the footer
        self._pending: list[Record] = []  # footer or totals, if no row follows
        self._footer_began = False
        self._rows_below: list[Record] = []
        self._are_values: list[bool] = []
        self._are_filled: list[bool] = []
        self._seen = 0

    def above(self, text: str) -> None:
        """A line above the names."""
        self._texts_above.append(text)
        if text.strip(BLANK):
            self._aside.frame["above_names"] += 1
            self._above.add(text.strip())

    def names(self, records: Iterator[Record]) -> list[str]:
        """The names of all columns, those without one empty; the lines below them are passed."""
        drop = self._drop
        if drop.columns and drop.names_line is None:
            return list(drop.columns)
        for record in records:
            self._note_name_line(record)
            if len(self._names) == drop.names_lines:
                break
        self._aside.frame["names"] += len(self._names)
        for _ in range(drop.lines_below_names if self._names else 0):
            below = next(records, None)
            if below and _is_full_row(below.cells, len(self._names[0])):
                self._rows_below.append(below)
            elif below:
                self._aside.frame["below_names"] += 1
                self._names.append([cell.strip() for cell in below.cells])
        named = joined(self._names[: drop.names_lines])
        self._refuse_rows_above(len(named))
        return list(drop.columns) or named

    def _refuse_rows_above(self, width: int) -> None:
        """Raises BadInput: a line above the names is as wide and full as a row, with a number in it."""
        sign = self._delimiter
        for number, cells in enumerate(
            csv.reader(self._texts_above, delimiter=sign), 1
        ):
            if _is_full_row(cells, width):
                raise BadInput(
                    f"{self._aside.file}, line {number} looks like a row, and source.files.{self._aside.relation}."
                    f"names_line says that the names stand below it; churn check-source says where they are"
                )

    def _note_name_line(self, record: Record) -> None:
        """A line of names, if it is no comment and not blank.

        Raises:
            BadInput: it is damaged.
        """
        if self._begins_as(record, self._drop.comments):
            self._aside.frame["comments"] += 1
        elif record.damage:
            raise BadInput(
                f"{self._aside.file}, line {record.line}: the names of the columns cannot be read:"
                f" {DAMAGE[record.damage][0]}"
            )
        elif filled(record.cells) or self._drop.names_line:
            self._names.append([cell.strip() for cell in record.cells])

    def rows(
        self, records: Iterable[Record], names: Sequence[str]
    ) -> Iterator[list[str]]:
        """The cells of every row, in the order and number of the named columns."""
        self._named = [place for place, name in enumerate(names) if name]
        self._width = len(names)
        self._is_whole = len(self._named) == self._width
        self._totals = Totals(self._drop.totals, self._width)
        self._are_values = [True] * self._width
        self._are_filled = [bool(name) for name in names]
        for record in chain(self._rows_below, records):
            if not any(record.cells) and not record.damage and len(record.cells) < 2:
                continue  # a blank line
            self._delayed.append(record)
            if len(self._delayed) > self._drop.footer_lines:
                yield from self._judged(self._delayed.popleft())
        for record in self._delayed:
            if self.is_row(record):
                yield from self._judged(record)
            else:
                yield from self._last(record, "footer")
        for record in self._pending:
            yield from self._last(record, "footer")

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether cells are as many as a row has; nameless columns at its end may be left off or added."""
        if len(cells) == self._width:
            return True
        if self._drop.nameless == "refused":
            return False
        if len(cells) < self._width:
            return bool(self._named) and len(cells) > self._named[-1]
        return self._drop.nameless == "skipped" or not filled(cells[self._width :])

    def is_row(self, record: Record) -> bool:
        """Whether a line looks like those above it: as many cells, most filled, numbers where they have numbers."""
        cells = record.cells
        if record.damage or not self.fits(cells):
            return False
        if self._totals.may_be(cells):
            return True
        if self._width > 1 and 2 * filled(cells) <= len(self._named):
            return False
        for cell, holds_values in zip(cells, self._are_values, strict=False):
            if self._seen and holds_values and cell.strip() and not is_value(cell):
                return False
        return True

    def _judged(self, record: Record) -> Iterator[list[str]]:
        """The row of a line, if it is one; and of those before it that waited for what follows."""
        drop = self._drop
        if record.damage:
            if self._is_footer(record):
                self._pending.append(record)
            else:
                self._set_aside(record, record.damage)
        elif self._begins_as(record, drop.comments):
            self._aside.frame["comments"] += 1
        elif drop.repeated_names and self._is_repeated(record):
            self._aside.frame["repeated_names"] += 1
        elif self._totals.may_be(record.cells) and self.fits(record.cells):
            self._totals_row(record)
        elif self._is_footer(record):
            self._pending.append(record)
        elif self.fits(record.cells):
            yield from self._row(record)
        else:
            self._set_aside(record, FIELDS)

    def _row(self, record: Record) -> Iterator[list[str]]:
        """A row; what waited before it was no end of the table."""
        for waiting in self._pending:
            if waiting.damage or not self.fits(waiting.cells):
                self._set_aside(waiting, waiting.damage or FIELDS)
            elif self._totals.may_be(waiting.cells) and self._lacks(waiting.cells):
                self._set_aside(waiting, TOTALS)
            else:
                yield from self._cells(waiting)
        self._pending, self._footer_began = [], False
        yield from self._cells(record)

    def _cells(self, record: Record) -> Iterator[list[str]]:
        cells = record.cells
        if not self._is_whole or len(cells) != self._width:
            cells = self._of_named_columns(cells)
            if not cells:
                self._set_aside(record, FIELDS)
                return
        if self._drop.totals:
            self._totals.add(record.cells[: self._width])
            for place, cell in enumerate(record.cells[: self._width]):
                self._are_filled[place] &= bool(cell.strip())
        if self._seen < LOOKED_AT and self._looks_for_values:
            self._look(record.cells)
        self._aside.row(record.line)
        yield cells

    @property
    def _looks_for_values(self) -> bool:
        return bool(self._drop.footer_lines or self._drop.footer_begins)

    def _look(self, cells: Sequence[str]) -> None:
        """Note which columns hold something else than numbers and days."""
        self._seen += 1
        for place, cell in enumerate(cells[: self._width]):
            if cell.strip() and not is_value(cell):
                self._are_values[place] = False

    def _of_named_columns(self, cells: list[str]) -> list[str]:
        """The cells of columns with names; none where one without a name holds something that it must not."""
        padded = cells + [""] * (self._width - len(cells))
        kept = [padded[place] for place in self._named]
        if self._drop.nameless == "empty" and filled(kept) != filled(padded):
            return []
        return kept

    def _totals_row(self, record: Record) -> None:
        """A line that begins like a totals row: passed where it adds up; else it waits for what follows."""
        if self._totals.adds_up(record.cells, is_last=False):
            self._aside.frame["totals"] += 1
            self._totals.begin_group()
        else:
            self._pending.append(record)

    def _last(self, record: Record, kind: str) -> Iterator[list[str]]:
        """A line behind the last row."""
        is_total = not record.damage and self._totals.may_be(record.cells)
        if not is_total:
            self._aside.frame[kind] += 1
        elif self._totals.adds_up(record.cells, is_last=True):
            self._aside.frame["totals"] += 1
        elif self.fits(record.cells) and not self._lacks(record.cells):
            yield from self._cells(record)
        else:
            self._set_aside(record, TOTALS)

    def _is_footer(self, record: Record) -> bool:
        """Whether a footer begins here, or goes on, if no row follows."""
        if not self._drop.footer_begins or self.is_row(record):
            return False
        begins = self._begins_as(record, self._drop.footer_begins)
        self._footer_began = self._footer_began or begins
        return self._footer_began

    def _lacks(self, cells: Sequence[str]) -> bool:
        """Whether a cell is empty where every row has one filled."""
        padded = [*cells, *[""] * (self._width - len(cells))]
        for cell, is_always_filled in zip(padded, self._are_filled, strict=False):
            if is_always_filled and not cell.strip():
                return True
        return False

    def _is_repeated(self, record: Record) -> bool:
        cells = [cell.strip() for cell in record.cells]
        return cells in self._names or record.text.strip() in self._above

    @staticmethod
    def _begins_as(record: Record, beginnings: tuple[str, ...]) -> bool:
        if not beginnings:
            return False
        if record.text.startswith(beginnings):
            return True
        return bool(record.cells) and record.cells[0].strip().startswith(beginnings)

    def _set_aside(self, record: Record, reason: str) -> None:
        """Note a damaged line.

        Raises:
            BadInput: it is the last one, without its end: how many rows are missing nobody can tell.
        """
        if record.is_cut_off and reason != TOTALS:
            raise BadInput(
                f"{self._aside.file} ends within a row, line {record.line}: was it cut off? Deliver the whole file;"
                f" if the line is a footer, set source.files.{self._aside.relation}.footer_begins"
            )
        self._aside.damage(record.line, reason, record.text)


def _is_full_row(cells: Sequence[str], width: int) -> bool:
    """Whether a line looks like a row before any was seen: every cell filled, one of them with a number or a day."""
    return (
        width > 1 and len(cells) == width == filled(cells) and any(map(is_value, cells))
    )


def joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """Names that stand over several lines, with ``_`` between; a merged cell holds for those on its right.

    >>> joined([["账户", "费用", ""], ["", "月租", "通话"]])
    ['账户', '费用_月租', '费用_通话']
    >>> joined([["a", "b"]])
    ['a', 'b']
    """
    if not lines:
        return []
    width = max(len(line) for line in lines)
    names = [""] * width
    for number, line in enumerate(lines, 1):
        parts = [*line, *[""] * (width - len(line))]
        if number < len(lines):
            parts = _spread(parts)
        for place, part in enumerate(parts):
            if part and names[place] and part != names[place]:
                names[place] += f"_{part}"
            else:
                names[place] = names[place] or part
    return names


def _spread(parts: Sequence[str]) -> list[str]:
    """Empty cells take what stands on their left."""
    spread, left = [], ""
    for part in parts:
        left = part or left
        spread.append(left)
    return spread
