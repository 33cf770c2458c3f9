"""The lake's tables for Spark: the same versions of the same partitions that DuckDB would read."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.adapters.lake import Lake
from churn_tasks.declared.contracts import SQL_TYPES, Table
from churn_tasks.declared.registry import Registry

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES = {**SQL_TYPES, "text": "STRING", "timestamp": "TIMESTAMP_NTZ"}
GLOB = str.maketrans(
    {sign: f"\\{sign}" for sign in "\\{}[]*?"}
)  # Spark takes a path for a pattern


def declared(registry: Registry, table: str) -> Table:
    """What a table is said to hold, whether or not the profile delivers it."""
    return registry.tables.get(table) or registry.absent[table]


def column_types(registry: Registry, table: str) -> dict[str, str]:
    """The columns of a table with their types in the words of DuckDB, the month of the partition among them."""
    return {
        column.name: SQL_TYPES[column.type]
        for column in declared(registry, table).columns
    } | {"month": "DATE"}


def view(session: "SparkSession", lake: Lake, registry: Registry, table: str) -> None:
    """Make ``table`` visible to Spark's SQL: declared columns in declared types, NULL where a partition lacks them.

    A table without a partition is empty, not missing.
    """
    spec = declared(registry, table)
    wanted = [f"`{column.name}` {SPARK_TYPES[column.type]}" for column in spec.columns]
    rows = session.createDataFrame([], ", ".join([*wanted, "month DATE"]))
    files = lake.paths(table) if table in registry.tables else []
    for schema, paths in _alike(files):
        rows = rows.unionByName(
            _partitions(session, lake.root / table, schema, paths, spec),
            allowMissingColumns=True,
        )
    rows.createOrReplaceTempView(table)


def _alike(files: Iterable[Path]) -> Iterator[tuple[pa.Schema, list[Path]]]:
    """Files with the same columns together: a column added since is not in the older ones."""
    read = sorted(
        ((pq.read_schema(path).remove_metadata(), path) for path in files),
        key=lambda one: str(one[0]),
    )
    for _, group in groupby(read, key=lambda one: str(one[0])):
        members = list(group)
        yield members[0][0], [path for _, path in members]


def _partitions(
    session: "SparkSession",
    folder: Path,
    schema: pa.Schema,
    paths: list[Path],
    spec: Table,
) -> "DataFrame":
    names = [column.name for column in spec.columns if column.name in schema.names]
    held = ", ".join(
        f"`{name}` {_spark_type(schema.field(name).type)}" for name in names
    )
    reader = session.read.schema(f"{held}, month DATE").option("basePath", _url(folder))
    rows = reader.parquet(*(_url(path) for path in paths))
    types = {column.name: SPARK_TYPES[column.type] for column in spec.columns}
    return rows.selectExpr(
        *(f"CAST(`{name}` AS {types[name]}) AS `{name}`" for name in names), "month"
    )


def _url(path: Path) -> str:
    return "file:" + str(path.resolve()).translate(GLOB)


def _spark_type(kind: pa.DataType) -> str:
    from pyspark.sql.pandas.types import from_arrow_type

    return from_arrow_type(kind, prefer_timestamp_ntz=True).simpleString()
