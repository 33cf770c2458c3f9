"""Cards of model versions: gathered from lake and warehouse, written beside the lake and to MLflow."""

from typing import Any

from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.report.model_card import CardFacts, model_card
from churn_tasks.runner.month_run import MonthRun

Row = dict[str, Any]

TRAINED = """
SELECT * FROM out_validation
WHERE model_name = $name AND model_version = $version AND kind = 'candidate' AND month <= $month
ORDER BY month DESC LIMIT 1
"""
BY_MONTH = "SELECT * FROM out_gate WHERE month = $trained AND model_version = $version ORDER BY judged_month"
COLUMNS = "SELECT * FROM feature_selection WHERE month = $trained AND is_kept ORDER BY place NULLS LAST, feature"


def write_cards(run: MonthRun, versions: set[int]) -> int:
    """Write the card of each version, in place of an earlier one; returns how many.

    A version that no month of the lake has judged as a candidate has no card.
    """
    run.engine.views("out_validation", "out_gate", "feature_selection")
    written = 0
    for version in sorted(versions):
        judged = _judged(run, version)
        if judged is None:
            continue
        card = model_card(_facts(run, judged))
        replace_text(run.settings.model_card(judged["model_name"], version), card)
        run.tracking.write_text(judged["mlflow_run_id"], "model_card.md", card)
        written += 1
    return written


def _judged(run: MonthRun, version: int) -> Row | None:
    """The row of the candidate in the month that fitted it."""
    asked = {
        "name": run.settings.model.name,
        "version": version,
        "month": run.month.start,
    }
    rows = run.engine.records(TRAINED, asked)
    return rows[0] if rows else None


def _facts(run: MonthRun, judged: Row) -> CardFacts:
    trained = {"trained": judged["month"]}
    version = int(judged["model_version"])
    return CardFacts(
        settings=run.settings,
        trained_in=str(Month.of(judged["month"])),
        judged=judged,
        months=run.engine.records(BY_MONTH, trained | {"version": version}),
        columns=run.engine.records(COLUMNS, trained),
        decisions=_decisions(run, version),
        files=run.warehouse.model_files(judged["model_name"], version),
    )


def _decisions(run: MonthRun, version: int) -> list[Row]:
    """Those that put the version in force, or judged it there."""
    decisions = []
    for row in run.warehouse.promotions():
        named = (row["model_version"], row["metrics"].get("judged_version"))
        if row["is_current"] and version in named:
            decisions.append(row)
    return decisions
