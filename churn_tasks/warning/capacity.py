"""How many customers a month's list may hold, and which: the highest churn scores (H2)."""

import pandas as pd

from churn_tasks.core.sections import WarningList


def list_size(limits: WarningList, customers: int) -> int:
    """Places on the list: the share of the cohort, at least one customer, at most the cap.

    >>> list_size(WarningList(share=0.05), 30_000), list_size(WarningList(share=0.05, max_customers=900), 30_000)
    (1500, 900)
    """
    if customers <= 0:
        return 0
    places = max(1, round(limits.share * customers))
    return min(places, limits.max_customers or places, customers)


def highest(scores: pd.DataFrame, places: int) -> pd.DataFrame:
    """The rows with the highest ``churn_score``; of equal scores the smaller ``customer_id`` comes first.

    Args:
        scores: ``customer_id`` and ``churn_score`` (0 to 1), one row a customer, in any order.
    """
    ordered = scores.sort_values(
        ["churn_score", "customer_id"], ascending=[False, True], kind="stable"
    )
    return ordered.head(places).reset_index(drop=True)
