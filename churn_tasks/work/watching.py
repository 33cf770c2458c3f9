"""The model in force, watched: its inputs before they are scored, and its scores once their truth is in."""

import logging
from collections.abc import Sequence

from churn_tasks.adapters.warehouse import Champion
from churn_tasks.core.errors import CheckFailed, evidence
from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.watching.finding import Finding, named_shortly
from churn_tasks.modeling.watching.inputs import (
    RESPELLED,
    input_findings,
)
from churn_tasks.modeling.watching.learnt import Learnt
from churn_tasks.modeling.watching.truth import ScoredThen, truth_findings
from churn_tasks.runner.month_run import MonthRun

log = logging.getLogger("churn.watch")


def watched_inputs(
    run: MonthRun, learnt: Learnt, rows: Sample, features: FeatureSet
) -> list[Finding]:
    """What has become of the model's inputs; whatever stands out is in the log before anybody is scored.

    Raises:
        CheckFailed: many customers have a text that the model knows in another case or number format.
    """
    findings = input_findings(learnt, rows.features, run.settings.watch)
    for finding in findings:
        if finding.status != "ok":
            log.warning("watch %s: %s", run.month, finding.text)
    _refuse_respelled(run, findings, features, len(rows))
    return findings


def _refuse_respelled(
    run: MonthRun, findings: Sequence[Finding], features: FeatureSet, customers: int
) -> None:
    beyond = []
    for finding in findings:
        if finding.measure == RESPELLED and finding.status == "alarm":
            beyond.append(finding)
    if not beyond:
        return
    worst, *others = sorted(beyond, key=lambda finding: -finding.value)
    problem = "is written otherwise than when the model was trained, and would be scored as something it never met"
    if others:
        problem += f"; so is {named_shortly(other.subject for other in others)}"
    raise CheckFailed(
        evidence(
            table=features.columns[worst.subject],
            month=run.month,
            column=worst.subject,
            problem=problem,
            count=round(worst.value * customers),
            examples=[worst.note],
            remedy="Bring the column to the spelling of before (standardise, or the extract) and run the month again."
            " If the new spelling stays, raise watch.respelled_share until models have learnt it.",
        )
    )


def watched_truth(run: MonthRun) -> list[Finding]:
    """What the scores of the month whose truth has just come in came to; nothing where nobody was scored then."""
    month = run.settings.calendar.label_month(run.month)
    then = scored_then(run, month)
    if then is None:
        return []
    return truth_findings(then, run.settings.watch)


def scored_then(run: MonthRun, month: Month) -> ScoredThen | None:
    """The customers at risk of an earlier month, as they were scored and listed then."""
    for table in ("score_churn", "label"):
        if not run.lake.has(table, month):
            return None
    question = load_question("report", "scored_then")
    run.engine.views(*question.output.reads)
    rows = run.engine.frame(question.sql, {"month": month.start})
    if rows.empty:
        return None
    by_whom = {
        "name": rows["model_name"].iloc[0],
        "version": int(rows["model_version"].iloc[0]),
    }
    (promised,) = run.engine.ask(load_question("report", "promised_precision"), by_whom)
    return ScoredThen(
        scores=rows["churn_score"].to_numpy(dtype=float),
        churned=rows["churned"].to_numpy(dtype=bool),
        listed=rows["listed"].to_numpy(dtype=bool),
        promised=promised["average_precision"],
    )


def findings_of_inputs(run: MonthRun) -> list[Finding]:
    """What the step ``score`` found in this month."""
    rows = run.rows_of_month("score_watch").drop(columns="month")
    return [Finding(**row) for row in rows.to_dict("records")]


def scored_with(run: MonthRun) -> Champion:
    """The version that scored this month."""
    row = run.rows_of_month("score_churn", ["model_name", "model_version"]).iloc[0]
    return Champion(row.model_name, int(row.model_version), str(run.month))
