"""source -> raw_*: one month of every table the profile extracts, with tokens in place of phone numbers."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.checks.drift import Delivered, are_unpaired, refusal
from churn_tasks.checks.drift_notes import (
    above,
    accepted,
    below,
    extract_text,
    refuse_harm,
)
from churn_tasks.checks.relation_drift import of_month
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.runner.month_run import MonthRun, StepReport

log = logging.getLogger("churn.extract")


@dataclass(frozen=True)
class Extracted:
    """One table as it came: how many rows, and the schemas behind them."""

    name: str
    rows: int
    delivered: Delivered
    spellings: dict[
        tuple[str, str], int
    ]  # column and form of a number, as written, to rows


def run(run: MonthRun) -> StepReport:
    """Extract every table of the month, hand the numbers of the customers to the vault, and note what was delivered.

    A restated run extracts the tables that it was given, or all.
    """
    report = StepReport("extract", str(run.month))
    names = [
        name for name in run.registry.raw if run.tables is None or name in run.tables
    ]
    with open_source(run.settings, run.month) as source:
        extracted = [_extract(run, source, name) for name in names]
    report.rows = {f"raw_{one.name}": one.rows for one in extracted}
    _note(run, extracted)
    report.rows["number_spelling"] = _note_spellings(run, extracted)
    return report


def _extract(run: MonthRun, source: Source, name: str) -> Extracted:
    sql = rendered_sql(run.settings, run.window, name)
    tokeniser = Tokeniser(
        load_key(run.settings.token_key_file), run.settings.phone_region
    )
    relations = source.relations(sql)
    before = accepted(run, name)
    refuse_harm(run, name, below(run, name, relations, before))
    written = 0
    with (
        source.batches(sql) as batches,
        run.engine.registered("incoming", tokeniser.reader(batches)),
    ):
        delivered = Delivered.of(
            batches.schema, of_month(relations, run.month), extract_text(run, name)
        )
        found = above(run, name, delivered, before)
        if not refusal(found):
            written = run.engine.write(
                f"raw_{name}", run.month, "SELECT * FROM incoming"
            )
    if before and are_unpaired(found):
        found = above(
            run, name, delivered, before, _overlap(run, source, (name, sql), before[0])
        )
    refuse_harm(run, name, found)
    if written != tokeniser.rows:
        problem = f"{tokeniser.rows} rows came from the source, {written} were written"
        raise BadInput(evidence(table=f"raw_{name}", month=run.month, problem=problem))
    if tokeniser.pairs:
        run.warehouse.store_numbers(tokeniser.pairs.items())
    log.info("%s %s: %d rows", name, run.edition, tokeniser.rows)
    return Extracted(name, written, delivered, dict(tokeniser.spellings))


def _overlap(
    run: MonthRun, source: Source, what: tuple[str, str], earlier: Month
) -> Callable[[str, str], float]:
    """The share of the values of a column that is gone which a new column holds now, over the first rows of both."""
    name, sql = what
    with source.batches(sql) as batches:
        sample = next(iter(batches), None)
    path = str(run.lake.path(f"raw_{name}", earlier))

    def share(gone: str, new: str) -> float:
        if sample is None or gone.endswith("_token"):
            return 0.0
        found = run.engine.records(
            f'SELECT DISTINCT "{gone}"::VARCHAR AS value FROM read_parquet($path) WHERE value IS NOT NULL LIMIT 1000',
            {"path": path},
        )
        then, now = (
            {row["value"] for row in found},
            {str(value) for value in sample.column(new).to_pylist()},
        )
        return len(then & now) / len(then) if then else 0.0

    return share


def _note_spellings(run: MonthRun, extracted: Sequence[Extracted]) -> int:
    """Write ``number_spelling``; a restated run leaves what it has not extracted again."""
    rows = [
        {
            "table_name": one.name,
            "column_name": column,
            "rule": rule,
            "row_count": count,
        }
        for one in extracted
        for (column, rule), count in one.spellings.items()
    ]
    names = ("table_name", "column_name", "rule")
    columns = {
        name: pa.array([row[name] for row in rows], pa.string()) for name in names
    }
    columns["row_count"] = pa.array([row["row_count"] for row in rows], pa.int64())
    again = {one.name for one in extracted}
    return run.write_beside(
        "number_spelling",
        pa.table(columns),
        [name for name in run.registry.raw if name not in again],
    )


def _note(run: MonthRun, extracted: Sequence[Extracted]) -> None:
    """Write ``delivery``: a row a table; a restated run adds its rows to those of the versions before."""
    made = [one for one in extracted if run.has_news([f"raw_{one.name}"], [run.month])]
    if not made:
        run.lake.remove("delivery", run.month)
        return
    rows = pa.Table.from_pylist([_delivery(run, one) for one in made])
    new = "SELECT * FROM new_rows"
    if run.restated_until:
        run.engine.view("delivery")
        new += " UNION ALL BY NAME SELECT * EXCLUDE (month) FROM delivery WHERE month = $month AND known_until < $until"
    dates = (
        {"month": run.month.start, "until": run.restated_until}
        if run.restated_until
        else {}
    )
    with run.engine.registered("new_rows", rows):
        run.engine.write("delivery", run.month, new, dates)


def _delivery(run: MonthRun, one: Extracted) -> dict[str, object]:
    """One row of ``delivery``, told by the partition that now holds the rows."""
    table = f"raw_{one.name}"
    path = run.lake.path(table, run.month)
    first = run.settings.calendar.window(run.month).known_until
    known = run.engine.row(
        "SELECT max(known) AS latest, count(*) FILTER (WHERE known >= $first) AS late"
        " FROM (SELECT TRY_CAST(known_date AS DATE) AS known FROM read_parquet($path))",
        {"path": str(path), "first": first},
    )
    return {
        "table_name": one.name,
        "known_until": run.window.known_until,
        "is_restated": run.restated_until is not None,
        "row_count": one.rows,
        "byte_count": path.stat().st_size,
        "sha256": run.lake.sha256(table, run.month),
        "max_known_date": known["latest"],
        "late_rows": known["late"],
        "schema_json": one.delivered.as_json(),
    }
