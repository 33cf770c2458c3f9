"""Rows on which a ratio of two differences decides who leaves, and every amount and difference alone tells nothing."""

import numpy as np
import pandas as pd

from churn_tasks.modeling.frames import FeatureSet, Sample

UNITS = {
    "extra_last_cny": "CNY", "extra_first_cny": "CNY", "discount_last_cny": "CNY", "discount_first_cny": "CNY",
    "bill_last_cny": "CNY", "bill_first_cny": "CNY", "call_last_min": "min", "call_first_min": "min",
    "data_last_mb": "MB", "data_first_mb": "MB", "night_share": "share", "weekend_share": "share",
}  # fmt: skip
PLANTED = (
    "(extra_last_cny - extra_first_cny) / (discount_last_cny - discount_first_cny)"
)
FEATURES = FeatureSet(
    dict.fromkeys(UNITS, "feat_money"), tuple(UNITS), (), "0123456789abcdef"
)


def planted(
    customers: int = 2_500, months: int = 3, seed: int = 0, *, shuffled: bool = False
) -> Sample:
    """Rows of the same customers in each month; with ``shuffled`` labels the ratio tells nothing either."""
    rng = np.random.default_rng(seed)
    rows = customers * months
    frame = pd.DataFrame({name: rng.lognormal(4, 0.5, rows).round(2) for name in UNITS})
    for thing in ("extra", "discount"):
        moved = rng.choice([-1.0, 1.0], rows) * rng.uniform(5, 40, rows)
        frame[f"{thing}_last_cny"] = frame[f"{thing}_first_cny"] + moved.round(2)
    frame.loc[rng.random(rows) < 0.05, "night_share"] = np.nan
    ratio = (frame["extra_last_cny"] - frame["extra_first_cny"]) / (
        frame["discount_last_cny"] - frame["discount_first_cny"]
    )
    churned = rng.random(rows) < np.where(ratio > 1.5, 0.4, 0.06)
    if shuffled:
        churned = rng.permutation(churned)
    first = np.datetime64("2024-03", "M")
    return Sample(
        customers=np.array(
            [f"c{number:06d}" for _ in range(months) for number in range(customers)],
            dtype=object,
        ),
        months=np.repeat(
            [(first + month).astype("datetime64[D]") for month in range(months)],
            customers,
        ),
        features=frame,
        churned=churned,
        left_early=np.zeros(rows, dtype=bool),
        rotated=np.zeros(rows, dtype=bool),
    )
