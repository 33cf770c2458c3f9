"""The infinite days and instants of PostgreSQL, told as DuckDB's, so that the row is set aside under the name it has.

ADBC counts on from PostgreSQL's first day and runs over: ``infinity`` would become a day 5.8 million years before
Christ. Python, and so psycopg, has no word for it.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

LATER, EARLIER = "infinity", "-infinity"
DAYS, MICROSECONDS = (
    10_957,
    946_684_800_000_000,
)  # from 1970 to 2000, whence PostgreSQL counts


def _bits(kind: pa.DataType) -> int:
    return 32 if pa.types.is_date32(kind) else 64


def _whole(kind: pa.DataType) -> pa.DataType:
    return pa.int32() if _bits(kind) == 32 else pa.int64()


def of_markers(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Days or instants, among them the words for infinite ones.

    Raises:
        ArrowException, TypeError, ValueError: a value is neither.
    """
    finite = [None if value in (LATER, EARLIER) else value for value in values]
    later = pa.array([value == LATER for value in values], pa.bool_())
    earlier = pa.array([value == EARLIER for value in values], pa.bool_())
    return _told(pa.array(finite, kind), later, earlier)


def of_postgres(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of ADBC's, with what ran over set right."""
    columns = [_of_postgres(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _of_postgres(column: pa.Array) -> pa.Array:
    if not (pa.types.is_date32(column.type) or pa.types.is_timestamp(column.type)):
        return column
    earlier = -(1 << (_bits(column.type) - 1))
    earlier += DAYS if pa.types.is_date32(column.type) else MICROSECONDS
    later = earlier - 1  # the largest number and what is added to it, run over
    numbers = column.view(_whole(column.type))
    lowest = pc.min(numbers).as_py()
    if lowest is None or lowest > earlier:
        return column
    is_later = pc.fill_null(pc.equal(numbers, later), False)
    is_earlier = pc.fill_null(pc.equal(numbers, earlier), False)
    return _told(column, is_later, is_earlier)


def _told(column: pa.Array, later: pa.Array, earlier: pa.Array) -> pa.Array:
    """The column with DuckDB's infinity in some places: the largest number, and that with a minus."""
    largest = (1 << (_bits(column.type) - 1)) - 1
    whole = _whole(column.type)
    numbers = column.view(whole)
    numbers = pc.if_else(later, pa.scalar(largest, whole), numbers)
    numbers = pc.if_else(earlier, pa.scalar(-largest, whole), numbers)
    return numbers.view(column.type)
