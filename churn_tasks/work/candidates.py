"""The candidates of a month: fitted, registered, judged beside the champion, and recorded in MLflow."""

import logging
from dataclasses import asdict

import pandas as pd

from churn_tasks.adapters.model_files import ModelLost
from churn_tasks.adapters.tracking import Logged, Record
from churn_tasks.modeling.candidates import Candidate, fit_candidate
from churn_tasks.modeling.classifier import TRUSTED_TYPES
from churn_tasks.modeling.curves import curves
from churn_tasks.modeling.explanation import cluster_table
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.metrics import calibration_table
from churn_tasks.modeling.report_table import result_table
from churn_tasks.modeling.validation import (
    CHAMPION,
    Judged,
    judged,
    truth_of,
    validation_rows,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.registered_model import registered_classifier
from churn_tasks.work.training import TrainingSet

log = logging.getLogger("churn")

COMPARED = (
    "auc",
    "average_precision",
    "precision",
    "coverage",
    "precision_in_time",
    "coverage_in_time",
    "churn_rate",
)


def judged_models(run: MonthRun, training: TrainingSet) -> list[Judged]:
    """The candidates, fitted or taken over from an earlier try, and the champion, all judged on the same customers.

    One process at a time: who trains the month beside another takes over what that one has registered.
    """
    with (
        run.warehouse.in_turn(run.month),
        run.tracking.month_run(run.month) as parent,
    ):
        models = []
        for name in run.settings.model.candidates:
            model = _candidate(run, training, parent, name)
            precision = model.outcome.average_precision
            said = (run.month, name, model.version, precision)
            log.info("train %s: %s version %d, average precision %.4f", *said)
            models.append(model)
        models += _champion(training)
        rows = validation_rows(models, training.tested, training.places)
        tables = {
            "result_table": result_table(rows),
            "selection": training.chosen.selection.frame(),
        }
        figures = _side_by_side(models)
        run.tracking.log(parent, Record({}, figures, tables=tables))
    return models


def _candidate(run: MonthRun, training: TrainingSet, parent: str, name: str) -> Judged:
    """One candidate; an earlier try's where it was fitted on the very same."""
    model = run.settings.model.name
    for logged in run.tracking.finished(parent, name, training.digest):
        if not run.warehouse.model_files(model, logged.version):
            continue  # the warehouse was set back to before it was made
        try:
            return _judge(run, training, name, logged)
        except ModelLost as lost:
            said = (run.month, name, logged.version, lost)
            log.warning("train %s: %s version %d is lost, fitted again: %s", *said)
    return _fit(run, training, parent, name)


def _fit(run: MonthRun, training: TrainingSet, parent: str, name: str) -> Judged:
    """Fit one candidate, register it, and judge what the registry gives back."""
    learn, features, model = training.learn, training.features, run.settings.model
    said = (run.month, name, len(learn), learn.churners)
    log.info("train %s: fitting %s on %d rows, %d leavers", *said)
    threads = run.settings.resources.threads
    fitted = fit_candidate(name, learn, features, model.seed, threads, model.derive)
    with run.tracking.candidate_run(parent, run.month, name, training.digest) as run_id:
        version = run.tracking.register(
            run_id,
            fitted.classifier,
            features.numeric,
            features.text,
            TRUSTED_TYPES,
            above=run.warehouse.highest_version(model.name),
        )
        files = run.tracking.files(model.name, version)
        run.warehouse.record_model_files(model.name, version, files)
        result = _judge(run, training, name, Logged(run_id, version))
        run.tracking.log(run_id, _record(run, training, fitted, result))
    return result


def _judge(run: MonthRun, training: TrainingSet, name: str, logged: Logged) -> Judged:
    model, version = run.settings.model.name, logged.version
    classifier = registered_classifier(run, model, version)
    test, terms = training.test, training.terms
    return judged(name, model, version, logged.run_id, classifier, test, terms)


def _champion(training: TrainingSet) -> list[Judged]:
    """The model in force before this month, judged like the rest; none where there is none."""
    champion = training.champion
    if champion is None:
        return []
    name, version, classifier = (
        champion.model_name,
        champion.version,
        champion.classifier,
    )
    test, terms = training.test, training.terms
    return [judged(CHAMPION, name, version, None, classifier, test, terms)]


def _record(
    run: MonthRun, training: TrainingSet, fitted: Candidate, result: Judged
) -> Record:
    """What MLflow keeps of a candidate; no row of any customer."""
    rows = validation_rows([result], training.tested, training.places)
    at_risk = truth_of(training.test).at_risk
    scores, churned = result.scores[at_risk], training.test.churned[at_risk]
    tables = {
        "result_table": result_table(rows),
        "calibration": pd.DataFrame(calibration_table(scores, churned)),
    }
    clusters = cluster_table(fitted.classifier, training.learn)
    if clusters is not None:
        tables["clusters"] = clusters
    parameters = fitted.parameters | _learnt_from(training.learn)
    documents = {
        "feature_set": training.features.digest,
        "columns": training.features.columns,
        "single_auc": training.chosen.aucs,
    }
    title = f"{fitted.name}, tested on {training.tested}"
    picture = curves(scores, churned, result.outcome.warned_at_risk, title)
    return Record(
        parameters=parameters | {"seed": run.settings.model.seed},
        metrics=asdict(result.outcome),
        tables=tables,
        documents={"features.json": documents},
        figures={"curves.png": picture},
    )


def _side_by_side(models: list[Judged]) -> dict[str, float | None]:
    """The figures of all models of a month on its parent run, so that MLflow draws them over the months."""
    return {
        f"{figure}_{model.name}": getattr(model.outcome, figure)
        for figure in COMPARED
        for model in models
    }


def _learnt_from(learn: Sample) -> dict[str, object]:
    return {
        "train_from": str(learn.months[0])[:7],
        "train_to": str(learn.months[-1])[:7],
        "train_rows": len(learn),
        "train_churners": learn.churners,
    }
