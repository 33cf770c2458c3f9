"""Customers with their features, read in one way for training, testing and scoring."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from churn_tasks.core.months import Month
from churn_tasks.modeling.frames import (
    EVERYBODY,
    PEOPLE,
    FeatureSet,
    columns_sql,
    people_sql,
)
from churn_tasks.runner.month_run import MonthRun

if TYPE_CHECKING:
    import pandas as pd


def kept_per_million(run: MonthRun, months: Iterable[Month], most: int) -> int:
    """Customers of a million to keep, so that the cohorts of these months give no more than ``most`` rows."""
    total = sum(run.lake.rows("cohort", month) for month in months)
    return min(EVERYBODY, most * EVERYBODY // max(total, 1))


def customer_rows(
    run: MonthRun,
    features: FeatureSet,
    months: Iterable[Month],
    *,
    labelled: bool,
    per_million: int = EVERYBODY,
    without: Sequence[str] = (),
) -> "pd.DataFrame":
    """Customers of some months' cohorts by month and customer: month, customer_id, the truth, then the features.

    Args:
        labelled: with the truth; who has none yet is left out.
        per_million: so many of a million customers, the same ones in every month.
        without: flags of the label; customers for whom one is true are left out.
    """
    import pandas as pd

    truth = ["label"] if labelled else []
    run.engine.views("cohort", *truth, *features.tables)
    wanted = {
        "months": [month.start for month in months],
        "keep_per_million": per_million,
    }
    people = people_sql(labelled=labelled, without=without)
    with run.engine.held(PEOPLE, people, wanted):
        parts = [
            run.engine.frame(f"SELECT * EXCLUDE place FROM {PEOPLE} ORDER BY place")
        ]
        for table in features.tables:
            parts.append(run.engine.frame(columns_sql(features, table)))
    return pd.concat(parts, axis="columns")
