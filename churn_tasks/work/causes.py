"""The causes that the signs of listed customers speak for, learnt from the months whose truth is known."""

from collections.abc import Iterable

import pandas as pd

from churn_tasks.core.months import Month
from churn_tasks.modeling.frames import PEOPLE, FeatureSet, columns_sql, feature_set
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import known_months
from churn_tasks.warning.causes import Causes, learnt, sign_features
from churn_tasks.warning.playbook import Reasons
from churn_tasks.work.customer_rows import customer_rows, kept_per_million

MOST_MONTHS = 6  # that are learnt from, the latest
MOST_ROWS = 200_000
ASKED = (
    "SELECT $month AS month, customer_id, row_number() OVER (ORDER BY customer_id) AS place"
    " FROM asked"
)
CAUSE_COLUMNS = ["customer_id", "cause", "probability", "is_seen"]


def sign_months(run: MonthRun) -> list[Month]:
    """The latest months whose truth is known at as_of of the run: the customers that the signs are learnt from."""
    return known_months(run)[-MOST_MONTHS:]


def causes_of(run: MonthRun, reasons: Reasons, customers: Iterable[str]) -> Causes:
    """All causes of each customer, the likeliest first; nobody's where the profile has no sign or no truth yet."""
    features = run.registry.features
    telling = sign_features(reasons, features)
    names = {name for mine in telling.values() for name in mine}
    months = _latest_enough(run)
    if not names or not months:
        return {}
    wanted = feature_set(run.registry.queries["features"]).subset(names)
    past = _past(run, wanted, months)
    has_left = past["churned"] | past["left_early"]
    model = learnt(past[~has_left], past[has_left], reasons, telling, features)
    return model.found(_now(run, wanted, customers))


def _latest_enough(run: MonthRun) -> list[Month]:
    """The latest labelled months that together have rows enough: of a large operator one."""
    chosen: list[Month] = []
    rows = 0
    for month in reversed(sign_months(run)):
        if rows < MOST_ROWS and run.lake.has("label", month):
            chosen.insert(0, month)
            rows += run.lake.rows("cohort", month)
    return chosen


def _now(run: MonthRun, features: FeatureSet, customers: Iterable[str]) -> pd.DataFrame:
    """The customers in question with their figures of the month, in order of their numbers."""
    asked = pd.DataFrame({"customer_id": sorted(customers)})
    run.engine.views(*features.tables)
    parts = [asked]
    with (
        run.engine.registered("asked", asked),
        run.engine.held(PEOPLE, ASKED, {"month": run.month.start}),
    ):
        for table in features.tables:
            parts.append(run.engine.frame(columns_sql(features, table)))
    return pd.concat(parts, axis="columns")


def _past(run: MonthRun, features: FeatureSet, months: list[Month]) -> pd.DataFrame:
    """Past customers with their truth; who changed lines neither left nor stayed."""
    return customer_rows(
        run,
        features,
        months,
        labelled=True,
        per_million=kept_per_million(run, months, MOST_ROWS),
        without=["rotated"],
    )


def cause_rows(causes: Causes) -> pd.DataFrame:
    """The rows of ``score_cause``."""
    rows = []
    for customer, found in causes.items():
        for each in found:
            rows.append((customer, each.cause, each.probability, each.is_seen))
    return pd.DataFrame(rows, columns=CAUSE_COLUMNS)
