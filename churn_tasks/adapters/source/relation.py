"""One relation of a file source: its files found, made readable, and put behind one piece of SQL."""

import csv
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.source.complete import require_complete
from churn_tasks.adapters.source.csv import CsvFile, csv_file, plain_file
from churn_tasks.adapters.source.file_names import (
    DropFile,
    common_format,
    delimiter_of,
    packing_of,
    pattern_of,
    with_month,
)
from churn_tasks.adapters.source.folder import Folder
from churn_tasks.adapters.source.parquet import columns_without_values, read_sql
from churn_tasks.adapters.source.rewrite import (
    TableFile,
    rewrite_csv,
    rewrite_sheet,
)
from churn_tasks.adapters.source.sheet import UnclearSheet, opened_sheet
from churn_tasks.adapters.source.storage import Storage
from churn_tasks.adapters.source.unpack import (
    Budget,
    Undecodable,
    Utf8,
    nameless,
    pieces,
    refuse_other_encoding,
    unpacked,
)
from churn_tasks.core.errors import BadInput, NotReady, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.source_section import FileDrop, Source
from churn_tasks.declared.row_rules import ENCODING


@dataclass(frozen=True)
class Workplace:
    """What opening a file needs: where the files are, for which month, within which limits, who closes them."""

    place: Folder | Storage
    month: Month | None
    source: Source
    budget: Budget
    state_dir: Path
    stack: ExitStack

    def nameless(self) -> BinaryIO:
        return self.stack.enter_context(nameless(self.state_dir))


@dataclass
class Relation:
    """One name of ``source.files``, its files opened.

    Attributes:
        asides: file name -> what of it is no row, of files that were read line by line.
        rewritten: file name -> the rows of such a file.
        unread: CSV files that DuckDB has not been seen to refuse: name, its place in ``paths``, its text as UTF-8.
        calls: file name -> the call of DuckDB's reader, in the order of names.
        paths: ``/dev/fd/<n>`` of every file.
        empty: file name -> columns in which a Parquet file holds no value, whatever their type.
        sizes: of files that are read where they lie: name, descriptor, and size and time of change when opened.
    """

    name: str
    calls: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    empty: dict[str, set[str]] = field(default_factory=dict)
    asides: dict[str, FileAside] = field(default_factory=dict)
    rewritten: dict[str, CsvFile] = field(default_factory=dict)
    unread: list[tuple[TableFile, int, BinaryIO]] = field(default_factory=list)
    sizes: list[tuple[str, int, tuple[int, int]]] = field(default_factory=list)

    @property
    def sql(self) -> str:
        """All files as one relation, by name of column."""
        selects = [f"SELECT * FROM {call}" for call in self.calls.values()]
        return " UNION ALL BY NAME ".join(selects)

    def refuse_changes(self) -> None:
        """Raises NotReady: a file was written to while it was read."""
        for name, descriptor, before in self.sizes:
            if _size(descriptor) != before:
                raise self.changed(name)

    def mend(self, workplace: Workplace) -> bool:
        """Read the CSV files line by line and set damaged lines aside; whether there was a file to read so.

        Raises:
            BadInput: too much of a file is damaged.
        """
        files, self.unread = self.unread, []
        for file, place, text in files:
            readable = _rewritten(self, file, text, "utf-8", workplace)
            self.paths[place] = readable.path
            self.calls[file.name] = readable.read_sql()
        return bool(files)

    def places(self, rows: Sequence[Mapping[str, str | None]]) -> list[tuple[str, int]]:
        """File and line of each of some rows; no file and line 0 where it stands in none that was read line by line.

        Args:
            rows: column -> value, all of the same columns.
        """
        columns = set().union(*rows)
        wanted: dict[frozenset[tuple[str, str]], list[int]] = {}
        for number, row in enumerate(rows):
            wanted.setdefault(_filled(row), []).append(number)
        places = [("", 0)] * len(rows)
        for name, file in self.rewritten.items():
            lines = self.asides[name].lines
            with open(file.path, encoding="utf-8", newline="") as text:
                for line, cells in zip(lines, csv.reader(text), strict=True):
                    row = dict(zip(file.columns, cells, strict=True))
                    asked = {column: row[column] for column in columns & row.keys()}
                    numbers = wanted.get(_filled(asked))
                    if numbers:
                        places[numbers.pop()] = (name, line)
        return places

    def changed(self, file: str) -> NotReady:
        return NotReady(
            f"source.files.{self.name}: {file} was written to while it was read; a delivery goes on"
        )


def _filled(row: Mapping[str, str | None]) -> frozenset[tuple[str, str]]:
    """A row by what it holds; files of one relation may have different columns."""
    return frozenset((name, str(value)) for name, value in row.items() if value)


def relation(name: str, workplace: Workplace) -> Relation:
    """Open the files of one relation.

    Raises:
        SettingsError: the pattern leads out of the folder, or a setting does not fit the files.
        NotReady: no file is there yet, or one is not complete.
        BadInput: a file cannot be read.
    """
    drop = workplace.source.files[name]
    files = matching(name, drop, workplace)
    kind = common_format(name, files, drop)
    made = Relation(name)
    for file in files:
        require_complete(name, file, drop)
        add_file(made, file, drop, kind, workplace)
    return made


def matching(name: str, drop: FileDrop, workplace: Workplace) -> list[DropFile]:
    """The files of one relation, by name.

    Raises:
        SettingsError, NotReady, BadInput: as :func:`relation`.
    """
    pattern = pattern_of(name, drop.path, workplace.month)
    try:
        files = list[DropFile](workplace.place.matching(pattern))
    except (BadInput, ValueError, NotImplementedError) as error:
        raise BadInput(f"source.files.{name}: {error}") from None
    if not files:
        there = ", ".join(workplace.place.holds()) or "nothing"
        raise NotReady(
            f"source.files.{name}: no file matches {pattern!r} in {workplace.place}, which holds {there}"
        )
    return files


def add_file(
    made: Relation, file: DropFile, drop: FileDrop, kind: str, workplace: Workplace
) -> None:
    """Open one more file of a relation; raises as :func:`relation`."""
    stream = workplace.stack.enter_context(file.open())
    if not file.is_local:
        stream = _copied(file.name, stream, workplace)
    before = _size(stream.fileno())
    if kind == "parquet":
        _add_parquet(made, file, stream, drop, workplace)
        is_read_in_place = True
    elif kind == "xlsx":
        is_read_in_place = False
        _add_sheet(made, file, stream, drop, workplace)
    else:
        is_read_in_place = _add_csv(made, file, stream, drop, workplace)
    if is_read_in_place and file.is_local:
        made.sizes.append((file.name, stream.fileno(), before))
    elif _size(stream.fileno()) != before:
        raise made.changed(file.name)


def _add_parquet(
    made: Relation,
    file: DropFile,
    stream: BinaryIO,
    drop: FileDrop,
    workplace: Workplace,
) -> None:
    setting = f"source.files.{made.name}"
    if drop.framed:
        raise SettingsError(
            f"{setting}.{drop.framed[0]} is of CSV and Excel files; {file.name} is Parquet"
        )
    path = f"/dev/fd/{stream.fileno()}"
    footer = _footer(file.name, path, workplace.budget)
    made.calls[file.name] = read_sql(file.name, path, footer, drop.timestamps, setting)
    made.empty[file.name] = columns_without_values(footer)
    made.paths.append(path)


def _add_sheet(
    made: Relation,
    file: DropFile,
    stream: BinaryIO,
    drop: FileDrop,
    workplace: Workplace,
) -> None:
    wanted = with_month(drop.sheet, workplace.month)
    most = workplace.source.max_sheet_rows
    try:
        sheet = opened_sheet(file.name, stream, wanted, most, workplace.budget)
    except UnclearSheet as unclear:
        raise SettingsError(str(unclear)) from None
    into = workplace.nameless()
    table = TableFile(made.name, file.name, drop, ",")
    columns, made.asides[file.name] = rewrite_sheet(table, sheet.records, into)
    plain = plain_file(file.name, f"/dev/fd/{into.fileno()}", columns)
    made.rewritten[file.name] = plain
    made.calls[file.name] = plain.read_sql()
    made.paths.append(plain.path)


def _add_csv(
    made: Relation,
    file: DropFile,
    stream: BinaryIO,
    drop: FileDrop,
    workplace: Workplace,
) -> bool:
    """Whether the file is read where it lies."""
    packing = packing_of(file)
    table = TableFile(made.name, file.name, drop, delimiter_of(file.name, drop))
    text = None
    if not drop.framed:
        text = _as_utf8(file.name, stream, drop, packing, workplace)
    if text is None:
        if packing:
            stream = unpacked_copy(file.name, stream, packing, workplace)
        readable = _rewritten(made, table, stream, drop.encoding, workplace)
    else:
        path = f"/dev/fd/{text.fileno()}"
        readable = csv_file(made.name, file.name, path, drop, table.delimiter)
        made.unread.append((table, len(made.paths), text))
    made.calls[file.name] = readable.read_sql()
    made.paths.append(readable.path)
    return text is stream


def _rewritten(
    made: Relation,
    file: TableFile,
    stream: BinaryIO,
    encoding: str,
    workplace: Workplace,
) -> CsvFile:
    """The rows of a CSV file alone; what is no row is noted."""
    into = workplace.nameless()
    try:
        columns, aside = rewrite_csv(file, stream, encoding, into)
    except BadInput:
        refuse_other_encoding(file.name, stream, encoding)
        raise
    if encoding == "gb18030" or aside.has(ENCODING):
        refuse_other_encoding(file.name, stream, encoding)
    made.asides[file.name] = aside
    plain = plain_file(file.name, f"/dev/fd/{into.fileno()}", columns)
    made.rewritten[file.name] = plain
    return plain


def unpacked_copy(
    name: str, stream: BinaryIO, packing: str, workplace: Workplace
) -> BinaryIO:
    """The bytes of a file as they are behind their packing, in a file without a name."""
    stream.seek(0)
    copy = workplace.nameless()
    for piece in unpacked(name, stream, packing, workplace.budget):
        copy.write(piece)
    copy.flush()
    return copy


def _copied(name: str, stream: BinaryIO, workplace: Workplace) -> BinaryIO:
    """The bytes of an object as they are, in a file without a name."""
    copy = workplace.nameless()
    with workplace.place.sorted_errors(name):  # type: ignore[union-attr]
        for piece in pieces(stream):
            workplace.budget.spend(name, len(piece), 0, None)
            copy.write(piece)
    copy.flush()
    copy.seek(0)
    return copy


def _as_utf8(
    name: str, stream: BinaryIO, drop: FileDrop, packing: str, workplace: Workplace
) -> BinaryIO | None:
    """The text that DuckDB reads: the given file if it is plain, else a nameless one; None where bytes are no text."""
    text = Utf8(name, drop.encoding)
    spent = workplace.budget.spent
    try:
        if not packing and drop.encoding == "utf-8":
            for piece in pieces(stream):
                text.piece(piece)
            text.end()
            return stream
        made = workplace.nameless()
        for piece in unpacked(name, stream, packing, workplace.budget):
            made.write(text.piece(piece))
        made.write(text.end())
        made.flush()
    except Undecodable:
        workplace.budget.spent = spent
        return None
    return made


def _footer(name: str, path: str, budget: Budget) -> pq.FileMetaData:
    """What a Parquet file says of itself.

    Raises:
        BadInput: it is damaged, or claims to unpack to too much; a value counts as a byte at least.
    """
    try:
        footer = pq.ParquetFile(path).metadata
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"{name} is not a whole Parquet file: {type(error).__name__}"
        ) from None
    claimed = 0
    for number in range(footer.num_row_groups):
        claimed += footer.row_group(number).total_byte_size
    size = max(claimed, footer.num_rows * footer.num_columns)
    budget.spend(name, size, 0, None)
    return footer


def _size(descriptor: int) -> tuple[int, int]:
    state = os.fstat(descriptor)
    return state.st_size, state.st_mtime_ns
