"""A file of contacts (CSV, Excel, Parquet) as rows of the ledger's contract, read by the same door as every source."""

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from churn_tasks.adapters.source import files
from churn_tasks.adapters.source.errors import DamageSetAside
from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.settings import Settings
from churn_tasks.core.source_section import Source
from churn_tasks.core.wrong_fields import wrong_fields
from churn_tasks.declared.yaml_file import read_yaml
from churn_tasks.effect.contract import entry_contract
from churn_tasks.effect.entries import plain
from churn_tasks.effect.judging import Aside, Row

RELATION = "ledger"
EVERYTHING = f"SELECT * FROM {RELATION}"
MOST_TRIES = 3  # damage is found, set aside, and the others are read


class FileMapping(Closed):
    """What a mapping file says.

    Attributes:
        file: how the file is written, in the words of ``source.files``: encoding, delimiter, sheet, ...
        columns: column of the file to column of the contract.
        values: column of the contract to what a word of the file means there.
        constants: columns of the contract that the file does not have, the same in every row.
        ignore: columns of the file that are not read.
    """

    file: dict[str, Any] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()


@dataclass
class Delivered:
    """The rows of a file, and the lines that became no row."""

    rows: list[Row] = field(default_factory=list)
    damaged: list[Aside] = field(default_factory=list)


def load_mapping(file: Path | None) -> FileMapping:
    """A mapping file, or the one that changes nothing.

    Raises:
        SettingsError: it is not there, or a field of it is wrong; each named.
    """
    if file is None:
        return FileMapping()
    if not file.is_file():
        raise SettingsError(f"there is no mapping file {file}")
    try:
        mapping = FileMapping(**(read_yaml(file) or {}))
    except (ValidationError, TypeError) as error:
        raise SettingsError(f"{file}: {wrong_fields(error, FileMapping)}") from error
    _refuse_unknown(
        file,
        [*mapping.columns.values(), *mapping.values, *mapping.constants],
        entry_contract().names,
    )
    return mapping


def _refuse_unknown(file: Path, named: Sequence[str], there: Sequence[str]) -> None:
    for name in named:
        if name not in there:
            alike = ", ".join(get_close_matches(name, there, 1)) or ", ".join(there)
            raise SettingsError(
                f"{file}: the ledger has no column {name!r}; meant may be {alike}"
            )


def delivered(settings: Settings, file: Path, mapping: FileMapping) -> Delivered:
    """Every row of a file, with the columns of the contract.

    Raises:
        BadInput: there is no such file, it holds no row, cannot be read, or lacks a column; with what it has.
    """
    if not file.is_file():
        raise BadInput(f"there is no file {file}")
    made = Delivered()
    with files.opened(_reading(settings, file, mapping), None) as source:
        records = _records(source)
        for aside in source.asides(EVERYTHING):
            for line in aside.damaged:
                row = Row(line.line, {})
                made.damaged.append(Aside(row, ("damaged_line",)))
    if not records and not made.damaged:
        raise BadInput(f"{file.name} holds no row")
    if records:
        _check_columns(file, list(records[0]), mapping)
    for number, record in enumerate(records, start=1):
        made.rows.append(Row(number, _cells(record, mapping)))
    return made


def _reading(settings: Settings, file: Path, mapping: FileMapping) -> Settings:
    """The settings of a source that is this file alone."""
    drop = {**mapping.file, "path": glob.escape(file.name)}
    try:
        source = Source(kind="files", files={RELATION: drop})
    except ValidationError as error:
        raise SettingsError(f"mapping, file: {wrong_fields(error)}") from error
    folder = {"data_path": file.resolve().parent, "data_options": ""}
    one_thread = {"threads": 1}  # rows in the order of the file
    return settings.model_copy(
        update={
            "source": source,
            "environment": settings.environment.model_copy(update=folder),
            "resources": settings.resources.model_copy(update=one_thread),
        }
    )


def _records(source: files.FileSource) -> list[dict[str, Any]]:
    for _ in range(MOST_TRIES):
        try:
            with source.batches(EVERYTHING) as reader:
                return [record for batch in reader for record in batch.to_pylist()]
        except DamageSetAside:
            continue  # asked again, it gives the others
    raise BadInput("too much of the file is damaged; have it delivered again")


def _check_columns(file: Path, there: Sequence[str], mapping: FileMapping) -> None:
    """Each column of the file is one of the contract, mapped, or ignored by name; those that are needed are there."""
    contract = entry_contract()
    targets = _targets(there, mapping)
    named = {*targets.values(), *mapping.constants}
    needed = [column.name for column in contract.columns if column.required]
    missing = [name for name in needed if name not in named]
    if missing:
        raise BadInput(
            f"{file.name} lacks {', '.join(missing)}; it has {', '.join(there)}. Say which of its columns they are:"
            " columns in the file that --mapping names (docs/effect.md)."
        )
    strange = [name for name in targets if targets[name] not in contract.names]
    if strange:
        raise BadInput(
            f"{file.name} has columns that the ledger does not: {', '.join(strange)}. Map them, or name them under"
            " ignore in the file that --mapping names."
        )
    for target in contract.names:
        said_by = [name for name in targets if targets[name] == target]
        if target in mapping.constants:
            said_by.append("constants")
        if len(said_by) > 1:
            raise BadInput(
                f"{file.name}: {target} is said more than once, by {', '.join(said_by)}. Name one of them, and the"
                " others under ignore."
            )


def _targets(there: Iterable[str], mapping: FileMapping) -> dict[str, str]:
    """Column of the file to that of the contract, of those that are read."""
    targets = {}
    for name in there:
        if name not in mapping.ignore:
            targets[name] = mapping.columns.get(name, plain(name).lower())
    return targets


def _cells(record: dict[str, Any], mapping: FileMapping) -> dict[str, str]:
    """One row in the words of the contract."""
    cells = dict(mapping.constants)
    for name, target in _targets(record, mapping).items():
        text = plain(record[name])
        cells[target] = mapping.values.get(target, {}).get(text, text)
    return cells
