"""The rows that models learn from: of which customers, how many, and who is left out."""

from collections.abc import Sequence

from churn_tasks.core.months import Month
from churn_tasks.core.sections import Select
from churn_tasks.modeling.frames import EVERYBODY, FeatureSet, Sample, sample
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.customer_rows import customer_rows, kept_per_million


def most_looked_at(run: MonthRun) -> int:
    """Rows of all columns that selection and leak probe are shown."""
    return (run.settings.features.select or Select()).max_rows


def training_rows(
    run: MonthRun, features: FeatureSet, months: list[Month], most: int | None = None
) -> Sample:
    """Rows to learn from: thinned by customer beyond ``max_train_rows`` (or fewer), without who left too early.

    Who left before the predict window could not be called in time (the definition's ``drop_left_early``); who left for
    another line of his own neither stayed nor churned. Both are left out.
    """
    without = ["rotated"]
    if run.settings.definition.drop_left_early:
        without.append("left_early")
    return labelled_rows(run, features, months, most, without=without)


def labelled_rows(
    run: MonthRun,
    features: FeatureSet,
    months: list[Month],
    most: int | None = None,
    *,
    without: Sequence[str],
) -> Sample:
    """Rows of several months with their truth: thinned by customer beyond ``max_train_rows`` (or fewer).

    Args:
        without: flags of the label; customers for whom one is true are left out.
    """
    rows = customer_rows(
        run,
        features,
        months,
        labelled=True,
        per_million=per_million(run, months, most),
        without=without,
    )
    return sample(rows, features)


def per_million(run: MonthRun, months: list[Month], most: int | None) -> int:
    """Customers of a million to keep, so that no more than ``max_train_rows`` (or fewer) rows are learnt from."""
    limit = min(run.settings.model.max_train_rows, most or EVERYBODY)
    return kept_per_million(run, months, limit)
