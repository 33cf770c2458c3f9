"""The columns that a month learns from: chosen on its training rows, or taken over from an earlier run of the month."""

import logging
from dataclasses import dataclass
from typing import Any

from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.leak_probe import refuse_leaks
from churn_tasks.modeling.selection import Selection, everything, select
from churn_tasks.runner.month_run import MonthRun

log = logging.getLogger("churn")

FEWEST_CHURNERS = 10
TABLE = "feature_selection"


@dataclass(frozen=True)
class Chosen:
    """What was decided about every column.

    Attributes:
        aucs: of every offered column alone, as the leak probe found it.
    """

    selection: Selection
    aucs: dict[str, float]

    def rows(self, decided_from: str) -> list[dict[str, Any]]:
        """The rows of ``feature_selection``.

        Args:
            decided_from: digest of all that decided it.
        """
        rows = []
        for record in self.selection.records():
            probe_auc = self.aucs.get(record["feature"])
            rows.append(record | {"probe_auc": probe_auc, "decided_from": decided_from})
        return rows


def chosen_columns(run: MonthRun, offered: FeatureSet, rows: Sample) -> Chosen:
    """Decide which columns to learn from, after every one of them was probed for leaks.

    Args:
        rows: to learn from, with all columns; no tested month is among them.

    Raises:
        CheckFailed: a single column tells the label.
    """
    wanted = run.settings.features
    aucs = refuse_leaks(rows, offered, run.settings.leak_probe)
    stayed = len(rows) - rows.churners
    if min(rows.churners, stayed) < FEWEST_CHURNERS:
        return Chosen(everything(offered, wanted.ban), aucs)
    selection = select(rows, offered, wanted)
    kept, there = len(selection.kept), len(offered.names)
    log.info("train %s: %d of %d columns selected", run.month, kept, there)
    return Chosen(selection, aucs)


def chosen_before(
    run: MonthRun, offered: FeatureSet, decided_from: str
) -> Chosen | None:
    """What an earlier run of the month decided from the very same data, settings and code; None if none did.

    Args:
        decided_from: digest of them.
    """
    rows = _recorded(run)
    if {row.get("decided_from") for row in rows} != {decided_from}:
        return None
    by_name = {row["feature"]: row for row in rows}
    in_order = [by_name[name] for name in (*offered.names, *run.settings.features.ban)]
    aucs = {}
    for row in in_order:
        if row["probe_auc"] is not None:
            aucs[row["feature"]] = row["probe_auc"]
    log.info("train %s: columns as an earlier run selected them", run.month)
    return Chosen(Selection.of_records(in_order), aucs)


def _recorded(run: MonthRun) -> list[dict[str, Any]]:
    """The month's rows of ``feature_selection``."""
    run.engine.view(TABLE)
    sql = f"SELECT * FROM {TABLE} WHERE month = $month"
    return run.engine.records(sql, {"month": run.month.start})
