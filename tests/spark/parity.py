"""Whether two engines give the same rows: identical keys, integers, decimals, texts and dates, doubles almost."""

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from churn_tasks.core.months import Month
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun

RELATIVE = 1e-9  # of doubles: both engines divide the same exact numbers, and may round the last bit differently


def partition(run: MonthRun, table: str, month: Month) -> pa.Table:
    return pq.read_table(run.lake.path(table, month), partitioning=None)


def made_by_both(
    run: MonthRun, query: Query, month: Month
) -> tuple[pa.Table, pa.Table, bool]:
    """The partition made by DuckDB, the one made by Spark, and whether their bytes are the same.

    Spark's stays in the lake, so that the queries after it read what Spark made.
    """
    table, parameters = query.output.table, run.window_of(month).parameters()
    run.engine.run(query, month, parameters)
    ours, digest = partition(run, table, month), run.lake.sha256(table, month)
    run.spark.run(query, month, parameters)
    return ours, partition(run, table, month), run.lake.sha256(table, month) == digest


def differences(
    ours: pa.Table, theirs: pa.Table, key: tuple[str, ...]
) -> Iterator[str]:
    """What differs, a line for each column (the first row of it) or for the number of rows."""
    if ours.schema.remove_metadata() != theirs.schema.remove_metadata():
        yield f"columns: {ours.schema} and {theirs.schema}"
        return
    if ours.num_rows != theirs.num_rows:
        yield f"rows: {ours.num_rows} and {theirs.num_rows}"
        return
    keys = (
        list(zip(*(ours[name].to_pylist() for name in key), strict=True)) if key else []
    )
    for name in ours.column_names:
        pairs = zip(ours[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        wrong = [
            (number, *pair) for number, pair in enumerate(pairs) if not same(*pair)
        ]
        if wrong:
            number, one, other = wrong[0]
            where = keys[number] if keys else number
            yield f"{name}: {len(wrong)} rows; of {where} DuckDB says {one!r}, Spark {other!r}"


def same(one: Any, other: Any) -> bool:
    """Doubles within the tolerance, everything else identical; NULL only equals NULL, NaN only NaN."""
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=0.0)
    return type(one) is type(other) and bool(one == other)
