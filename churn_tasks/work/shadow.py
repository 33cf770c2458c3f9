"""The challenger that scores a month beside the champion (``promotion.shadow``) and decides nothing."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churn_tasks.adapters.model_files import ModelLost
from churn_tasks.adapters.warehouse import Champion
from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import FeatureSet
from churn_tasks.modeling.watching.finding import Finding
from churn_tasks.modeling.watching.shadow import (
    BothThen,
    overlap_finding,
    shadow_findings,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.promotion import best_beside, validated_models
from churn_tasks.work.registered_model import features_gone, registered_classifier
from churn_tasks.work.scoring import is_listed, rows_to_score
from churn_tasks.work.season_scores import season_scores

log = logging.getLogger("churn")


@dataclass(frozen=True)
class Shadow:
    """What a challenger makes of a month.

    Attributes:
        rows: of ``score_shadow``.
        finding: how much of the champion's list its own list has.
    """

    rows: pd.DataFrame
    finding: Finding


def shadow(
    run: MonthRun, champion: Champion, offered: FeatureSet, listed: np.ndarray
) -> Shadow | None:
    """The month as its best candidate that is not in force scores it; None where there is none or it is lost.

    A month that is restated keeps the shadow of its first list.

    Args:
        listed: customers on the champion's list.
    """
    if run.restated_until is not None:
        return None
    run.lake.remove("score_shadow", run.month)
    if not run.settings.promotion.shadow:
        return None
    if not run.lake.has("out_validation", run.month):
        return None
    version = best_beside(validated_models(run), champion.version)
    if version is None:
        return None
    classifier = _classifier(run, version, offered)
    if classifier is None:
        return None
    rows = rows_to_score(run, offered.subset(classifier.features))
    given = classifier.predict(rows.features)
    scores = season_scores(run, classifier, given).scores
    places = is_listed(run, rows, scores)
    made = pd.DataFrame(
        {
            "customer_id": rows.customers,
            "churn_score": scores,
            "is_listed": places,
            "model_name": champion.model_name,
            "model_version": version,
        }
    )
    on_list = np.isin(rows.customers, listed)
    return Shadow(made, overlap_finding(version, on_list, places))


def _classifier(
    run: MonthRun, version: int, offered: FeatureSet
) -> ChurnClassifier | None:
    """The challenger; a month does without it where its files or features are gone."""
    name = run.settings.model.name
    try:
        classifier = registered_classifier(run, name, version)
    except ModelLost as lost:
        log.warning("shadow %s: version %d is lost: %s", run.month, version, lost)
        return None
    gone = features_gone(classifier, offered.names)
    if gone:
        said = (run.month, version, gone[:5])
        log.warning("shadow %s: version %d needs features that are gone: %s", *said)
        return None
    return classifier


def watched_shadow(run: MonthRun, month: Month) -> list[Finding]:
    """What the challenger of an earlier month came to, whose truth has just come in."""
    for table in ("score_shadow", "score_churn", "label"):
        if not run.lake.has(table, month):
            return []
    question = load_question("report", "shadow_then")
    run.engine.views(*question.output.reads)
    rows = run.engine.frame(question.sql, {"month": month.start})
    if rows.empty:
        return []
    return shadow_findings(
        BothThen(
            version=int(rows["shadow_version"].iloc[0]),
            scores=rows["churn_score"].to_numpy(dtype=float),
            shadow_scores=rows["shadow_score"].to_numpy(dtype=float),
            listed=rows["listed"].to_numpy(dtype=bool),
            shadow_listed=rows["shadow_listed"].to_numpy(dtype=bool),
            churned=rows["churned"].to_numpy(dtype=bool),
        )
    )
