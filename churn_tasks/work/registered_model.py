"""A model as the registry gives it back, held against what was recorded of its files."""

from collections.abc import Iterable

from churn_tasks.modeling.classifier import TRUSTED_TYPES, ChurnClassifier
from churn_tasks.runner.month_run import MonthRun


def registered_classifier(run: MonthRun, model: str, version: int) -> ChurnClassifier:
    """A registered model whose files are the recorded ones.

    Raises:
        BadInput: the files differ.
    """
    files = run.warehouse.model_files(model, version)
    return run.tracking.load(model, version, files, TRUSTED_TYPES)


def features_gone(classifier: ChurnClassifier, offered: Iterable[str]) -> list[str]:
    """Features that a model was fitted on and that are no longer there, in order of their names."""
    return sorted(set(classifier.features) - set(offered))
