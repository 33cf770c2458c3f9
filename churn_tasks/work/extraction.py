"""One table of a month from the source to ``raw_*``, and what is noted of its delivery."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from churn_tasks.adapters.source import Source
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.checks.delivery_drift import extract_text, refuse_harm
from churn_tasks.checks.drift import Delivered, are_unpaired, refusal
from churn_tasks.checks.relation_drift import of_month
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.declared.sql_parts import subquery
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import is_restated
from churn_tasks.work.drift import drift_below, drift_of_result, yardstick
from churn_tasks.work.replaced_lines import replace_lines

log = logging.getLogger("churn.extract")


@dataclass(frozen=True)
class Extracted:
    """One table as it came.

    Attributes:
        delivered: the schemas behind the rows.
        spellings: column and form of a number, as written, to rows.
    """

    name: str
    rows: int
    delivered: Delivered
    spellings: dict[tuple[str, str], int]


def extract_table(run: MonthRun, source: Source, name: str) -> Extracted:
    """Copy one table of the month into the lake.

    Raises:
        BadInput: its schema has changed in a way that does harm, or a row was lost on the way.
    """
    sql = rendered_sql(run.settings, run.window, name)
    key = load_key(run.settings.token_key_file)
    tokeniser = Tokeniser(key, run.settings.phone_region)
    relations = source.relations(sql)
    before = yardstick(run, name)
    refuse_harm(name, run.month, drift_below(run, name, relations, before))
    written = 0
    with source.batches(sql) as batches:
        of_this_month = of_month(relations, run.month)
        text = extract_text(run.settings, name)
        delivered = Delivered.of(batches.schema, of_this_month, text)
        findings = drift_of_result(run, name, delivered, before)
        if not refusal(findings):
            rows = tokeniser.reader(batches)
            written = run.engine.write(f"raw_{name}", run.month, rows)
    if before and are_unpaired(findings):
        overlap = _overlap(run, source, name, before.month)
        findings = drift_of_result(run, name, delivered, before, overlap)
    refuse_harm(name, run.month, findings)
    if written != tokeniser.rows:
        problem = f"{tokeniser.rows} rows came from the source, {written} were written"
        raise BadInput(evidence(table=f"raw_{name}", month=run.month, problem=problem))
    if tokeniser.pairs:
        run.warehouse.store_numbers(tokeniser.pairs.items())
    log.info("%s %s: %d rows", name, run.edition, tokeniser.rows)
    return Extracted(name, written, delivered, dict(tokeniser.spellings))


def _overlap(
    run: MonthRun, source: Source, name: str, earlier: Month
) -> Callable[[str, str], float]:
    """The share of the values of a column that is gone which a new column holds now, over the first rows of both."""
    sql = rendered_sql(run.settings, run.window, name)
    with source.batches(sql) as batches:
        sample = next(iter(batches), None)
    path = str(run.lake.path(f"raw_{name}", earlier))

    def share(gone: str, new: str) -> float:
        if sample is None or gone.endswith("_token"):
            return 0.0
        column = identifier(gone)
        rows = run.engine.records(
            f"SELECT DISTINCT {column}::VARCHAR AS value FROM read_parquet($path)"
            f" WHERE {column} IS NOT NULL LIMIT 1000",
            {"path": path},
        )
        then = {row["value"] for row in rows}
        now = {str(value) for value in sample.column(new).to_pylist()}
        return len(then & now) / len(then) if then else 0.0

    return share


def write_spellings(run: MonthRun, extracted: Sequence[Extracted]) -> int:
    """Write ``number_spelling``; a restated run leaves what it has not extracted again."""
    schema = pa.schema(
        {
            "table_name": pa.string(),
            "column_name": pa.string(),
            "rule": pa.string(),
            "row_count": pa.int64(),
        }
    )
    rows = []
    for table in extracted:
        for (column, rule), count in table.spellings.items():
            about = {"table_name": table.name, "column_name": column, "rule": rule}
            rows.append(about | {"row_count": count})
    again = {table.name for table in extracted}
    kept = [name for name in run.registry.raw if name not in again]
    lines = pa.Table.from_pylist(rows, schema)
    return replace_lines(run, "number_spelling", lines, kept)


def write_deliveries(run: MonthRun, extracted: Sequence[Extracted]) -> None:
    """Write ``delivery``: a row a table; a restated run adds its rows to those of the versions before."""
    made = [
        table
        for table in extracted
        if is_restated(run, f"raw_{table.name}", [run.month])
    ]
    if not made:
        run.lake.remove("delivery", run.month)
        return
    rows = pa.Table.from_pylist([_delivery(run, table) for table in made])
    if run.restated_until is None:
        run.engine.write("delivery", run.month, rows)
        return
    run.engine.view("delivery")
    with run.engine.registered("new_deliveries", rows):
        added = composed("extraction", "deliveries_added")
        dates = {"month": run.month.start, "until": run.restated_until}
        run.engine.write("delivery", run.month, added, dates)


def _delivery(run: MonthRun, table: Extracted) -> dict[str, object]:
    """One row of ``delivery``, told by the partition that now holds the rows."""
    name = f"raw_{table.name}"
    path = run.lake.path(name, run.month)
    first = run.settings.calendar.window(run.month).known_until
    rows = subquery(f"SELECT * FROM read_parquet({literal(path)})")
    sql = composed("extraction", "known_dates", rows=rows)
    known = run.engine.row(sql, {"first": first})
    return {
        "table_name": table.name,
        "known_until": run.window.known_until,
        "is_restated": run.restated_until is not None,
        "row_count": table.rows,
        "byte_count": path.stat().st_size,
        "sha256": run.lake.sha256(name, run.month),
        "max_known_date": known["latest"],
        "late_rows": known["late"],
        "schema_json": table.delivered.as_json(),
    }
