"""Training rows for tests of models: a few features that carry the truth, and every awkward kind of column."""

import numpy as np
import pandas as pd

from churn_tasks.modeling.frames import FeatureSet, Sample

NUMERIC = (
    "bill_cny",
    "calls_drop",
    "noise_a",
    "noise_b",
    "all_unknown",
    "constant",
    "often_unknown",
)
TEXT = ("plan", "plan_type", "never_given")
FEATURES = FeatureSet(
    dict.fromkeys((*NUMERIC, *TEXT), "feat_test"), NUMERIC, TEXT, "0123456789abcdef"
)


def drawn(
    customers: int, months: int = 3, seed: int = 0, *, truth: bool = True
) -> Sample:
    """Rows of ``months`` months of the same customers; without ``truth`` the label ignores the features."""
    rng = np.random.default_rng(seed)
    rows = customers * months
    frame = pd.DataFrame(
        {"bill_cny": rng.lognormal(4, 1, rows), "calls_drop": rng.normal(size=rows)}
    )
    frame["noise_a"], frame["noise_b"] = rng.normal(size=rows), rng.normal(size=rows)
    frame["all_unknown"], frame["constant"] = np.nan, 1.0
    frame["often_unknown"] = np.where(
        rng.random(rows) < 0.4, np.nan, rng.normal(size=rows)
    )
    frame["plan"] = rng.choice(["basic", "gold", "unknown"], rows)
    frame["plan_type"] = rng.choice(
        ["gold", "x", *(f"rare{number}" for number in range(30))], rows
    )
    frame["never_given"] = "unknown"
    for name in TEXT:
        frame[name] = frame[name].astype(object)
    odds = (
        -2.0
        + 1.5 * frame["calls_drop"]
        - 0.8 * (np.log(frame["bill_cny"]) - 4)
        + 0.8 * (frame["plan"] == "gold")
    )
    churned = rng.random(rows) < (1 / (1 + np.exp(-odds.to_numpy())) if truth else 0.15)
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
