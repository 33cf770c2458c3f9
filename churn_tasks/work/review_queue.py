"""Doubtful pairs put before people, with both records as the source has them now."""

from typing import Any

import pyarrow as pa

from churn_tasks.adapters.warehouse import QueuedPair
from churn_tasks.integrate.matching.clusters import Judged
from churn_tasks.integrate.matching.review import (
    evidence_shown_sql,
    records_shown_sql,
)
from churn_tasks.runner.month_run import MonthRun


def ask_people(run: MonthRun, judged: list[Judged]) -> int:
    """Put new doubtful pairs into the review queue, the most probable first; returns how many were new."""
    doubtful = [
        pair for pair in judged if pair.verdict == "review" and not pair.link.decision
    ]
    if not doubtful or not run.settings.environment.warehouse_url:
        return 0
    doubtful.sort(key=lambda pair: (-pair.link.probability, pair.link.a, pair.link.b))
    most = run.settings.matching.most_asked_a_month
    return run.warehouse.queue_pairs(run.month, _queued(run, doubtful), most)


def _queued(run: MonthRun, pairs: list[Judged]) -> list[QueuedPair]:
    """The pairs of which both records are there."""
    records, evidence = _records(run, pairs), _evidence(run)
    queued = []
    for pair in pairs:
        a, b = pair.link.a, pair.link.b
        if a in records and b in records:
            said = evidence[a, b]
            probability, reason = pair.link.probability, pair.reason
            shown = (*said, *records[a], *records[b])
            queued.append(QueuedPair(a, b, probability, reason, *shown))
    return queued


def _records(run: MonthRun, pairs: list[Judged]) -> dict[str, tuple[Any, Any]]:
    """Line to its token and to what people may see of it, as JSON."""
    available = run.registry.raw["customer"].column_names
    lines = {line for pair in pairs for line in (pair.link.a, pair.link.b)}
    wanted = pa.table({"customer_id": pa.array(lines, pa.string())})
    with run.engine.registered("wanted_lines", wanted):
        sql = records_shown_sql(available)
        rows = run.engine.connection.execute(sql).fetchall()
    return {line: (number, record) for line, number, record in rows}


def _evidence(run: MonthRun) -> dict[tuple[str, str], tuple[str, str]]:
    """Pair to what agrees and what differs, in English and Chinese."""
    rows = run.engine.connection.execute(evidence_shown_sql()).fetchall()
    return {(a, b): (en, zh) for a, b, en, zh in rows}
