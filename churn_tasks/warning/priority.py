"""Whom to call first, and how loud the warning is (G1, G2)."""

import pandas as pd

from churn_tasks.core.sections import WarningList

LEVELS = ("high", "medium", "low")


def expected_loss(churn_score: pd.Series, arpu_cny: pd.Series) -> pd.Series:
    """Action priority: money a month that is expected to leave with the customer, to four decimals.

    A customer with score 0.4 who brings 50 a month (priority 20) comes before one with score 0.9 and 10 (9).
    Where nothing is paid it is 0, and the score alone says whom to call first.
    """
    return (churn_score.astype("float64") * arpu_cny.astype("float64")).round(4)


def level(limits: WarningList, churn_score: float) -> str:
    """``high`` from ``high_probability`` on, ``medium`` from ``medium_probability`` on, else ``low``."""
    if churn_score >= limits.high_probability:
        return "high"
    return "medium" if churn_score >= limits.medium_probability else "low"


def ranked(listed: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of calling with ``rank`` 1, 2, ...: priority, then score, then ``customer_id``."""
    order = ["action_priority", "churn_score", "customer_id"]
    ordered = listed.sort_values(
        order, ascending=[False, False, True], kind="stable"
    ).reset_index(drop=True)
    return ordered.assign(rank=range(1, len(ordered) + 1))
