"""Step ``promote``: the gate decides whether the best candidate of the month takes the champion's place.

The decision is written to the warehouse first; MLflow's aliases only follow it, and every run puts them right again.
Nothing reads an alias: scoring takes the version that the decision names.
"""

from typing import Any

from churn_tasks.adapters.warehouse import PromotionRow
from churn_tasks.core.months import Month
from churn_tasks.modeling.gate import Contender, Decision, decide
from churn_tasks.modeling.validation import CHAMPION
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped

Rows = dict[str, dict[str, Any]]  # candidate -> its row of out_validation
FIGURES = (
    "average_precision",
    "auc",
    "churn_rate",
    "precision",
    "coverage",
    "warned",
    "warned_churners",
)


def run(run: MonthRun) -> StepReport:
    """Decide from ``out_validation``, record the decision, point the aliases at what is in force."""
    if run.settings.calendar.tested_month(run.month) is None:
        return skipped("promote", run, "history is too short to test a model")
    if not run.lake.has("out_validation", run.month):
        _write(run, "none", None, "no candidate was judged in this run")
        return skipped("promote", run, "no candidate was judged in this run")
    report = StepReport("promote", str(run.month))
    rows = _validated(run)
    decision = _decide(run, rows)
    in_force = rows[decision.selected.name] if decision.promote else rows.get(CHAMPION)
    if in_force:
        run.warehouse.record_promotion(_promotion(run, decision, in_force, rows))
    _point_aliases(run, decision)
    _write(
        run,
        "promoted" if decision.promote else "kept",
        decision.selected.version,
        decision.why,
    )
    report.facts = {"promoted": decision.promote, "why": decision.why}
    return report


def _write(run: MonthRun, decision: str, version: int | None, why: str) -> None:
    """Last of all: that the row is there tells the next month that this one has decided."""
    row = {
        "decision": decision,
        "version": version,
        "name": run.settings.model.name,
        "why": why,
    }
    select = "SELECT $decision AS decision, $name AS model_name, $version AS model_version, $why AS why"
    run.engine.write("out_promotion", run.month, select, row)


def _validated(run: MonthRun) -> Rows:
    return {
        row["candidate"]: row
        for row in run.month_rows("out_validation", "*").to_dict("records")
    }


def _decide(run: MonthRun, rows: Rows) -> Decision:
    contenders = {
        name: Contender(
            name, int(row["model_version"]), float(row["average_precision"])
        )
        for name, row in rows.items()
    }
    candidates = [
        contenders[name] for name in run.settings.model.candidates if name in contenders
    ]
    base_rate = float(next(iter(rows.values()))["churn_rate"])
    return decide(
        candidates, contenders.get(CHAMPION), base_rate, run.settings.promotion.min_gain
    )


def _promotion(
    run: MonthRun, decision: Decision, in_force: dict[str, Any], rows: Rows
) -> PromotionRow:
    tested = Month.of(in_force["tested_month"])
    figures = {
        name: {figure: float(row[figure]) for figure in FIGURES}
        for name, row in sorted(rows.items())
    }
    return PromotionRow(
        decided_in=str(run.month),
        model_name=in_force["model_name"],
        model_version=int(in_force["model_version"]),
        promoted=decision.promote,
        decided_by="gate",
        why=f"tested on {tested}: {decision.why}",
        metrics={"tested_month": str(tested), **figures},
    )


def _point_aliases(run: MonthRun, decision: Decision) -> None:
    """``champion`` is in force, ``previous`` was before it, ``challenger`` was judged last and did not win.

    From the decisions of all months, so that an earlier month that runs again never turns them back.
    """
    decided = [row for row in run.warehouse.promotions() if row["is_current"]]
    in_force = list(
        dict.fromkeys(
            int(row["model_version"]) for row in decided if row["is_promoted"]
        )
    )
    if decided and Month.of(decided[-1]["valid_from"]) > run.month:
        return
    run.tracking.set_aliases(
        {
            "champion": in_force[-1] if in_force else None,
            "previous": in_force[-2] if len(in_force) > 1 else None,
            "challenger": None if decision.promote else decision.selected.version,
        }
    )
