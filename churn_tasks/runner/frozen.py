"""What people had decided when a month first ran, kept in the lake, so that a repeated run decides alike."""

import pyarrow as pa

from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Decision

TYPES = {"text": pa.string(), "integer": pa.int64()}


def freeze(run: MonthRun, decision: Decision) -> None:
    """Write the decisions of a month, unless a run of it has done so before.

    A month that takes in what came late keeps to what it was decided by: asked anew, it would give other bytes each
    time somebody has decided something since. A restatement by hand asks anew; that is how a decision is applied.
    Without a warehouse nothing new is decided.
    """
    has_warehouse = bool(run.settings.environment.warehouse_url)
    is_by_hand = run.restated_until is not None and not run.only_late
    asks_anew = is_by_hand and has_warehouse
    is_frozen = run.lake.has(decision.table, run.month) and not asks_anew
    if is_frozen or not decision.when(run):
        return
    decided = decision.ask(run) if has_warehouse else []
    columns = {}
    for column in run.registry.tables[decision.table].columns:
        values = [getattr(row, column.name) for row in decided]
        columns[column.name] = pa.array(values, TYPES[column.type])
    run.engine.write(decision.table, run.month, pa.table(columns))
