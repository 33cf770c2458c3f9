"""The gate's decision of a month, from the validated models to the registry's aliases."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.warehouse import PromotionRow
from churn_tasks.core.months import Month
from churn_tasks.modeling.gate import Contender, Decision, decide
from churn_tasks.modeling.validation import CHAMPION
from churn_tasks.runner.month_run import MonthRun

Row = dict[str, Any]
Models = dict[str, Row]  # candidate -> its row of out_validation
BY_GATE = "gate"
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
    names = run.settings.model.candidate_names
    candidates = [contenders[name] for name in names if name in contenders]
    base_rate = float(next(iter(models.values()))["churn_rate"])
    champion = contenders.get(CHAMPION)
    gain = run.settings.promotion.min_gain
    decision = decide(candidates, champion, base_rate, gain)
    return _with_orders(run, decision)


def _with_orders(run: MonthRun, decision: Decision) -> Decision:
    """What people have retired is not promoted, whatever it came to."""
    selected = (run.settings.model.name, decision.selected.version)
    for dated in run.warehouse.model_orders(run.month):
        order = dated.order
        if order.kind == "retire" and order.model == selected and decision.promote:
            why = f"{decision.why}; retired from {dated.from_month} by {order.decided_by}: {order.why}"
            return replace(decision, promote=False, why=why)
    return decision


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
        decided_by=BY_GATE,
        why=f"tested on {tested}: {decision.why}",
        metrics=metrics,
    )


def pinned_row(run: MonthRun, gate: PromotionRow | None) -> PromotionRow | None:
    """What people have pinned for the month, in place of what the gate has decided; the gate's where nothing is."""
    pin = run.warehouse.pinned(run.month)
    if pin is None:
        return gate
    order = pin.order
    before = run.warehouse.champion(run.month - 1)
    changes = before is None or (before.model_name, before.version) != order.model
    said = f"; the gate: {gate.why}" if gate else ""
    return PromotionRow(
        decided_in=str(run.month),
        model_name=order.model_name,
        model_version=order.model_version,
        promoted=changes,
        decided_by=order.decided_by,
        why=f"pinned from {pin.from_month}: {order.why}{said}",
        metrics=gate.metrics if gate else {},
    )


def point_aliases(run: MonthRun, decision: Decision) -> None:
    """``champion`` is in force, ``previous`` was before it, ``challenger`` was judged last and did not win.

    From the decisions of all months, so that an earlier month that runs again never turns them back.
    """
    decided = [row for row in run.warehouse.promotions() if row["is_current"]]
    if decided and Month.of(decided[-1]["valid_from"]) > run.month:
        return
    now = run.warehouse.champion(run.month)
    champion = now.version if now else None
    challenger = decision.selected.version
    run.tracking.set_aliases(
        {
            "champion": champion,
            "previous": _version_before(decided, champion),
            "challenger": None if challenger == champion else challenger,
        }
    )


def _version_before(decided: list[Row], champion: int | None) -> int | None:
    """The version that was in force last before the one that is now."""
    before = None
    for row in decided:
        version = int(row["model_version"])
        if version != champion:
            before = version
    return before


def write_decision(run: MonthRun, decision: str, version: int | None, why: str) -> None:
    row = {
        "decision": decision,
        "model_name": run.settings.model.name,
        "model_version": version,
        "why": why,
    }
    run.engine.write("out_promotion", run.month, pa.Table.from_pylist([row]))
