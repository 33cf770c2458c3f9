"""A file with a frame or with damaged lines becomes a plain one: its rows alone, as CSV in a file without a name."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.source.csv import check_names, refuse_other_delimiter
from churn_tasks.adapters.source.frame import Frame
from churn_tasks.adapters.source.records import (
    MARKING,
    CsvRecords,
    Dialect,
    Record,
)
from churn_tasks.core.errors import BadInput
from churn_tasks.core.source_section import FileDrop

MARK = "\ufeff"


@dataclass(frozen=True)
class TableFile:
    """One file and what is said of it.

    Attributes:
        relation, name: for messages.
        delimiter: the one at work, stated or by the file's ending.
    """

    relation: str
    name: str
    drop: FileDrop
    delimiter: str


def rewrite_csv(
    file: TableFile, stream: BinaryIO, encoding: str, into: BinaryIO
) -> tuple[tuple[str, ...], FileAside]:
    """Write the rows of a CSV text; the names of its columns, and what is no row.

    Raises:
        BadInput, SettingsError: its names are missing, blank or repeated, another delimiter is at work, or too much is
            damaged.
    """
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, errors=MARKING, newline="")
    try:
        aside = FileAside(file.relation, file.name)
        frame = Frame(file.drop, aside, file.delimiter)
        lines, above = _lines(text), 0
        if file.drop.names_line:
            above = file.drop.names_line - 1
        for _ in range(above):
            frame.above(next(lines, ""))
        dialect = Dialect(file.delimiter, file.drop.quote, file.drop.escape)
        records = CsvRecords(lines, dialect, file.drop.comments, above + 1)
        read = iter(records)
        names = frame.names(read)
        refuse_other_delimiter(file.relation, file.name, file.delimiter, names)
        rows = frame.rows(read, _checked(file, names))
        records.fits = frame.fits
        return _written(names, rows, into), aside
    finally:
        text.detach()


def rewrite_sheet(
    file: TableFile, records: Iterator[Record], into: BinaryIO
) -> tuple[tuple[str, ...], FileAside]:
    """The same of the rows of an Excel sheet, each with its number there.

    Raises:
        BadInput: its names are missing, blank or repeated.
    """
    aside = FileAside(file.relation, file.name)
    frame = Frame(file.drop, aside)
    below = _behind_those_above(records, frame, file.drop.names_line or 1)
    names = frame.names(below)
    rows = frame.rows(below, _checked(file, names))
    return _written(names, rows, into), aside


def _behind_those_above(
    records: Iterator[Record], frame: Frame, first: int
) -> Iterator[Record]:
    for record in records:
        if record.line < first:
            frame.above(record.text)
        else:
            yield record


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines without a mark at the start of the text."""
    for number, line in enumerate(text):
        yield line.removeprefix(MARK) if number == 0 else line


def _checked(file: TableFile, names: list[str]) -> list[str]:
    """The names, of which some may be missing where the settings say so.

    Raises:
        BadInput: they are no names, or none is there.
    """
    if not any(names):
        raise BadInput(
            f"{file.name} is empty: not even a line with the names of the columns"
        )
    named = names
    if file.drop.nameless != "refused":
        named = [name for name in names if name]
    is_line = not file.drop.columns
    check_names(file.relation, file.name, tuple(named), is_first_line=is_line)
    return names


def _written(
    names: list[str], rows: Iterable[list[str]], into: BinaryIO
) -> tuple[str, ...]:
    """Write the rows; the names of their columns."""
    text = io.TextIOWrapper(into, encoding="utf-8", newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    text.flush()
    text.detach()
    return tuple(name for name in names if name)
