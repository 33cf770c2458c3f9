"""The lake's tables for Spark: the same versions of the same partitions that DuckDB would read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.adapters.lake import Lake
from churn_tasks.adapters.versions import Version, replaces
from churn_tasks.declared.contracts import SQL_TYPES, Table
from churn_tasks.declared.registry import Registry

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES = {**SQL_TYPES, "text": "STRING", "timestamp": "TIMESTAMP_NTZ"}
# Spark takes a path for a pattern
GLOB = str.maketrans({sign: f"\\{sign}" for sign in "\\{}[]*?"})


def declared(registry: Registry, table: str) -> Table:
    """What a table is said to hold, whether or not the profile delivers it."""
    return registry.tables.get(table) or registry.absent[table]


def column_types(registry: Registry, table: str) -> dict[str, str]:
    """The columns of a table with their types in the words of DuckDB, the month of the partition among them."""
    columns = declared(registry, table).columns
    types = {column.name: SQL_TYPES[column.type] for column in columns}
    return {**types, "month": "DATE"}


def view(session: "SparkSession", lake: Lake, registry: Registry, table: str) -> None:
    """Make ``table`` visible to Spark's SQL: declared columns in declared types, NULL where a partition lacks them.

    A table without a partition is empty, not missing.
    """
    columns = declared(registry, table).columns
    types = {column.name: SPARK_TYPES[column.type] for column in columns}
    wanted = ", ".join(f"`{name}` {kind}" for name, kind in types.items())
    rows = session.createDataFrame([], f"{wanted}, month DATE")
    versions = lake.versions(table).values() if table in registry.tables else []
    added: list[Path] = []
    for version in versions:
        if not any(map(replaces, version.files)):
            added += version.files
            continue
        rows_of = partial(_partitions, session, lake.root / table, types=types)
        merged = _with_replaced_rows(version, declared(registry, table).key, rows_of)
        rows = rows.unionByName(merged, allowMissingColumns=True)
    for schema, paths in _alike(added):
        partitions = _partitions(session, lake.root / table, schema, paths, types)
        rows = rows.unionByName(partitions, allowMissingColumns=True)
    rows.createOrReplaceTempView(table)


def _with_replaced_rows(
    version: Version,
    key: Sequence[str],
    rows_of: Callable[[pa.Schema, list[Path]], "DataFrame"],
) -> "DataFrame":
    """The rows of one version of which a part replaces rows of the same key."""
    first, *others = version.files
    rows = rows_of(_schema(first), [first])
    for path in others:
        part = rows_of(_schema(path), [path])
        if replaces(path):
            rows = rows.join(part, on=list(key), how="left_anti")
        rows = rows.unionByName(part, allowMissingColumns=True)
    return rows


def _schema(path: Path) -> pa.Schema:
    return pq.read_schema(path).remove_metadata()


def _alike(files: Iterable[Path]) -> Iterator[tuple[pa.Schema, list[Path]]]:
    """Files with the same columns together: a column added since is not in the older ones."""
    alike: dict[str, tuple[pa.Schema, list[Path]]] = {}
    for path in files:
        schema = _schema(path)
        _, paths = alike.setdefault(str(schema), (schema, []))
        paths.append(path)
    for _, group in sorted(alike.items()):
        yield group


def _partitions(
    session: "SparkSession",
    folder: Path,
    schema: pa.Schema,
    paths: list[Path],
    types: Mapping[str, str],
) -> "DataFrame":
    held, wanted = [], []
    for name, kind in types.items():
        if name in schema.names:
            held.append(f"`{name}` {_spark_type(schema.field(name).type)}")
            wanted.append(f"CAST(`{name}` AS {kind}) AS `{name}`")
    reader = session.read.schema(", ".join([*held, "month DATE"]))
    reader = reader.option("basePath", _url(folder))
    rows = reader.parquet(*map(_url, paths))
    return rows.selectExpr(*wanted, "month")


def _url(path: Path) -> str:
    return "file:" + str(path.resolve()).translate(GLOB)


def _spark_type(kind: pa.DataType) -> str:
    from pyspark.sql.pandas.types import from_arrow_type

    return from_arrow_type(kind, prefer_timestamp_ntz=True).simpleString()
