"""Step ``train``: candidates fitted on the months that were known when the tested month ended, and judged on it.

In the run of 2024-07 (observe 3, delay 1, predict 1) the tested month is 2024-05: its truth has just come in.
Candidates learn from the months whose truth was in at its as_of (up to 2024-03) and are judged on 2024-05 beside
the champion.
The files that are judged are the files that may go live: nothing is fitted again.

Which columns of the catalogue they learn from is decided first, on a part of the same training rows
(``modeling/selection``); the champion is judged on the columns that it was fitted on.
"""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass

import pandas as pd

from churn_tasks.adapters.tracking import Logged, Record, requirements
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Select
from churn_tasks.modeling.candidates import Candidate, code_digest, fit_candidate
from churn_tasks.modeling.classifier import TRUSTED_TYPES
from churn_tasks.modeling.curves import curves
from churn_tasks.modeling.explanation import cluster_table
from churn_tasks.modeling.frames import (
    EVERYBODY,
    FeatureSet,
    Sample,
    feature_set,
    rows_sql,
    sample,
)
from churn_tasks.modeling.leak_probe import refuse_leaks
from churn_tasks.modeling.metrics import calibration_table
from churn_tasks.modeling.report_table import result_table
from churn_tasks.modeling.selection import Selection, everything, select
from churn_tasks.modeling.validation import CHAMPION, Judged, judged, validation_rows
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped
from churn_tasks.warning.capacity import list_size

log = logging.getLogger("churn")

FEWEST_CHURNERS = 10
COMPARED = ("auc", "average_precision", "precision", "coverage", "churn_rate")


@dataclass(frozen=True)
class Trial:
    """What the candidates of one run have in common.

    Attributes:
        offered, features: the columns that are not banned, and those of them that were selected.
        aucs: of every offered column alone, as the leak probe found it.
        learn, test: rows to learn from and rows to be judged on; no month is in both.
        places: length of the list, from the settings.
        training: digest of all that decides what is fitted.
    """

    tested: Month
    offered: FeatureSet
    selection: Selection
    aucs: dict[str, float]
    features: FeatureSet
    learn: Sample
    test: Sample
    places: int
    training: str


def run(run: MonthRun) -> StepReport:
    """Fit, judge and register the candidates of the month.

    Raises:
        NotReady: cohort, features or labels that are needed, or the decision of the month before, are not made yet.
        CheckFailed: a single feature tells the label; no model is fitted.
    """
    tested = run.settings.calendar.tested_month(run.month)
    if tested is None:
        return skipped(
            "train",
            run,
            "history is too short to train on one month and test on a later one",
        )
    run.require_decision(run.month - 1)
    report = StepReport("train", str(run.month), facts={"tested_month": str(tested)})
    trial = _trial(run, tested)
    if min(trial.learn.churners, trial.test.churners) < FEWEST_CHURNERS:
        for table in ("out_validation", "feature_selection"):
            run.lake.remove(table, run.month)
        counts = (
            f"{trial.learn.churners} to learn from, {trial.test.churners} in {tested}"
        )
        return skipped("train", run, f"fewer than {FEWEST_CHURNERS} leavers ({counts})")
    rows = validation_rows(_models(run, trial), tested, trial.places)
    report.rows["out_validation"] = _write(run, "out_validation", rows)
    report.rows["feature_selection"] = _write(
        run, "feature_selection", trial.selection.records()
    )
    best = next(row for row in rows if row["is_selected"])
    figures = {
        name: round(best[name], 4)
        for name in ("average_precision", "churn_rate", "auc")
    }
    columns = f"{len(trial.features.columns)} of {len(trial.offered.columns)}"
    report.facts |= {
        "train_rows": len(trial.learn),
        "columns": columns,
        "best": best["candidate"],
        **figures,
    }
    return report


def _trial(run: MonthRun, tested: Month) -> Trial:
    """Read what the month learns from and is judged on."""
    months = run.settings.calendar.mature_months(tested)[
        -run.settings.model.max_train_months :
    ]
    wanted = run.settings.features
    offered = feature_set(run.registry.queries["features"], wanted.ban, wanted.pin)
    run.require_all(["cohort", *offered.tables], [*months, tested], made_by="features")
    for month in (*months, tested):
        if not run.lake.has("label", month):
            made_in = month + run.settings.windows.delay + run.settings.windows.predict
            raise NotReady(
                f"{run.month} needs label of {month}. Run first: churn step labels --month {made_in}"
            )
    selection, aucs = _select(run, offered, months)
    features = offered.subset(selection.kept)
    test = _rows(run, features, [tested])
    places = list_size(run.settings.warning_list, len(test))
    learn, training = (
        training_rows(run, features, months),
        _digest(run, offered, months),
    )
    return Trial(
        tested, offered, selection, aucs, features, learn, test, places, training
    )


def _select(
    run: MonthRun, offered: FeatureSet, months: list[Month]
) -> tuple[Selection, dict[str, float]]:
    """Decide which columns to learn from, after every one of them was probed for leaks.

    Of all columns only so many rows are held as ``features.select.max_rows`` allows, and no tested month.

    Raises:
        CheckFailed: a single column tells the label.
    """
    wanted = run.settings.features
    wide = training_rows(run, offered, months, (wanted.select or Select()).max_rows)
    aucs = refuse_leaks(wide, offered, run.settings.leak_probe)
    if min(wide.churners, len(wide) - wide.churners) < FEWEST_CHURNERS:
        return everything(offered, wanted.ban), aucs
    selection = select(wide, offered, wanted)
    log.info(
        "train %s: %d of %d columns selected",
        run.month,
        len(selection.kept),
        len(offered.names),
    )
    return selection, aucs


def _rows(
    run: MonthRun,
    features: FeatureSet,
    months: list[Month],
    per_million: int = EVERYBODY,
) -> Sample:
    run.engine.views("cohort", "label", *features.tables)
    wanted = {
        "months": [month.start for month in months],
        "keep_per_million": per_million,
    }
    return sample(run.engine.frame(rows_sql(features, labelled=True), wanted), features)


def training_rows(
    run: MonthRun, features: FeatureSet, months: list[Month], most: int | None = None
) -> Sample:
    """Rows to learn from: thinned by customer beyond ``max_train_rows`` (or fewer), without who left in the delay.

    Who left for another line of his own neither stayed nor churned, and is left out as well.
    """
    total = sum(run.lake.rows("cohort", month) for month in months)
    limit = min(run.settings.model.max_train_rows, most or EVERYBODY)
    rows = _rows(
        run, features, months, min(EVERYBODY, limit * EVERYBODY // max(total, 1))
    )
    rows = rows.rows(~rows.rotated)
    return (
        rows.rows(~rows.left_in_delay)
        if run.settings.definition.drop_left_in_delay
        else rows
    )


def _digest(run: MonthRun, features: FeatureSet, months: list[Month]) -> str:
    """Digest of all that decides what is fitted: data, settings, code and packages."""
    tables = ["cohort", "label", *features.tables]
    parts = {
        "data": {
            f"{table} {month}": run.lake.sha256(table, month)
            for table in tables
            for month in months
        },
        "features": [features.digest, *features.names],
        "model": run.settings.model.model_dump(exclude={"candidates"}),
        "chosen": run.settings.features.model_dump(exclude={"watch"}),
        "drop_left_in_delay": run.settings.definition.drop_left_in_delay,
        "code": [code_digest(), *requirements()],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _models(run: MonthRun, trial: Trial) -> list[Judged]:
    """The candidates, fitted or taken over from an earlier try, and the champion, all judged on the same customers."""
    with run.tracking.month_run(run.month) as parent:
        models = []
        for name in run.settings.model.candidates:
            found = run.tracking.finished(parent, name, trial.training)
            models.append(
                _judge(run, trial, name, found)
                if found
                else _fit(run, trial, parent, name)
            )
            figure = models[-1].outcome.average_precision
            log.info(
                "train %s: %s version %d, average precision %.4f",
                run.month,
                name,
                models[-1].version,
                figure,
            )
        models += _champion(run, trial)
        table = result_table(validation_rows(models, trial.tested, trial.places))
        tables = {"result_table": table, "selection": trial.selection.frame()}
        run.tracking.log(parent, Record({}, _side_by_side(models), tables=tables))
    return models


def _fit(run: MonthRun, trial: Trial, parent: str, name: str) -> Judged:
    """Fit one candidate, register it, and judge what the registry gives back."""
    learn, features, model = trial.learn, trial.features, run.settings.model
    log.info(
        "train %s: fitting %s on %d rows, %d leavers",
        run.month,
        name,
        len(learn),
        learn.churners,
    )
    fitted = fit_candidate(
        name, learn, features, model.seed, run.settings.resources.threads, model.derive
    )
    with run.tracking.candidate_run(parent, run.month, name, trial.training) as run_id:
        version = run.tracking.register(
            run_id, fitted.classifier, features.numeric, features.text, TRUSTED_TYPES
        )
        run.warehouse.record_model_files(
            model.name, version, run.tracking.files(model.name, version)
        )
        result = _judge(run, trial, name, Logged(run_id, version))
        run.tracking.log(run_id, _record(run, trial, fitted, result))
    return result


def _judge(run: MonthRun, trial: Trial, name: str, logged: Logged) -> Judged:
    model = run.settings.model.name
    files = run.warehouse.model_files(model, logged.version)
    classifier = run.tracking.load(model, logged.version, files, TRUSTED_TYPES)
    return judged(
        name, model, logged.version, logged.run_id, classifier, trial.test, trial.places
    )


def _champion(run: MonthRun, trial: Trial) -> list[Judged]:
    """The model in force before this month, judged like the rest; none at first, or when its features are gone."""
    champion = run.warehouse.champion(run.month - 1)
    if champion is None:
        return []
    files = run.warehouse.model_files(champion.model_name, champion.version)
    classifier = run.tracking.load(
        champion.model_name, champion.version, files, TRUSTED_TYPES
    )
    gone = sorted(set(classifier.features) - set(trial.offered.names))
    if gone:
        log.warning(
            "train %s: champion version %d needs features that are gone: %s",
            run.month,
            champion.version,
            gone[:5],
        )
        return []
    test = _rows(run, trial.offered.subset(classifier.features), [trial.tested])
    return [
        judged(
            CHAMPION,
            champion.model_name,
            champion.version,
            None,
            classifier,
            test,
            trial.places,
        )
    ]


def _record(run: MonthRun, trial: Trial, fitted: Candidate, result: Judged) -> Record:
    """What MLflow keeps of a candidate; no row of any customer."""
    rows = validation_rows([result], trial.tested, trial.places)
    title = f"{fitted.name}, tested on {trial.tested}"
    clusters = cluster_table(fitted.classifier, trial.learn)
    return Record(
        parameters={
            **fitted.parameters,
            **_learnt_from(trial.learn),
            "seed": run.settings.model.seed,
        },
        metrics=asdict(result.outcome),
        tables={
            "result_table": result_table(rows),
            "calibration": pd.DataFrame(
                calibration_table(result.scores, trial.test.churned)
            ),
            **({} if clusters is None else {"clusters": clusters}),
        },
        documents={
            "features.json": {
                "feature_set": trial.features.digest,
                "columns": trial.features.columns,
                "single_auc": trial.aucs,
            }
        },
        figures={
            "curves.png": curves(result.scores, trial.test.churned, trial.places, title)
        },
    )


def _side_by_side(models: list[Judged]) -> dict[str, float | None]:
    """The figures of all models of a month on its parent run, so that MLflow draws them over the months."""
    return {
        f"{figure}_{model.name}": getattr(model.outcome, figure)
        for figure in COMPARED
        for model in models
    }


def _learnt_from(learn: Sample) -> dict[str, object]:
    months = {
        "train_from": str(learn.months[0])[:7],
        "train_to": str(learn.months[-1])[:7],
    }
    return {**months, "train_rows": len(learn), "train_churners": learn.churners}


def _write(run: MonthRun, table: str, rows: list[dict[str, object]]) -> int:
    with run.engine.registered("made_rows", pd.DataFrame(rows)):
        return run.engine.write(table, run.month, "SELECT * FROM made_rows")
