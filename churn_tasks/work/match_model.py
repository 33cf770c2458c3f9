"""What the records of a month have taught of how much an agreement says, kept for its restatements."""

import hashlib
import json
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from churn_tasks.integrate.matching.plan import MatchingPlan
from churn_tasks.runner.month_run import MonthRun

MODELS = pa.schema({"plan_sha256": pa.string(), "model_json": pa.string()})


def model_before(run: MonthRun, plan: MatchingPlan) -> dict[str, Any] | None:
    """What a restated month learnt in its version before; None in a month's own run, or under another plan."""
    if run.restated_until is None:
        return None
    rows = run.engine.rows_of("match_model", run.month, run.lake.before())
    for line in run.engine.records(f"SELECT * FROM {rows}"):
        if line["plan_sha256"] == _digest(run, plan):
            model: dict[str, Any] = json.loads(line["model_json"])
            return model
    return None


def write_model(run: MonthRun, plan: MatchingPlan, model: dict[str, Any] | None) -> int:
    """Write ``match_model``: a row, none where nothing was compared."""
    lines = []
    if model:
        text = json.dumps(model, sort_keys=True, ensure_ascii=False)
        lines.append({"plan_sha256": _digest(run, plan), "model_json": text})
    return run.engine.write(
        "match_model", run.month, pa.Table.from_pylist(lines, MODELS)
    )


def _digest(run: MonthRun, plan: MatchingPlan) -> str:
    """Of all that what is learnt hangs on beside the records."""
    sampled = f"{run.settings.matching.sampled_pairs} {run.settings.matching.seed}"
    told = f"splink {version('splink')} {sampled} {plan.model_dump_json()}"
    return hashlib.sha256(told.encode()).hexdigest()
