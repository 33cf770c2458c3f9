"""Drift of one month, told from the lake's table ``delivery``: the yardstick, the findings, and the table ``drift``.

Extraction asks first, so that harm stops a source before anything is written. The notes are written when the month is
checked: by then the months before are integrated, also where Airflow extracts several months side by side.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

import pyarrow as pa

from churn_tasks.checks.drift import (
    COLUMNS,
    Delivered,
    Finding,
    no_overlap,
    refusal,
    result_drift,
    rows_of,
)
from churn_tasks.checks.relation_drift import columns_read, of_month, relation_drift
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.declared.lineage.gaps import load_gaps
from churn_tasks.declared.registry import Registry

log = logging.getLogger("churn.drift")
DIALECTS = {"postgres": "postgres", "files": "duckdb"}


class Run(Protocol):
    """What is needed of a month's run."""

    settings: Settings
    month: Month

    @property
    def window(self) -> Window: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def lake(self) -> Any: ...
    @property
    def engine(self) -> Any: ...


def accepted(run: Run, name: str) -> tuple[Month, Delivered] | None:
    """The yardstick: what the latest earlier month delivered that passed the checks and became clean."""
    for month in reversed(run.lake.months("delivery")):
        if month < run.month and run.lake.has(f"clean_{name}", month):
            delivered = _delivered(run, name, month)
            if delivered:
                return month, delivered
    return None


def below(
    run: Run, name: str, relations: Any, before: tuple[Month, Delivered] | None
) -> list[Finding]:
    """Drift of the tables or files that the extract reads."""
    if before is None:
        return []
    sql = rendered_sql(run.settings, run.window, name)
    return relation_drift(
        run.registry.raw[name],
        of_month(relations, run.month),
        of_month(before[1].relations, before[0]),
        columns_read(sql, DIALECTS.get(run.settings.source.kind, "")),
        is_mended=before[1].is_other_extract(extract_text(run, name)),
    )


def above(
    run: Run,
    name: str,
    now: Delivered,
    before: tuple[Month, Delivered] | None,
    overlap: Callable[[str, str], float] = no_overlap,
) -> list[Finding]:
    """Drift of what the extract gives."""

    gaps = cache(
        lambda: load_gaps(run.settings)
    )  # costs half a second, and is seldom asked for

    def costs(column: str) -> str:
        return gaps().of_column(name, column).in_words()

    return result_drift(
        run.registry.raw[name],
        now.columns,
        before[1].columns if before else None,
        costs,
        overlap,
    )


def refuse_harm(run: Run, name: str, found: list[Finding]) -> None:
    """Let notes pass.

    Raises:
        BadInput: a finding is harmful; every harmful column is named.
    """
    problem = refusal(found)
    if problem:
        raise BadInput(evidence(table=f"raw_{name}", month=run.month, problem=problem))


def note_drift(run: Run) -> int:
    """Write ``drift`` of the month and log each note.

    Raises:
        BadInput: a change is harmful that extraction could not see, because the month before was not yet accepted.
    """
    rows = []
    for name in run.registry.raw:
        now = _delivered(run, name, run.month)
        if now is None:
            continue
        before = accepted(run, name)
        found = below(run, name, now.relations, before) + above(run, name, now, before)
        refuse_harm(run, name, found)
        for finding in found:
            log.warning("%s %s: %s", name, run.month, finding.text)
        rows += rows_of(found)
    table = pa.table(
        {
            column: pa.array([row[column] for row in rows], pa.string())
            for column in COLUMNS
        }
    )
    with run.engine.registered("new_drift", table):
        return int(run.engine.write("drift", run.month, "SELECT * FROM new_drift"))


def extract_text(run: Run, name: str) -> str:
    """The extract as the profile has it, without the month's dates."""
    return (run.settings.profile_dir / "extract" / f"{name}.sql").read_text(
        encoding="utf-8"
    )


def _delivered(run: Run, name: str, month: Month) -> Delivered | None:
    run.engine.view("delivery")
    found = run.engine.records(
        "SELECT schema_json FROM delivery WHERE month = $month AND table_name = $name"
        " ORDER BY known_until DESC LIMIT 1",
        {"month": month.start, "name": name},
    )
    return Delivered.from_json(found[0]["schema_json"]) if found else None
