"""A model as the registry gives it back, held against what was recorded of its files."""

import logging
from collections.abc import Iterable

from churn_tasks.core.months import Month
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.frames import FeatureSet
from churn_tasks.modeling.validation import InForce
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.kept_models import champion_classifier, kept_models

log = logging.getLogger("churn")


def in_force(run: MonthRun, month: Month, offered: FeatureSet) -> InForce | None:
    """The champion as of a month; None at first, or when features that it needs are gone.

    Raises:
        BadInput: its files are lost, with the ways on; or they are not the recorded ones.
    """
    champion = run.warehouse.champion(month, orders_of=run.month)
    if champion is None:
        return None
    name, version = champion.model_name, champion.version
    classifier = champion_classifier(run, champion)
    gone = features_gone(classifier, offered.names)
    if gone:
        lost = f"champion version {version} needs features that are gone"
        log.warning("train %s: %s: %s", run.month, lost, gone[:5])
        return None
    return InForce(name, version, classifier)


def registered_classifier(run: MonthRun, model: str, version: int) -> ChurnClassifier:
    """A registered model whose files are the recorded ones.

    Raises:
        ModelLost: the files are nowhere.
        BadInput: the files differ.
    """
    return kept_models(run).classifier(model, version)


def features_gone(classifier: ChurnClassifier, offered: Iterable[str]) -> list[str]:
    """Features that a model was fitted on and that are no longer there, in order of their names."""
    return sorted(set(classifier.features) - set(offered))
