"""Complaint texts of a month become counts a customer; no wording is kept."""

import logging
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.merged_rows import merged, narrowed
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import Table
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_parts import Columns
from churn_tasks.integrate.texts.reading import TextReader
from churn_tasks.integrate.texts.rules import TextRules
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.touched import Touched

log = logging.getLogger("churn")

TABLE, SOURCE = "month_complaint_text", "clean_complaint"
COUNTED = "_text_count"
IN_ORDER = "ORDER BY customer_id, event_date, complaint_id"  # every run repeats it
AT_ONCE = 50_000  # texts read between two lines of progress
SCHEMA = pa.schema(
    {
        "place": pa.int64(),  # in order of customer, day and ticket
        "customer_id": pa.string(),
        "event_date": pa.date32(),
        "classes": pa.list_(pa.string()),
        "positive": pa.int64(),
        "negative": pa.int64(),
        "tone": pa.float64(),
        "characters": pa.int64(),
    }
)


def refuse_other_classes(table: Table, rules: TextRules) -> None:
    """The word lists and the table must name the same classes.

    Raises:
        SettingsError: one names a class that the other lacks.
    """
    counted = [name for name in table.column_names if name.endswith(COUNTED)]
    columns = {name.removesuffix(COUNTED) for name in counted}
    named = set(rules.classes.classes)
    if named != columns:
        raise SettingsError(
            f"text/classes.yaml and tables/pipeline/{TABLE}.yaml must name the same classes; only the first has"
            f" {sorted(named - columns)}, only the second {sorted(columns - named)}"
        )


def write_counts(run: MonthRun, rules: TextRules) -> tuple[int, int]:
    """Read every text of the month and write the counts; of a restated month the texts of those of whom some changed.

    Returns:
        Rows written, and texts in which something was read.
    """
    again = None
    if run.can_merge:
        again = Touched(run).again(TABLE, run.month, [SOURCE])
    written = load_question("texts", "written").sql
    if again:
        written = narrowed(written, again.local)
    batches = list(_readings(run, written, TextReader(rules)))
    texts_read = sum(batch.num_rows for batch in batches)
    counted = {f"{name}{COUNTED}": _counted(name) for name in rules.classes.classes}
    sql = composed("texts", "counts_by_customer", classes=Columns.of_texts(counted))
    if again:
        sql = merged(sql, run.registry.tables[TABLE], again.before)
    with run.engine.registered("readings", pa.Table.from_batches(batches, SCHEMA)):
        return run.engine.write(TABLE, run.month, sql), texts_read


def _counted(name: str) -> str:
    """How often a class was read."""
    return f"count(*) FILTER (WHERE list_contains(classes, {literal(name)}))"


def _readings(
    run: MonthRun, written: str, reader: TextReader
) -> Iterator[pa.RecordBatch]:
    """What is read of the texts, some thousands at a time; what they say is gone with each batch."""
    run.engine.view(SOURCE)
    dates = run.window.parameters()
    bounds = {name: dates[name] for name in ("month", "as_of", "known_until")}
    cursor = run.engine.connection.execute(f"{written}\n{IN_ORDER}", bounds)
    place = 0
    while rows := cursor.fetchmany(AT_ONCE):
        yield _batch(rows, place, reader)
        place += len(rows)
        log.info("texts %s: %d complaints read", run.month, place)


def _batch(
    rows: list[tuple[Any, ...]], place: int, reader: TextReader
) -> pa.RecordBatch:
    readings = []
    for number, (customer, _, day, text) in enumerate(rows, place):
        reading = reader.read(text)
        if reading:
            readings.append(
                {
                    "place": number,
                    "customer_id": customer,
                    "event_date": day,
                    "classes": list(reading.classes),
                    "positive": reading.positive,
                    "negative": reading.negative,
                    "tone": reading.tone,
                    "characters": reading.characters,
                }
            )
    return pa.RecordBatch.from_pylist(readings, schema=SCHEMA)
