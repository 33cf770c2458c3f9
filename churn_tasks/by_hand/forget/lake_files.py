"""The files of the lake, and whom the columns of each name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.contracts import Column, Table
from churn_tasks.declared.registry import Registry
from churn_tasks.declared.sql_expressions import list_of
from churn_tasks.declared.subjects import BY_NAME, Subject

KEPT = ".staging"  # versions that a restatement keeps aside while it makes them again


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file.

    Attributes:
        declared: what the profile says of the table; None of one that it no longer has.
    """

    path: Path
    table: str
    month: Month
    declared: Table | None

    @cached_property
    def schema(self) -> pa.Schema:
        return pq.read_schema(self.path)

    @cached_property
    def columns(self) -> list[str]:
        return list(self.schema.names)

    @cached_property
    def text_columns(self) -> list[str]:
        found = []
        for field in self.schema:
            if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                found.append(field.name)
        return found

    @cached_property
    def _declared_columns(self) -> dict[str, Column]:
        if self.declared is None:
            return {}
        return {column.name: column for column in self.declared.columns}

    def named(self, *subjects: Subject) -> list[str]:
        """The columns that name somebody in one of these ways."""
        return [name for name in self.text_columns if self._subject(name) in subjects]

    def _subject(self, name: str) -> Subject:
        column = self._declared_columns.get(name)
        return column.subject if column else BY_NAME.get(name, "nobody")

    @cached_property
    def words(self) -> list[str]:
        """The columns in which somebody wrote something, a number perhaps; of a table without a contract every text."""
        found = self.named("words")
        for name in self.named("nobody"):
            column = self._declared_columns.get(name)
            if column is None or column.pii in ("quasi", "direct"):
                found.append(name)
        return found

    @property
    def is_by_person(self) -> bool:
        """Whether a row is a person's, with all lines."""
        return self.declared is not None and "person_id" in self.declared.key

    @property
    def order(self) -> list[str]:
        """The columns by which its rows lie in order, as the engine writes them."""
        if self.declared is None:
            return []
        names = self.declared.key or self.declared.column_names
        return [name for name in names if name in self.columns]

    @property
    def sql(self) -> str:
        """Its rows."""
        return f"read_parquet({literal(self.path)}, hive_partitioning=false)"


def lake_files(settings: Settings, registry: Registry) -> list[LakeFile]:
    """Every Parquet file of the profile's lake, of every version, those that are kept aside included."""
    tables = {**registry.absent, **registry.tables}
    files = []
    for path in _paths(settings.lake_dir):
        table = path.parts[-3]
        month = Month.parse(path.parent.name[6:13])
        files.append(LakeFile(path, table, month, tables.get(table)))
    return files


def _paths(lake: Path) -> Iterator[Path]:
    yield from sorted(lake.glob("[!.]*/month=*/*.parquet"))
    yield from sorted(lake.glob(f"{KEPT}/*/*/month=*/*.parquet"))


def by_table(files: Iterable[LakeFile]) -> dict[str, list[LakeFile]]:
    """Table to its files."""
    tables: dict[str, list[LakeFile]] = {}
    for file in files:
        tables.setdefault(file.table, []).append(file)
    return tables


def rows_of(files: Iterable[LakeFile]) -> str:
    """The rows of several files of one table, with the month of each."""
    listed = list_of(literal(file.path) for file in files)
    return (
        f"read_parquet([{listed}], hive_partitioning=true, hive_types={{'month': DATE}},"
        " union_by_name=true)"
    )
