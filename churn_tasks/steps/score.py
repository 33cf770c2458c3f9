"""Step ``score``: every customer of the cohort scored by the version that the promotion table pins for this month."""

import numpy as np
import pandas as pd

from churn_tasks.adapters.warehouse import Champion
from churn_tasks.core.errors import BadInput
from churn_tasks.modeling.classifier import TRUSTED_TYPES, ChurnClassifier
from churn_tasks.modeling.explanation import raising_factors
from churn_tasks.modeling.frames import (
    EVERYBODY,
    FeatureSet,
    Sample,
    feature_set,
    rows_sql,
    sample,
)
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged
from churn_tasks.warning.grain import chosen, lines_of_persons


def run(run: MonthRun) -> StepReport:
    """Write ``score_churn`` for everybody, and ``score_factor`` for those with a place on the list.

    Raises:
        NotReady: cohort, features or the gate's decision of the month are not made yet.
        BadInput: the model's files are not the recorded ones, or it needs features that are gone.
    """
    offered = feature_set(run.registry.queries["features"])
    if run.restated_until and not run.has_news(
        ["cohort", *offered.tables], [run.month]
    ):
        _forget(run)
        return unchanged("score", run)
    champion = _pinned(run)
    if champion is None:
        _forget(run)
        return skipped("score", run, "no model is in force yet")
    facts = {
        "model": champion.model_name,
        "version": champion.version,
        "decided_in": champion.decided_in,
    }
    report = StepReport("score", str(run.month), facts=facts)
    run.require_all(["cohort", *offered.tables], [run.month], made_by="features")
    classifier = _classifier(run, champion, offered)
    features = offered.subset(classifier.features)
    rows = _rows(run, features)
    scores = classifier.predict(rows.features)
    report.rows["score_churn"] = _write(
        run, "score_churn", _scored(rows, scores, champion, features)
    )
    listed = rows.rows(_on_list(run, rows, scores))
    factors = raising_factors(classifier, listed.customers, listed.features)
    report.rows["score_factor"] = _write(run, "score_factor", factors)
    return report


def _pinned(run: MonthRun) -> Champion | None:
    """The version that the promotion table pins for the month; a restated month keeps the one it was scored with."""
    if run.restated_until is None:
        run.require_decision(run.month)
        return run.warehouse.champion(run.month)
    if not run.lake.has("score_churn", run.month):
        return None
    scored = run.month_rows("score_churn", ["model_name", "model_version"]).iloc[0]
    return Champion(
        scored.model_name, int(scored.model_version), decided_in=str(run.month)
    )


def _forget(run: MonthRun) -> None:
    """What an earlier try made must not outlive a run that makes nothing."""
    for table in ("score_churn", "score_factor"):
        run.lake.remove(table, run.month)


def _rows(run: MonthRun, features: FeatureSet) -> Sample:
    run.engine.views("cohort", *features.tables)
    wanted = {"months": [run.month.start], "keep_per_million": EVERYBODY}
    return sample(
        run.engine.frame(rows_sql(features, labelled=False), wanted), features
    )


def _classifier(
    run: MonthRun, champion: Champion, features: FeatureSet
) -> ChurnClassifier:
    files = run.warehouse.model_files(champion.model_name, champion.version)
    classifier = run.tracking.load(
        champion.model_name, champion.version, files, TRUSTED_TYPES
    )
    gone = sorted(set(classifier.features) - set(features.names))
    if gone:
        raise BadInput(
            f"{champion.model_name} version {champion.version} needs features that are gone: {', '.join(gone[:5])}."
            f" Restore their source, or train and promote anew: churn step train --month {run.month}"
        )
    return classifier


def _on_list(run: MonthRun, rows: Sample, scores: np.ndarray) -> np.ndarray:
    """Mask of the customers whom ``warn`` will put on the list."""
    lines = lines_of_persons(run.engine, run.window.parameters())
    given = pd.DataFrame({"customer_id": rows.customers, "churn_score": scores})
    return np.isin(
        rows.customers,
        chosen(given, lines, run.settings.warning_list)["customer_id"].to_numpy(
            dtype=object
        ),
    )


def _scored(
    rows: Sample, scores: np.ndarray, champion: Champion, features: FeatureSet
) -> pd.DataFrame:
    pinned = {
        "model_name": champion.model_name,
        "model_version": champion.version,
        "feature_set": features.digest,
    }
    return pd.DataFrame(
        {"customer_id": rows.customers, "churn_score": scores, **pinned}
    )


def _write(run: MonthRun, table: str, rows: pd.DataFrame) -> int:
    with run.engine.registered("made_rows", rows):
        return run.engine.write(table, run.month, "SELECT * FROM made_rows")
