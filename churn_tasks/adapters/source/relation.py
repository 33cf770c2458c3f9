"""One relation of a file source: its files found, made readable, and put behind one piece of SQL."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.adapters.source.complete import require_complete
from churn_tasks.adapters.source.csv import CsvFile, csv_file
from churn_tasks.adapters.source.file_names import (
    DropFile,
    common_format,
    packing_of,
    pattern_of,
)
from churn_tasks.adapters.source.folder import Folder
from churn_tasks.adapters.source.parquet import columns_without_values, read_sql
from churn_tasks.adapters.source.sheet import csv_of_sheet
from churn_tasks.adapters.source.storage import Storage
from churn_tasks.adapters.source.unpack import (
    Budget,
    Utf8,
    nameless,
    pieces,
    unpacked,
)
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.source_section import FileDrop, Source


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
        calls: file name -> the call of DuckDB's reader, in the order of names.
        paths: ``/dev/fd/<n>`` of every file.
        empty: file name -> columns in which a Parquet file holds no value, whatever their type.
        sizes: of files that are read where they lie: name, descriptor, and size and time of change when opened.
    """

    name: str
    calls: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    empty: dict[str, set[str]] = field(default_factory=dict)
    csv_files: list[CsvFile] = field(default_factory=list)
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

    def changed(self, file: str) -> NotReady:
        return NotReady(
            f"source.files.{self.name}: {file} was written to while it was read; a delivery goes on"
        )


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
        _add(made, file, drop, kind, workplace)
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


def _add(
    made: Relation, file: DropFile, drop: FileDrop, kind: str, workplace: Workplace
) -> None:
    stream = workplace.stack.enter_context(file.open())
    if not file.is_local:
        stream = _copied(file.name, stream, workplace)
    before = _size(stream.fileno())
    readable = _converted(file.name, stream, drop, kind, packing_of(file), workplace)
    path = f"/dev/fd/{readable.fileno()}"
    if readable is stream and file.is_local:
        made.sizes.append((file.name, stream.fileno(), before))
    elif _size(stream.fileno()) != before:
        raise made.changed(file.name)
    if kind == "parquet":
        footer = _footer(file.name, path, workplace.budget)
        setting = f"source.files.{made.name}"
        made.calls[file.name] = read_sql(
            file.name, path, footer, drop.timestamps, setting
        )
        made.empty[file.name] = columns_without_values(footer)
    else:
        csv = csv_file(made.name, file.name, path, drop)
        made.csv_files.append(csv)
        made.calls[file.name] = csv.read_sql()
    made.paths.append(path)


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


def _converted(
    name: str,
    stream: BinaryIO,
    drop: FileDrop,
    kind: str,
    packing: str,
    workplace: Workplace,
) -> BinaryIO:
    """The file that DuckDB reads: the given one if it is plain, else a nameless one."""
    if kind == "parquet":
        return stream
    if kind == "xlsx":
        made = workplace.nameless()
        csv_of_sheet(
            name,
            stream,
            drop.sheet,
            workplace.source.max_sheet_rows,
            workplace.budget,
            made,
        )
        made.flush()
        return made
    text = Utf8(name, drop.encoding)
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
