"""Drift of what a month delivered: the yardstick, the findings, and the rows of the table ``drift``.

Nothing here knows of a step or of the lake's folders. Whoever asks hands over the engine, the extract, and the months
whose deliveries were accepted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from churn_tasks.checks.columns_read import columns_read
from churn_tasks.checks.drift import (
    COLUMNS,
    Delivered,
    Finding,
    no_overlap,
    refusal,
    result_drift,
    rows_of,
)
from churn_tasks.checks.relation_drift import of_month, relation_drift
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.declared.lineage.gaps import load_gaps
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine

DIALECTS = {"postgres": "postgres", "files": "duckdb"}
Costs = Callable[[str, str], str]
Overlap = Callable[[str, str], float]
Relations = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Extract:
    """How the profile asks the source for one table of a month.

    Attributes:
        sql: the SELECT with the month's dates in it.
        text: the same as the profile has it, so that a mended extract is known from one nobody has looked at.
        dialect: of the source, as SQLGlot calls it; empty where it is not known.
    """

    table: RawTable
    sql: str
    text: str
    dialect: str = ""


@dataclass(frozen=True)
class Yardstick:
    """What the latest accepted month delivered of a table."""

    month: Month
    delivered: Delivered


def extract_of(settings: Settings, window: Window, table: RawTable) -> Extract:
    """The profile's extract of a table for the month of the window."""
    return Extract(
        table=table,
        sql=rendered_sql(settings, window, table.table),
        text=extract_text(settings, table.table),
        dialect=DIALECTS.get(settings.source.kind, ""),
    )


def extract_text(settings: Settings, table: str) -> str:
    """The extract as the profile has it, without the month's dates."""
    path = settings.profile_dir / "extract" / f"{table}.sql"
    return path.read_text(encoding="utf-8")


def latest_delivery(engine: SqlEngine, table: str, month: Month) -> Delivered | None:
    """What a month delivered of a table, in its latest version; None where nothing is on record."""
    question = load_question("profile", "latest_delivery")
    answer = engine.ask(question, {"month": month.start, "table_name": table})
    if not answer:
        return None
    return Delivered.from_json(answer[0]["schema_json"])


def yardstick(
    engine: SqlEngine, table: str, months: Iterable[Month]
) -> Yardstick | None:
    """What a new delivery is compared with; None while nothing was accepted.

    Args:
        months: earlier ones of whose delivery the table became clean, the latest first; the first one that has a
            delivery on record counts.
    """
    for month in months:
        delivered = latest_delivery(engine, table, month)
        if delivered:
            return Yardstick(month, delivered)
    return None


def gap_costs(settings: Settings) -> Costs:
    """What is lost without a column of a table, in words; counted when first asked for, for it takes half a second."""

    @cache
    def costs(table: str, column: str) -> str:
        return gaps().of_column(table, column).in_words()

    gaps = cache(lambda: load_gaps(settings))
    return costs


def below_extract(
    extract: Extract, month: Month, relations: Relations, before: Yardstick | None
) -> list[Finding]:
    """Drift of the tables or files that the extract reads; none without a yardstick.

    Args:
        relations: columns of each, parts of a month included, as the source shows them.
    """
    if before is None:
        return []
    return relation_drift(
        extract.table,
        of_month(relations, month),
        of_month(before.delivered.relations, before.month),
        columns_read(extract.sql, extract.dialect),
        is_mended=before.delivered.is_other_extract(extract.text),
    )


def of_result(
    table: RawTable,
    now: Delivered,
    before: Yardstick | None,
    costs: Costs,
    overlap: Overlap = no_overlap,
) -> list[Finding]:
    """Drift of what the extract gives."""

    def costs_of_column(column: str) -> str:
        return costs(table.table, column)

    known = before.delivered.known_types if before else None
    return result_drift(table, now.known_types, known, costs_of_column, overlap)


def delivery_drift(
    extract: Extract,
    month: Month,
    now: Delivered,
    before: Yardstick | None,
    costs: Costs,
) -> list[Finding]:
    """Everything that drifted in a table's delivery of a month: below the extract, and in what it gives."""
    below = below_extract(extract, month, now.relations, before)
    return below + of_result(extract.table, now, before, costs)


def refuse_harm(table: str, month: Month, findings: Iterable[Finding]) -> None:
    """Let notes pass.

    Raises:
        BadInput: a finding is harmful; every harmful column is named.
    """
    problem = refusal(findings)
    if problem:
        raise BadInput(evidence(table=f"raw_{table}", month=month, problem=problem))


def drift_rows(findings: Iterable[Finding]) -> pa.Table:
    """The rows of the table ``drift``; equal findings of a table, as of two parts of it, stand once."""
    rows = rows_of(findings)
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    return pa.table(
        columns, schema=pa.schema([(name, pa.string()) for name in COLUMNS])
    )
