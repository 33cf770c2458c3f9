"""Step ``late``: looks for rows of earlier months that have become known since those months were read (A7)."""

import logging
from datetime import date

import pyarrow as pa

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.declared.extract_sql import late_rows_sql
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped

log = logging.getLogger("churn")
SCHEMA = pa.schema(
    {
        "late_month": pa.date32(),
        "table_name": pa.string(),
        "late_rows": pa.int64(),
        "known_from": pa.string(),  # as the source writes it
        "known_to": pa.string(),
    }
)
FOUND = """
SELECT * REPLACE (TRY_CAST(known_from AS DATE) AS known_from, TRY_CAST(known_to AS DATE) AS known_to) FROM found_rows
"""


def run(run: MonthRun) -> StepReport:
    """Count late rows of the last ``restatement.months`` months; what an earlier try of this run restated is forgotten.

    Raises:
        NotReady: an earlier month has been extracted and not integrated yet; it would be missed.
    """
    _forget_earlier_try(run)
    if not run.settings.restatement.months:
        run.lake.remove("late_rows", run.month)
        return skipped(
            "late", run, "restatement.months is 0: nobody looks for late rows"
        )
    found = [row for month in _months(run) for row in _late_rows(run, month)]
    with run.engine.registered("found_rows", pa.Table.from_pylist(found, SCHEMA)):
        run.engine.write("late_rows", run.month, FOUND)
    report = StepReport("late", str(run.month), rows={"late_rows": len(found)})
    report.facts = {
        f"{row['table_name']} {row['late_month']}": row["late_rows"] for row in found
    }
    return report


def _forget_earlier_try(run: MonthRun) -> None:
    """So that this try restates what it finds itself, and nothing else, under the run's date."""
    run.lake.discard_all(run.window.known_until)
    run.lake.remove("refusal", run.month)


def _months(run: MonthRun) -> list[Month]:
    """Earlier months that were extracted, as far back as the setting says."""
    earliest = max(
        run.settings.first_month, run.month - run.settings.restatement.months
    )
    tables = [f"raw_{name}" for name in run.registry.raw]
    extracted = [
        m
        for m in months_between(earliest, run.month)
        if any(run.lake.has(t, m) for t in tables)
    ]
    for month in extracted:
        if not run.lake.has("month_activity", month):
            raise NotReady(
                f"{run.month} looks for late rows of {month}, which is not integrated yet."
                f" Run first: churn step summarise --month {month}"
            )
    return extracted


def _late_rows(run: MonthRun, month: Month) -> list[dict[str, object]]:
    """A row for each table of an earlier month that has late rows."""
    with open_source(run.settings, month) as source:
        counted = [{"late_month": month.start, "table_name": name} | _count(run, source, month, name)
                   for name in run.registry.raw]  # fmt: skip
    return [row for row in counted if row["late_rows"]]


def _count(run: MonthRun, source: Source, month: Month, name: str) -> dict[str, object]:
    """How many rows of a table came after its version in force was made; none where the source cannot tell."""
    now = run.settings.calendar.window(month)
    window = now.known_by(run.window.known_until)
    since = _known_until(run, month, name) or now.known_until
    try:
        with source.batches(
            late_rows_sql(run.settings, window, name, since)
        ) as batches:
            late, *days = (column[0].as_py() for column in batches.read_all().columns)
    except (
        BadInput,
        NotReady,
    ) as error:  # a file drop may have put earlier months away
        log.warning(
            "late %s: %s of %s cannot be searched for late rows: %s",
            run.month,
            name,
            month,
            error,
        )
        return {"late_rows": 0}
    first, last = (str(day) if day is not None else None for day in days)
    return {"late_rows": late, "known_from": first, "known_to": last}


def _known_until(run: MonthRun, month: Month, name: str) -> date | None:
    """The date of the latest restated version that this run may build on."""
    dates = [
        day
        for day in run.lake.restatements(f"raw_{name}", month)
        if day < run.window.known_until
    ]
    return dates[-1] if dates else None
