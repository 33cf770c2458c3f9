"""The gate's decision of a month, from the validated models to the registry's aliases."""

from typing import Any

import pyarrow as pa

from churn_tasks.adapters.warehouse import PromotionRow
from churn_tasks.core.months import Month
from churn_tasks.modeling.gate import Contender, Decision, decide
from churn_tasks.modeling.validation import CHAMPION
from churn_tasks.runner.month_run import MonthRun

Row = dict[str, Any]
Models = dict[str, Row]  # candidate -> its row of out_validation
FIGURES = (
    "average_precision",
    "auc",
    "churn_rate",
    "precision",
    "coverage",
    "warned",
    "warned_churners",
)


def validated_models(run: MonthRun) -> Models:
    """What this run found about each candidate and the champion."""
    rows = run.rows_of_month("out_validation").to_dict("records")
    return {row["candidate"]: row for row in rows}


def decision_of_gate(run: MonthRun, models: Models) -> Decision:
    contenders = {name: _contender(name, row) for name, row in models.items()}
    names = run.settings.model.candidates
    candidates = [contenders[name] for name in names if name in contenders]
    base_rate = float(next(iter(models.values()))["churn_rate"])
    champion = contenders.get(CHAMPION)
    return decide(candidates, champion, base_rate, run.settings.promotion.min_gain)


def _contender(name: str, row: Row) -> Contender:
    return Contender(name, int(row["model_version"]), float(row["average_precision"]))


def promotion_row(
    run: MonthRun, decision: Decision, in_force: Row, models: Models
) -> PromotionRow:
    """The decision as the warehouse keeps it, with the figures of every model that was judged."""
    tested = Month.of(in_force["tested_month"])
    metrics: dict[str, Any] = {"tested_month": str(tested)}
    for name, row in sorted(models.items()):
        metrics[name] = {figure: float(row[figure]) for figure in FIGURES}
    return PromotionRow(
        decided_in=str(run.month),
        model_name=in_force["model_name"],
        model_version=int(in_force["model_version"]),
        promoted=decision.promote,
        decided_by="gate",
        why=f"tested on {tested}: {decision.why}",
        metrics=metrics,
    )


def point_aliases(run: MonthRun, decision: Decision) -> None:
    """``champion`` is in force, ``previous`` was before it, ``challenger`` was judged last and did not win.

    From the decisions of all months, so that an earlier month that runs again never turns them back.
    """
    decided = [row for row in run.warehouse.promotions() if row["is_current"]]
    if decided and Month.of(decided[-1]["valid_from"]) > run.month:
        return
    promoted = [int(row["model_version"]) for row in decided if row["is_promoted"]]
    in_force = list(dict.fromkeys(promoted))
    challenger = None if decision.promote else decision.selected.version
    run.tracking.set_aliases(
        {
            "champion": in_force[-1] if in_force else None,
            "previous": in_force[-2] if len(in_force) > 1 else None,
            "challenger": challenger,
        }
    )


def write_decision(run: MonthRun, decision: str, version: int | None, why: str) -> None:
    row = {
        "decision": decision,
        "model_name": run.settings.model.name,
        "model_version": version,
        "why": why,
    }
    run.engine.write("out_promotion", run.month, pa.Table.from_pylist([row]))
