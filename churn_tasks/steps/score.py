"""Step ``score``: every customer of the cohort scored by the version that the promotion table pins for this month."""

import numpy as np
import pandas as pd

from churn_tasks.adapters.warehouse import Champion
from churn_tasks.core.errors import BadInput
from churn_tasks.modeling.classifier import TRUSTED_TYPES, ChurnClassifier
from churn_tasks.modeling.explanation import raising_factors
from churn_tasks.modeling.frames import EVERYBODY, FeatureSet, Sample, feature_set, rows_sql, sample
from churn_tasks.modeling.metrics import on_list
from churn_tasks.steps.month_run import MonthRun, StepReport, skipped
from churn_tasks.warning.capacity import list_size


def run(run: MonthRun) -> StepReport:
    """Write ``score_churn`` for everybody, and ``score_factor`` for those with a place on the list.

    Raises:
        NotReady: cohort, features or the gate's decision of the month are not made yet.
        BadInput: the model's files are not the recorded ones, or it needs features that are gone.
    """
    run.require_decision(run.month)
    champion = run.warehouse.champion(run.month)
    if champion is None:
        return skipped("score", run, "no model is in force yet")
    facts = {"model": champion.model_name, "version": champion.version, "decided_in": champion.decided_in}
    report = StepReport("score", str(run.month), facts=facts)
    features = feature_set(run.registry.queries["features"])
    rows = _rows(run, features)
    classifier = _classifier(run, champion, features)
    scores = classifier.predict(rows.features)
    report.rows["score_churn"] = _write(run, "score_churn", _scored(rows, scores, champion, features))
    listed = rows.rows(np.flatnonzero(on_list(scores, list_size(run.settings.warning_list, len(rows)))))
    factors = raising_factors(classifier, listed.customers, listed.features)
    report.rows["score_factor"] = _write(run, "score_factor", factors)
    return report


def _rows(run: MonthRun, features: FeatureSet) -> Sample:
    run.require_all(["cohort", *features.tables], [run.month], made_by="features")
    run.engine.views("cohort", *features.tables)
    wanted = {"months": [run.month.start], "keep_per_million": EVERYBODY}
    return sample(run.engine.frame(rows_sql(features, labelled=False), wanted), features)


def _classifier(run: MonthRun, champion: Champion, features: FeatureSet) -> ChurnClassifier:
    files = run.warehouse.model_files(champion.model_name, champion.version)
    classifier = run.tracking.load(champion.model_name, champion.version, files, TRUSTED_TYPES)
    gone = sorted(set(classifier.features) - set(features.names))
    if gone:
        raise BadInput(
            f"{champion.model_name} version {champion.version} needs features that are gone: {', '.join(gone[:5])}."
            f" Restore their source, or train and promote anew: churn step train --month {run.month}"
        )
    return classifier


def _scored(rows: Sample, scores: np.ndarray, champion: Champion, features: FeatureSet) -> pd.DataFrame:
    pinned = {"model_name": champion.model_name, "model_version": champion.version, "feature_set": features.digest}
    return pd.DataFrame({"customer_id": rows.customers, "churn_score": scores, **pinned})


def _write(run: MonthRun, table: str, rows: pd.DataFrame) -> int:
    with run.engine.registered("made_rows", rows):
        return run.engine.write(table, run.month, "SELECT * FROM made_rows")
