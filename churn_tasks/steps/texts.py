"""Step ``texts``: the complaints of one month read for what they are about and how they sound (A6).

Texts are read where they lie and never leave the step: what it writes are counts a customer.
"""

import logging
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from churn_tasks.core.errors import SettingsError
from churn_tasks.integrate.texts.reading import TextReader
from churn_tasks.integrate.texts.rules import TextRules, load_text_rules
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged

log = logging.getLogger("churn")

TABLE, SOURCE = "month_complaint_text", "clean_complaint"
COUNTED = "_text_count"
AT_ONCE = 50_000  # texts read between two lines of progress
WRITTEN = f"""
SELECT customer_id, complaint_id, event_date, complaint_text FROM {SOURCE}
WHERE month = $month AND event_date >= $month AND event_date < $as_of AND known_date < $known_until
    AND complaint_text IS NOT NULL
ORDER BY customer_id, event_date, complaint_id
"""
SUMMED = """
SELECT customer_id, count(*) AS text_count, {classes},
    sum(positive) AS positive_points, sum(negative) AS negative_points,
    min(tone) AS lowest_tone_ratio, arg_max(tone, place) FILTER (WHERE tone IS NOT NULL) AS last_tone_ratio,
    sum(characters) AS character_count, max(event_date) AS last_text_date,
    max(event_date) FILTER (WHERE list_contains(classes, 'leaving')) AS last_leaving_date
FROM readings GROUP BY customer_id
"""
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


def run(run: MonthRun) -> StepReport:
    """Read the month's complaints with the bounds of every month query and write ``month_complaint_text``.

    Raises:
        NotReady: the complaints of the month are not integrated yet.
        SettingsError: the word lists are malformed, or name a class for which the table has no column.
    """
    if TABLE not in run.registry.tables:
        return skipped("texts", run, "the profile delivers no complaints")
    run.require(SOURCE, [run.month], made_by="integrate")
    if not run.has_news([SOURCE], [run.month]):
        run.lake.remove(TABLE, run.month)
        return unchanged("texts", run)
    rules = load_text_rules(run.settings)
    _refuse_other_classes(run, rules)
    batches = list(_readings(run, TextReader(rules)))
    report = StepReport(
        "texts",
        str(run.month),
        facts={"texts": sum(batch.num_rows for batch in batches)},
    )
    classes = ", ".join(f"count(*) FILTER (WHERE list_contains(classes, '{name}')) AS {name}{COUNTED}"
                        for name in rules.classes.classes)  # fmt: skip
    with run.engine.registered("readings", pa.Table.from_batches(batches, SCHEMA)):
        report.rows[TABLE] = run.engine.write(
            TABLE, run.month, SUMMED.format(classes=classes)
        )
    return report


def _refuse_other_classes(run: MonthRun, rules: TextRules) -> None:
    columns = {
        name.removesuffix(COUNTED)
        for name in run.registry.tables[TABLE].column_names
        if name.endswith(COUNTED)
    }
    named = set(rules.classes.classes)
    if named != columns:
        raise SettingsError(
            f"text/classes.yaml and tables/pipeline/{TABLE}.yaml must name the same classes; only the first has"
            f" {sorted(named - columns)}, only the second {sorted(columns - named)}"
        )


def _readings(run: MonthRun, reader: TextReader) -> Iterator[pa.RecordBatch]:
    """What is read of the texts, some thousands at a time; what they say is gone with each batch."""
    run.engine.view(SOURCE)
    bounds = {
        name: run.window.parameters()[name]
        for name in ("month", "as_of", "known_until")
    }
    cursor = run.engine.connection.execute(WRITTEN, bounds)
    place = 0
    while rows := cursor.fetchmany(AT_ONCE):
        yield _batch(rows, place, reader)
        place += len(rows)
        log.info("texts %s: %d complaints read", run.month, place)


def _batch(
    rows: list[tuple[Any, ...]], place: int, reader: TextReader
) -> pa.RecordBatch:
    read = []
    for number, (customer, _, day, text) in enumerate(rows, place):
        found = reader.read(text)
        if found:
            values = (found.positive, found.negative, found.tone, found.characters)
            read.append((number, customer, day, list(found.classes), *values))
    columns = list(zip(*read, strict=True)) or [()] * len(SCHEMA)
    return pa.record_batch(
        [pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)],
        schema=SCHEMA,
    )
