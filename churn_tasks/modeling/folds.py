"""Splits inside the training window: what tunes and calibrates a candidate, never what judges it.

With two training months or more the latest is predicted by a model of the earlier ones, as in life. Where the latest
month has too few leavers for that, or is alone, customers are dealt into five groups; a customer is in one
group in all months, so nobody is predicted by a model that has seen him.
"""

import hashlib

import numpy as np
from sklearn.model_selection import PredefinedSplit

Fold = tuple[np.ndarray, np.ndarray]  # positions to fit on, positions to predict

GROUPS = 5
ENOUGH_CHURNERS = 200


def inner_folds(
    months: np.ndarray, customers: np.ndarray, churned: np.ndarray
) -> list[Fold]:
    """Positions to fit on and to predict, every prediction being made for rows not fitted on.

    Args:
        months: month of each row, any ordered type.
        customers: identifier of each row's customer.
        churned: the label of each row.
    """
    latest = months == months.max()
    churners = churned[latest].sum(), churned[~latest].sum()
    if min(churners) >= ENOUGH_CHURNERS:
        return [(np.flatnonzero(~latest), np.flatnonzero(latest))]
    return customer_folds(customers)


def customer_folds(customers: np.ndarray) -> list[Fold]:
    """Five groups of customers, each predicted from the others; every row is in one of them."""
    return list(PredefinedSplit(groups_of(customers)).split())


def groups_of(customers: np.ndarray) -> np.ndarray:
    """The group of each row, 0 to 4, by a digest of its customer.

    scikit-learn's GroupKFold deals by the number of rows: one customer more, and others change their group.
    """
    import pandas as pd

    place, known = pd.factorize(customers)
    group = np.array([_group(customer) for customer in known], dtype=int)
    return group[place]


def _group(customer: object) -> int:
    return hashlib.blake2b(str(customer).encode(), digest_size=4).digest()[0] % GROUPS
