"""File drops as a source: CSV, Parquet and small Excel files, read through DuckDB in Arrow batches with bounded memory.

Each name in ``source.files`` is a view over the files that match its pattern, opened when a query first reads it. A
query sees the views and can open nothing else. DuckDB is given descriptors, never names: a plain file in the folder is
read where it lies; what is packed, in another encoding, an Excel sheet or in an object storage becomes a file without
a name first (``unpack``). What a query spills goes encrypted into a folder of this process alone, which is
removed at the end, or by the next process when this one was killed.
"""

import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from churn_tasks.adapters.sessions import settle_duckdb
from churn_tasks.adapters.source.aside import (
    MOST_NOTED,
    DamagedLine,
    FileAside,
    shown_text,
)
from churn_tasks.adapters.source.errors import DamageSetAside, shown, streamed
from churn_tasks.adapters.source.folder import Folder
from churn_tasks.adapters.source.opened import Relations
from churn_tasks.adapters.source.queries import relations_in
from churn_tasks.adapters.source.relation import Relation, Workplace, relation
from churn_tasks.adapters.source.storage import Storage
from churn_tasks.adapters.source.unpack import Budget
from churn_tasks.adapters.source.unreadable import WITHOUT, Guarded, guarded
from churn_tasks.adapters.spill import spill_folder
from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.row_rules import DAMAGE, UNREADABLE

CANNOT_READ = "Conversion Error"


@contextmanager
def opened(settings: Settings, month: Month | None) -> Iterator["FileSource"]:
    """The folder or object storage at ``CHURN_DATA_PATH``.

    Raises:
        SettingsError: it is not set, or not there.
    """
    data_path = settings.environment.data_path
    if not data_path or not settings.source.files:
        raise SettingsError(
            f"CHURN_DATA_PATH is {data_path or 'not set'} and source.files has {len(settings.source.files)} names;"
            " a profile that reads files needs both"
        )
    place = _place(str(data_path), settings.environment.data_options)
    place.check()
    budget = Budget.of(settings.source.max_unpacked, settings.source.max_unpack_ratio)
    with ExitStack() as stack, _spilling(settings.state_dir) as spill:
        workplace = Workplace(
            place, month, settings.source, budget, settings.state_dir, stack
        )
        yield FileSource(settings, workplace, spill)


def _place(data_path: str, options: str) -> Folder | Storage:
    local = data_path.removeprefix("file://")
    if "://" in local:
        return Storage(local, options)
    return Folder(Path(local))


class FileSource:
    """The relations of one month; see :class:`churn_tasks.adapters.source.Source`."""

    def __init__(self, settings: Settings, workplace: Workplace, spill: Path) -> None:
        self.settings, self.workplace, self._spill = settings, workplace, spill
        self._relations: dict[str, Relation] = {}
        self._guarded: dict[str, str] = {}  # a SELECT, and the one asked in its place
        self._unreadable: dict[str, Unreadable] = {}

    @contextmanager
    def batches(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        read = self._read_by(sql)
        asked = self._guarded.get(sql, sql)
        with self._connection(read, is_guarded=asked != sql) as connection:
            try:
                _refuse_other_statements(connection, sql)
                reader = connection.sql(asked).to_arrow_reader(
                    self.settings.source.batch_rows
                )
            except duckdb.Error as error:
                # the original quotes values; so would its traceback
                raise self._refused(error, sql, read) from None
            batches = partial(self._checked, reader, sql, read)
            with streamed(reader.schema, batches, nullcontext()) as checked:
                yield checked

    def relations(self, sql: str) -> Relations:
        """Columns and DuckDB types of each relation that the query reads, and of its files."""
        relations: Relations = {}
        for read in self._read_by(sql):
            filled: set[str] = set()
            with self._connection([read]) as connection:
                whole = _columns(connection, f"({read.sql})")
                for file, call in read.calls.items():
                    columns = _columns(connection, call)
                    empty = read.empty.get(file, set())
                    filled |= columns.keys() - empty
                    relations[f"{read.name}/{file}"] = _without_types(columns, empty)
            relations[read.name] = _without_types(whole, whole.keys() - filled)
        return relations

    def _read_by(self, sql: str) -> list[Relation]:
        """The relations that a query reads, their files opened."""
        read = []
        declared = self.settings.source.files.keys()
        for name in sorted(self._names_in(sql) & declared):
            if name not in self._relations:
                self._relations[name] = relation(name, self.workplace)
            read.append(self._relations[name])
        return read

    def _names_in(self, sql: str) -> set[str]:
        try:
            tables = relations_in(sql, "duckdb")
        except BadInput:  # DuckDB will say what is wrong with it
            return set(self.settings.source.files)
        return {table.name.lower() for table in tables if not table.schema}

    @contextmanager
    def _connection(
        self, read: list[Relation], *, is_guarded: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A database of views over these relations, which can open their files and nothing else."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.settings.resources.memory_limit,
            "threads": self.settings.resources.threads,
            "temp_directory": str(self._spill),
            "temp_file_encryption": True,  # under a key of this process; DuckDB without httpfs asks for the next line
            "force_mbedtls_unsafe": True,
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
            "python_enable_replacements": False,
        }
        with duckdb.connect(config=config) as connection:
            settle_duckdb(connection, self.settings.time_zone)
            paths: list[str] = []
            for one in read:
                name = identifier(one.name)
                connection.execute(f"CREATE TEMP VIEW {name} AS {one.sql}")
                paths += map(literal, one.paths)
            if is_guarded:
                connection.execute(f"SET disabled_optimizers = {literal(WITHOUT)}")
            connection.execute(f"SET allowed_paths = [{', '.join(paths)}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection

    def _checked(
        self, reader: pa.RecordBatchReader, sql: str, read: list[Relation]
    ) -> Iterator[pa.RecordBatch]:
        """The batches; a row that fails far into a file is reported as one that fails at once."""
        try:
            yield from reader
        # pyarrow passes DuckDB's errors on as OSError
        except (OSError, pa.ArrowException, duckdb.Error) as error:
            raise self._refused(error, sql, read) from None
        for one in read:
            one.refuse_changes()

    def asides(self, sql: str) -> list[FileAside]:
        """What is no row of the files that the query reads, as far as was seen."""
        asides: list[FileAside] = []
        unreadable = self._unreadable.get(sql)
        for one in self._read_by(sql):
            of_files = one.asides
            if unreadable and unreadable.relation == one.name:
                of_files = unreadable.with_those(of_files)
            asides += of_files.values()
        return asides

    def _refused(self, error: Exception, sql: str, read: list[Relation]) -> BadInput:
        """Says to ask again where damaged rows could be set aside, else why the query is refused."""
        profile = self.settings.profile
        is_value = CANNOT_READ in str(error)  # DuckDB reads some while it parses CSV
        if "CSV" in str(error) and not is_value:
            mended = [one.name for one in read if one.mend(self.workplace)]
            if mended:
                return DamageSetAside(f"{', '.join(mended)}: read line by line")
        elif self._passes_over(sql, read):
            told = "; ".join(one.told() for one in self.asides(sql) if one.damaged)
            return DamageSetAside(told)
        if is_value:
            return BadInput(
                f"profile {profile}, files: a value cannot be read by this SELECT, which does not give each"
                f" row for itself, so that none can be set aside; read it with TRY_CAST: {shown(error, sql)}"
            )
        return BadInput(f"profile {profile}, files: {shown(error, sql)}")

    def _passes_over(self, sql: str, read: list[Relation]) -> bool:
        """Whether the query goes on without the rows that hold a value it cannot read; they are noted."""
        if sql in self._guarded:
            return False
        ways = guarded(sql, {one.name for one in read})
        return any(self._goes_on(sql, read, way) for way in ways)

    def _goes_on(self, sql: str, read: list[Relation], way: Guarded) -> bool:
        (relation,) = (one for one in read if one.name == way.relation)
        relation.mend(self.workplace)
        with self._connection(read, is_guarded=True) as connection:
            try:
                found = connection.execute(way.unreadable).fetchmany(MOST_NOTED + 1)
                counted = f"SELECT count(*) FROM {identifier(relation.name)}"
                ((rows,),) = connection.execute(counted).fetchall()
            except duckdb.Error:
                return False
        if not found:
            return False
        self._guarded[sql] = way.sql
        self._unreadable[sql] = Unreadable.noted(relation, found, rows)
        return True


@dataclass(frozen=True)
class Unreadable:
    """Rows of one relation that hold a value which a query cannot read.

    Attributes:
        rows: of the relation, the unreadable ones among them.
        damaged: by file; empty for files of which the line cannot be told.
    """

    relation: str
    rows: int
    damaged: dict[str, list[DamagedLine]]

    @classmethod
    def noted(
        cls, relation: Relation, found: list[tuple[str, dict[str, Any]]], rows: int
    ) -> "Unreadable":
        """Found and looked up in the files.

        Raises:
            BadInput: there are too many to be damage.
        """
        if len(found) > MOST_NOTED:
            raise BadInput(
                f"{relation.name}: more than {MOST_NOTED:,} rows with {DAMAGE[UNREADABLE][0]}"
            )
        places = relation.places([row for _, row in found])
        damaged: dict[str, list[DamagedLine]] = {}
        for (column, row), (file, line) in zip(found, places, strict=True):
            text = ",".join(str(value or "") for value in row.values())
            one = DamagedLine(line, UNREADABLE, shown_text(text), column)
            damaged.setdefault(file, []).append(one)
        return cls(relation.name, rows, damaged)

    def with_those(self, asides: dict[str, FileAside]) -> dict[str, FileAside]:
        """What is known of the files, and these rows."""
        whole = dict(asides)
        for file, damaged in self.damaged.items():
            known = asides.get(file) or FileAside(self.relation, file, self.rows)
            whole[file] = known.with_damage(damaged)
        return whole


def _columns(connection: duckdb.DuckDBPyConnection, call: str) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {call}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _without_types(columns: dict[str, str], empty: Collection[str]) -> dict[str, str]:
    """Columns and types; one that holds no value has the type of nothing."""
    return {name: "NULL" if name in empty else kind for name, kind in columns.items()}


def _refuse_other_statements(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    reading = (duckdb.StatementType.SELECT, duckdb.StatementType.MULTI)  # PIVOT
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if len(kinds) != 1 or kinds[0] not in reading:
        raise BadInput(
            f"an extract is one SELECT; this one has {len(kinds)} statements or changes something"
        )


@contextmanager
def _spilling(state_dir: Path) -> Iterator[Path]:
    """A folder of this process for what does not fit into memory."""
    folder = spill_folder(state_dir / "source_spill")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
