"""Cards of model versions: gathered from lake and warehouse, written beside the lake and to MLflow."""

from typing import Any

from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.report.model_card import CardFacts, model_card
from churn_tasks.runner.month_run import MonthRun

Row = dict[str, Any]


def write_cards(run: MonthRun, versions: set[int]) -> int:
    """Write the card of each version, in place of an earlier one; returns how many.

    A version that no month of the lake has judged as a candidate has no card.
    """
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
    rows = run.engine.ask(load_question("report", "judged_version"), asked)
    return rows[0] if rows else None


def _facts(run: MonthRun, judged: Row) -> CardFacts:
    version = int(judged["model_version"])
    trained = {"trained": judged["month"], "version": version}
    months = load_question("report", "judged_months")
    columns = load_question("report", "learnt_columns")
    return CardFacts(
        settings=run.settings,
        trained_in=str(Month.of(judged["month"])),
        judged=judged,
        months=run.engine.ask(months, trained),
        columns=run.engine.ask(columns, trained),
        decisions=_decisions(run, version),
        files=run.warehouse.model_files(judged["model_name"], version),
        run_page=run.tracking.page_of(judged["mlflow_run_id"]),
    )


def _decisions(run: MonthRun, version: int) -> list[Row]:
    """Those that put the version in force, or judged it there."""
    decisions = []
    for row in run.warehouse.promotions():
        named = (row["model_version"], row["metrics"].get("judged_version"))
        if row["is_current"] and version in named:
            decisions.append(row)
    return decisions
