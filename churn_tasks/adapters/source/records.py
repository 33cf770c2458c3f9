"""Lines of a CSV file as records, read on behind a damaged one: a quote that is never closed costs one line.

A record is tried from its first line on. Where its quotes do not fit, where it has run over more lines than any value,
or where it took several lines and still has the wrong number of fields, its first line is damaged and
the next one begins a record of its own.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from churn_tasks.adapters.source.aside import UNDECODABLE
from churn_tasks.declared.row_rules import ENCODING, QUOTES

MOST_LINES, MOST_CHARACTERS = 1_000, 2 << 20  # of one record
MARKING = "churn_undecodable"  # error handler: bytes that are no text become one sign
NULL = r"\N"  # an empty value as MySQL writes it
csv.field_size_limit(MOST_CHARACTERS)


def _marked(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return UNDECODABLE, error.end


codecs.register_error(MARKING, _marked)


@dataclass(slots=True)
class Record:
    """One line of a table, be it a row or not.

    Attributes:
        line: its first line, counted from 1.
        damage: why it is no row; empty where nothing is wrong so far.
    """

    line: int
    cells: list[str]
    text: str
    damage: str = ""

    @property
    def is_cut_off(self) -> bool:
        """Whether it is the last line of a text and lacks its end."""
        return not self.text.endswith(("\n", "\r"))


@dataclass(frozen=True)
class Dialect:
    """How fields are parted; ``escape`` is empty where quotes are doubled."""

    delimiter: str
    quote: str
    escape: str = ""


class _Endless(Exception):
    """A record takes more lines than any value has."""


class _Lines:
    """Lines with their numbers, of which those of the present record can be put back."""

    def __init__(self, lines: Iterator[str], first: int) -> None:
        self._lines, self._again = lines, deque[str]()
        self.taken: list[str] = []
        self._characters = 0
        self.number = first  # of the present record's first line

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES or self._characters > MOST_CHARACTERS:
            raise _Endless
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self._characters += len(line)
        return line

    def begin(self) -> None:
        """The next line is the first of a record."""
        self.number += len(self.taken)
        self.taken, self._characters = [], 0

    def keep_first(self) -> str:
        """Of the lines taken, leave all but the first to the records that follow."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self.taken = [first]
        return first


class CsvRecords:
    """The records of a CSV text.

    Attributes:
        fits: whether cells are as many as a row has; asked of records that took several lines.
    """

    def __init__(
        self,
        lines: Iterator[str],
        dialect: Dialect,
        comments: tuple[str, ...] = (),
        first: int = 1,
    ) -> None:
        self._source, self._dialect = _Lines(lines, first), dialect
        self._comments = comments
        self.fits: Callable[[list[str]], bool] = lambda _: True
        sign = re.escape(dialect.delimiter)
        self._null = re.compile(rf"(?:(?<={sign})|^)\\N(?={sign}|[\r\n]*$)")

    def __iter__(self) -> Iterator[Record]:
        source = self._source
        reader = self._reader()
        while True:
            source.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _Endless):
                yield self._first_alone(QUOTES)
                reader = self._reader()
                continue
            if len(source.taken) > 1 and not self._goes_together(cells):
                yield self._first_alone(QUOTES)
                reader = self._reader()
                continue
            text = source.taken[0] if len(source.taken) == 1 else "".join(source.taken)
            is_damaged = UNDECODABLE in text or "\0" in text
            yield Record(source.number, cells, text, ENCODING if is_damaged else "")

    def _goes_together(self, cells: list[str]) -> bool:
        """Whether a record of several lines is one: of the right size, and no comment."""
        return self.fits(cells) and not self.is_comment(self._source.taken[0])

    def _first_alone(self, damage: str) -> Record:
        """The first line of a record that cannot be read as one; a comment may hold any quotes."""
        line = self._source.keep_first()
        if self.is_comment(line):
            damage = ""
        elif UNDECODABLE in line:
            damage = ENCODING
        return Record(self._source.number, [line.strip()], line, damage)

    def is_comment(self, text: str) -> bool:
        """Whether a line holds no row, by how it begins."""
        return bool(self._comments) and text.startswith(self._comments)

    def _reader(self) -> Iterator[list[str]]:
        dialect = self._dialect
        lines: Iterator[str] = self._source
        if dialect.escape == "\\":
            lines = (self._null.sub("", line) for line in self._source)
        return csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape or None,
            strict=True,
        )
