"""What the footer of a Parquet file says and DuckDB passes over: instants without their zone, columns without a value.

INT96, the oldest form of a time, has no sign of a zone. Spark and Hive write instants in it, in UTC; Impala writes what
the clock on the wall showed. DuckDB reads either as a time without a zone.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.core.errors import BadInput
from churn_tasks.core.sql_text import identifier, literal

Clock = Literal["utc", "local"]
# the beginning of created_by -> what the writer puts where nothing says a zone
WRITERS: Mapping[str, Clock] = {
    "parquet-mr": "utc",
    "impala": "local",
    "duckdb": "local",
}
AS_INSTANT = "timezone('UTC', CAST({0} AS TIMESTAMP)) AS {0}"
IN_MICROSECONDS = "CAST({0} AS TIMESTAMPTZ) AS {0}"


def columns_without_values(footer: pq.FileMetaData) -> set[str]:
    """Columns of which every row group says that it holds nothing but NULL."""
    empty: set[str] = set()
    for number in range(footer.num_columns):
        name = footer.schema.column(number).path
        if all(
            _is_empty(footer.row_group(n), number) for n in range(footer.num_row_groups)
        ):
            empty.add(name)
    return empty


def _is_empty(group: pq.RowGroupMetaData, number: int) -> bool:
    column = group.column(number)
    said = column.statistics
    if said is None or not said.has_null_count:
        return False
    return bool(said.null_count == column.num_values)


def read_sql(
    file: str, path: str, footer: pq.FileMetaData, given: Clock | None, setting: str
) -> str:
    """The relation over a Parquet file, with every instant as one.

    Args:
        file: its name, for messages.
        given: what the settings say of times without a zone.
        setting: where the settings say it.

    Raises:
        BadInput: a time may be an instant or not, and neither footer nor settings say which.
    """
    changed = []
    names = footer.schema.to_arrow_schema().names
    for name in _unclear(footer):
        clock = given or _clock(footer, name)
        if clock is None or name not in names:
            raise BadInput(_unclear_text(file, name, footer, setting))
        if clock == "utc":
            changed.append(AS_INSTANT.format(identifier(name)))
    for name in _in_nanoseconds(footer):
        changed.append(IN_MICROSECONDS.format(identifier(name)))
    call = f"read_parquet({literal(path)})"
    if not changed:
        return call
    return f"(SELECT * REPLACE ({', '.join(changed)}) FROM {call})"


def _unclear(footer: pq.FileMetaData) -> Iterator[str]:
    """Times that carry no sign of a zone: INT96, and those of writers from before there was one."""
    for number in range(footer.num_columns):
        column = footer.schema.column(number)
        kind = json.loads(column.logical_type.to_json())
        if column.physical_type == "INT96" or kind.get("is_from_converted_type"):
            yield column.path


def _in_nanoseconds(footer: pq.FileMetaData) -> Iterator[str]:
    """Instants finer than DuckDB compares with others."""
    for field in footer.schema.to_arrow_schema():
        if (
            pa.types.is_timestamp(field.type)
            and field.type.tz
            and field.type.unit == "ns"
        ):
            yield field.name


def _clock(footer: pq.FileMetaData, name: str) -> Clock | None:
    """What a time without a zone is, by who wrote it; a schema of Arrow's that gives it a zone says so too."""
    kept = (footer.metadata or {}).get(b"ARROW:schema")
    if kept:
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(kept)))
        if name in schema.names and getattr(schema.field(name).type, "tz", None):
            return "utc"
    for writer, clock in WRITERS.items():
        if str(footer.created_by).lower().startswith(writer):
            return clock
    return None


def _unclear_text(file: str, name: str, footer: pq.FileMetaData, setting: str) -> str:
    return (
        f"{file}: column {name} holds times in an old form (INT96 or alike), {footer.num_rows:,} rows written by"
        f" {footer.created_by}; it does not say whether they are UTC or the local clock. Set {setting}.timestamps to"
        " utc or local, or have timestamps written with a time zone, outside of lists and structures"
    )
