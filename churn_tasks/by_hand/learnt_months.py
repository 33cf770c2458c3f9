"""The months that the training in the run of a month learns from, for work beside that run."""

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.modeling.frames import FeatureSet
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import learning_months
from churn_tasks.walks.graph import require


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
