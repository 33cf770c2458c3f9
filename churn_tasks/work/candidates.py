"""The candidates of a month: fitted, registered, judged beside the champion, and recorded in MLflow."""

import logging
from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from churn_tasks.adapters.model_files import ModelLost
from churn_tasks.adapters.tracking import Logged, Record
from churn_tasks.modeling.candidates import Candidate, CandidateModel
from churn_tasks.modeling.curves import curves
from churn_tasks.modeling.explanation import cluster_table
from churn_tasks.modeling.family import trusted_types
from churn_tasks.modeling.frames import FeatureSet
from churn_tasks.modeling.metrics import calibration_table
from churn_tasks.modeling.packages import requirements
from churn_tasks.modeling.report_table import result_table
from churn_tasks.modeling.validation import Judged, truth_of, validation_rows
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.registered_model import registered_classifier
from churn_tasks.work.training import TrainingWindow, judge

log = logging.getLogger("churn")

COMPARED = (
    "auc",
    "average_precision",
    "precision",
    "coverage",
    "precision_in_time",
    "coverage_in_time",
    "churn_rate",
    "mean_score",
    "log_loss",
    "brier",
)


def judged_models(
    run: MonthRun, window: TrainingWindow, candidates: Sequence[CandidateModel]
) -> list[Judged]:
    """The candidates, fitted or taken over from an earlier try, and the champion, all judged on the same customers.

    One process at a time: who trains the month beside another takes over what that one has registered.
    """
    with (
        run.warehouse.in_turn(run.month),
        run.tracking.month_run(run.month) as parent,
    ):

        def judge_one(window: TrainingWindow, candidate: CandidateModel) -> Judged:
            model = _candidate(run, window, parent, candidate)
            precision = model.outcome.average_precision
            said = (run.month, model.name, model.version, precision)
            log.info("train %s: %s version %d, average precision %.4f", *said)
            return model

        models = judge(window, candidates, judge_one)
        rows = validation_rows(models, window.tested, window.places)
        tables = {
            "result_table": result_table(rows),
            "selection": window.chosen.selection.frame(),
        }
        figures = _side_by_side(models)
        run.tracking.log(parent, Record({}, figures, tables=tables))
        if page := run.tracking.page_of(parent):
            log.info("train %s: the models side by side: %s", run.month, page)
    return models


def _candidate(
    run: MonthRun, window: TrainingWindow, parent: str, candidate: CandidateModel
) -> Judged:
    """One candidate; an earlier try's where it was fitted on the very same."""
    model, name = window.model.name, candidate.name
    for logged in run.tracking.finished(parent, name, window.digest_of(candidate)):
        if not run.warehouse.model_files(model, logged.version):
            continue  # the warehouse was set back to before it was made
        try:
            return _judge(run, window, name, logged)
        except ModelLost as lost:
            said = (run.month, name, logged.version, lost)
            log.warning("train %s: %s version %d is lost, fitted again: %s", *said)
    return _fit(run, window, parent, candidate)


def _fit(
    run: MonthRun, window: TrainingWindow, parent: str, candidate: CandidateModel
) -> Judged:
    """Fit one candidate, register it, and judge what the registry gives back."""
    learn, model, name = window.learn, window.model.name, candidate.name
    said = (run.month, name, len(learn), learn.churners)
    log.info("train %s: fitting %s on %d rows, %d leavers", *said)
    fitted = window.fitted(candidate)
    features, digest = window.features_of(candidate), window.digest_of(candidate)
    with run.tracking.candidate_run(parent, run.month, name, digest) as run_id:
        version = run.tracking.register(
            run_id,
            fitted.classifier,
            features.numeric,
            features.text,
            trusted_types(run.settings.profile_dir),
            requirements(candidate.family.packages),
            above=run.warehouse.highest_version(model),
        )
        files = run.tracking.files(model, version)
        run.warehouse.record_model_files(model, version, files)
        result = _judge(run, window, name, Logged(run_id, version))
        run.tracking.log(run_id, _record(window, features, fitted, result))
    return result


def _judge(run: MonthRun, window: TrainingWindow, name: str, logged: Logged) -> Judged:
    model, version = window.model.name, logged.version
    classifier = registered_classifier(run, model, version)
    return window.judging.judged(name, model, version, logged.run_id, classifier)


def _record(
    window: TrainingWindow, features: FeatureSet, fitted: Candidate, result: Judged
) -> Record:
    """What MLflow keeps of a candidate; no row of any customer."""
    rows = validation_rows([result], window.tested, window.places)
    at_risk = truth_of(window.test).at_risk
    scores, churned = result.scores[at_risk], window.test.churned[at_risk]
    tables = {
        **fitted.tables,
        "result_table": result_table(rows),
        "calibration": pd.DataFrame(calibration_table(scores, churned)),
    }
    clusters = cluster_table(fitted.classifier, window.learn)
    if clusters is not None:
        tables["clusters"] = clusters
    parameters = fitted.parameters | _learnt_from(window)
    parameters["columns"] = len(features.columns)
    parameters["model_version"] = result.version
    parameters["season"] = result.calibration
    parameters["season_shift"] = result.calibration_shift
    documents = {
        "feature_set": features.digest,
        "columns": features.columns,
        "single_auc": window.chosen.aucs,
    }
    title = f"{fitted.name}, tested on {window.tested}"
    picture = curves(scores, churned, result.outcome.warned_at_risk, title)
    return Record(
        parameters=parameters | {"seed": window.model.seed},
        metrics=asdict(result.outcome),
        tables=tables,
        documents={"features.json": documents},
        figures={"curves.png": picture, **fitted.figures},
    )


def _side_by_side(models: list[Judged]) -> dict[str, float | None]:
    """The figures of all models of a month on its parent run, so that MLflow draws them over the months."""
    return {
        f"{figure}_{model.name}": getattr(model.outcome, figure)
        for figure in COMPARED
        for model in models
    }


def _learnt_from(window: TrainingWindow) -> dict[str, object]:
    """What tells the runs of two months apart when MLflow shows them side by side."""
    learn = window.learn
    return {
        "tested_month": str(window.tested),
        "train_from": str(learn.months[0])[:7],
        "train_to": str(learn.months[-1])[:7],
        "train_rows": len(learn),
        "train_churners": learn.churners,
    }
