"""The rows that the training in the run of a month learns from, for work beside that run."""

from dataclasses import dataclass

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import learning_months
from churn_tasks.walks.graph import require


@dataclass(frozen=True)
class LearntFrom:
    """What the training of a month learns from, before anything is selected.

    Attributes:
        features: every feature that is not banned.
        months: of the rows.
    """

    rows: Sample
    features: FeatureSet
    months: list[Month]


def learnt_rows(run: MonthRun, most: int) -> LearntFrom:
    """These rows, thinned by customer.

    Args:
        most: rows.

    Raises:
        NotReady: history is too short, or what is needed has not been made yet.
    """
    # here, because scikit-learn takes a while to import
    from churn_tasks.work.training import offered_features
    from churn_tasks.work.training_rows import training_rows

    offered = offered_features(run)
    months = learnt_months(run, offered)
    return LearntFrom(training_rows(run, offered, months, most), offered, months)


def learnt_months(run: MonthRun, features: FeatureSet) -> list[Month]:
    """These months, once cohort, features and labels of each are there.

    Raises:
        NotReady: history is too short, or what is needed has not been made yet.
    """
    months = learning_months(run)[:-1]  # the last is the tested one
    if not months:
        raise NotReady(
            f"the run of {run.month} trains on nothing yet: history is too short. Give a later month."
        )
    require(run, ["cohort", *features.tables], months)
    for month in months:
        if not run.lake.has("label", month):
            raise NotReady(
                f"the label of {month} has not been made yet. Run first: churn run --month {run.month}"
            )
    return months
