"""Rows of a month's own file that the extract's WHERE leaves out: nobody else sees that they were delivered.

Asked only where it says something and costs little: the SELECT is a plain one over one relation whose file is named by
the month. A database is not asked: its tables hold all months, and counting them is work of somebody else's machine.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from churn_tasks.adapters.source import Source
from churn_tasks.adapters.source.errors import streamed
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.runner.month_run import MonthRun

log = logging.getLogger("churn.extract")

MOST_COUNTED = 200_000  # delivered rows beyond which the file is not read a second time
WARNS_FROM = 0.1
MANY_ROWS_OF_ONE = ("group", "having", "qualify", "limit", "distinct", "joins")


@contextmanager
def held_against_file(
    run: MonthRun, source: Source, name: str, sql: str, rows: pa.RecordBatchReader
) -> Iterator[pa.RecordBatchReader]:
    """The same rows; behind the last one they are held against the file, before what was written takes its place.

    Raises:
        BadInput: the SELECT leaves out a larger share than the contract allows.
    """

    def passed() -> Iterator[pa.RecordBatch]:
        count = 0
        for batch in rows:
            count += batch.num_rows
            yield batch
        _refuse_left_out(run, source, name, sql, count)

    with streamed(rows.schema, passed, nullcontext()) as held:
        yield held


def _refuse_left_out(
    run: MonthRun, source: Source, name: str, sql: str, given: int
) -> None:
    """Hold the rows that a SELECT gives against those of the file.

    Raises:
        BadInput: the SELECT leaves out a larger share than the contract allows.
    """
    relation = file_of_the_month(run.settings, sql)
    if relation is None or given > MOST_COUNTED:
        return
    delivered = _count(source, relation)
    left_out = delivered - given
    is_little = delivered < run.settings.quality.min_rows
    if is_little or left_out <= WARNS_FROM * delivered:
        return
    share = left_out / delivered
    problem = (
        f"the file of {relation} holds {delivered:,} rows and extract/{name}.sql gives"
        f" {given:,} of them: its WHERE leaves out {share:.0%}"
    )
    said = evidence(
        table=f"raw_{name}",
        month=run.month,
        problem=problem,
        count=left_out,
        remedy="Is it another month's file, or is a date in it written otherwise? Where it is meant so, the contract"
        " says disposals: {left_out: ...}.",
    )
    if share > run.registry.raw[name].disposals.left_out:
        raise BadInput(said)
    log.warning(said)


def file_of_the_month(settings: Settings, sql: str) -> str | None:
    """The relation of a plain SELECT whose file is named by the month; None where there is no such thing."""
    if settings.source.kind != "files":
        return None
    try:
        select = sqlglot.parse_one(sql, dialect="duckdb")
    except SqlglotError:
        return None
    tables = list(select.find_all(exp.Table))
    if not isinstance(select, exp.Select) or len(tables) != 1:
        return None
    if any(select.args.get(part) for part in MANY_ROWS_OF_ONE):
        return None
    drop = settings.source.files.get(tables[0].name.lower())
    if drop is None or "{month" not in drop.path:
        return None
    return tables[0].name.lower()


def _count(source: Source, relation: str) -> int:
    counted = f"SELECT count(*) AS row_count FROM {identifier(relation)}"
    with source.batches(counted) as batches:
        rows = batches.read_all()
    return int(rows.column("row_count")[0].as_py())
