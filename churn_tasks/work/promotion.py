"""The gate's decision of a month, from the validated models to the registry's aliases."""

from dataclasses import replace
from math import isnan
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.warehouse import DatedOrder, PromotionRow
from churn_tasks.core.months import Month
from churn_tasks.modeling.gate import Contender, Decision, decide, select
from churn_tasks.modeling.paired import Gain
from churn_tasks.modeling.validation import CHAMPION, GAIN
from churn_tasks.runner.month_run import MonthRun

Row = dict[str, Any]
Models = dict[str, Row]  # candidate -> its row of out_validation
PROPOSED = "proposed"
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


def best_beside(models: Models, version: int) -> int | None:
    """Version of the best candidate but for the one in force; None where there is no other.

    Args:
        models: what a month found, as :func:`validated_models` gives it.
        version: of the champion of the month.
    """
    others = []
    for name, row in models.items():
        if name != CHAMPION and int(row["model_version"]) != version:
            others.append(_contender(name, row))
    return select(others).version if others else None


def versions_judged(models: Models) -> set[int]:
    """Those of the candidates and of the champion."""
    return {int(row["model_version"]) for row in models.values()}


def decision_of_gate(run: MonthRun, models: Models) -> Decision:
    contenders = {name: _contender(name, row) for name, row in models.items()}
    names = run.settings.model.candidate_names
    candidates = [contenders[name] for name in names if name in contenders]
    champion = contenders.get(CHAMPION)
    decision = decide(candidates, champion, run.settings.promotion)
    return _with_orders(run, decision)


def _with_orders(run: MonthRun, decision: Decision) -> Decision:
    """What people have retired is not promoted, whatever it came to; nor what waits for somebody to agree."""
    if not decision.promote:
        return decision
    retired = _order_about(run, decision, "retire")
    if retired:
        order = retired.order
        why = f"{decision.why}; retired from {retired.from_month} by {order.decided_by}: {order.why}"
        return replace(decision, promote=False, why=why)
    if run.settings.promotion.approval == "none":
        return decision
    approved = _order_about(run, decision, "approve")
    if approved:
        order = approved.order
        why = f"{decision.why}; approved by {order.decided_by}: {order.why}"
        return replace(decision, why=why, decided_by=order.decided_by)
    remedy = f"churn models approve --month {run.month}"
    why = f"{decision.why}; it waits until somebody agrees: {remedy}"
    return replace(decision, promote=False, waits=True, why=why)


def _order_about(run: MonthRun, decision: Decision, kind: str) -> DatedOrder | None:
    """What people have ordered about the selected version, as it holds in this month."""
    selected = (run.settings.model.name, decision.selected.version)
    for dated in run.warehouse.model_orders(run.month):
        if dated.order.kind == kind and dated.order.model == selected:
            return dated
    return None


def _contender(name: str, row: Row) -> Contender:
    version, precision = int(row["model_version"]), float(row["average_precision"])
    return Contender(name, version, precision, _gain(row))


def _gain(row: Row) -> Gain | None:
    """What ``out_validation`` says of it; its months are in ``out_gate``."""
    if not is_told(row["gain"]):
        return None
    ends = (float(row["gain"]), float(row["gain_low"]), float(row["gain_high"]))
    return Gain(*ends, int(row["gain_churners"]), int(row["gain_months"]))


def promotion_row(
    run: MonthRun, decision: Decision, in_force: Row, models: Models
) -> PromotionRow:
    """The decision as the warehouse keeps it, with the figures of every model that was judged."""
    tested = Month.of(in_force["tested_month"])
    metrics: dict[str, Any] = {"tested_month": str(tested)}
    for name, row in sorted(models.items()):
        figures = {figure: float(row[figure]) for figure in FIGURES}
        for figure in GAIN:
            if is_told(row[figure]):
                figures[figure] = float(row[figure])
        metrics[name] = figures
    metrics |= _regret(run, decision, models)
    return PromotionRow(
        decided_in=str(run.month),
        model_name=in_force["model_name"],
        model_version=int(in_force["model_version"]),
        promoted=decision.promote,
        decided_by=decision.decided_by,
        why=f"tested on {tested}: {decision.why}",
        metrics=metrics,
    )


def is_told(figure: float | None) -> bool:
    """Whether a figure has a value: a column without any is read as None, one that is missing among others as NaN."""
    return figure is not None and not isnan(figure)


def _regret(run: MonthRun, decision: Decision, models: Models) -> Row:
    """What the champion that was judged has cost since it went live, by the months tested since.

    ``missed`` is the average precision of the best candidate less the champion's, in the tested month; ``regret`` the
    sum of it over this decision and those before that judged the same version. Below 0 nothing was missed.
    """
    champion = models.get(CHAMPION)
    if champion is None:
        return {}
    version = int(champion["model_version"])
    best = decision.selected.average_precision
    missed = best - float(champion["average_precision"])
    total = missed
    for row in run.warehouse.promotions():
        before = row["metrics"]
        is_earlier = row["is_current"] and Month.of(row["valid_from"]) < run.month
        if is_earlier and before.get("judged_version") == version:
            total += before["missed"]
    return {"judged_version": version, "missed": missed, "regret": total}


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
