"""Gradient boosting (E1): LightGBM, the number of trees chosen inside the training window.

Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree.
"""

from typing import Any

import lightgbm as lgb
import numpy as np
from pydantic import Field
from sklearn.compose import ColumnTransformer

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.derived import derived_step
from churn_tasks.modeling.encoding import fitted_numbers, text_encoder
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.stand_ins import fewest_rows

PATIENCE = 30
# below, small trees did better on earlier months of both real data sets
MANY_ROWS = 50_000
# Two threads wait for each other after every split: 116 s on two busy cores for what one did in 7 (54,000 rows).
WORTH_THREADS = 300_000
BY_ROWS = "by the number of rows where nothing is given"

PACKAGES = ("lightgbm",)
TRUSTED = ("collections.OrderedDict", "lightgbm.basic.Booster")
SEARCHED = {
    "leaves": (4, 8, 16, 31),
    "learning_rate": (0.02, 0.03, 0.05, 0.1),
    "fewest_in_leaf": (20, 50, 100, 200),
    "column_share": (0.3, 0.5, 0.8),
    "l2": (1.0, 10.0, 50.0),
}


class Parameters(Closed):
    """What may be given."""

    most_trees: int = Field(
        400, ge=10, le=5_000, description="those that help are kept"
    )
    learning_rate: float | None = Field(None, gt=0, le=1, description=BY_ROWS)
    leaves: int | None = Field(None, ge=2, le=1_024, description=BY_ROWS)
    fewest_in_leaf: int | None = Field(None, ge=1, le=10_000, description=BY_ROWS)
    column_share: float = Field(0.5, gt=0, le=1, description="tried for each tree")
    row_share: float = Field(0.8, gt=0, le=1, description="drawn for each tree")
    l2: float = Field(10.0, ge=0, description="penalty on what a leaf adds")


def parameters(rows: int, seed: int, threads: int, given: Parameters) -> dict[str, Any]:
    """Small trees where rows are few. Deterministic for any number of threads (LightGBM's ``deterministic``)."""
    is_large = rows >= MANY_ROWS
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": given.learning_rate or (0.05 if is_large else 0.03),
        "num_leaves": given.leaves or (31 if is_large else 8),
        "min_data_in_leaf": given.fewest_in_leaf or fewest_rows(rows),
        "feature_fraction": given.column_share,
        "bagging_fraction": given.row_share,
        "bagging_freq": 1,
        "lambda_l2": given.l2,
        "max_bin": 63,
        "seed": seed,
        "num_threads": threads if rows >= WORTH_THREADS else 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Choose the number of trees by log loss on the folds, then fit on all rows. Unknown numbers stay unknown."""
    columns = [
        ("numeric", "passthrough", rows.numeric),
        ("text", text_encoder(), rows.text),
        *derived_step(rows.derive, rows.numeric),
    ]
    preprocess = ColumnTransformer(columns)
    numbers = fitted_numbers(preprocess, rows)
    chosen = parameters(len(rows.frame), rows.seed, rows.threads, given)
    label = rows.churned.astype(float)
    data = lgb.Dataset(numbers, label, params=chosen, free_raw_data=False)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    tried = lgb.cv(
        chosen,
        data,
        given.most_trees,
        folds=rows.folds,
        callbacks=[stop],
        return_cvbooster=True,
    )
    trees = len(tried["valid binary_logloss-mean"])
    margins = []
    boosters = tried["cvbooster"].boosters
    for booster, (_, judged) in zip(boosters, rows.folds, strict=True):
        unseen = numbers[judged]
        margins.append(booster.predict(unseen, raw_score=True, num_iteration=trees))
    return Fitted(
        preprocess=preprocess,
        ranker=lgb.train(chosen, data, num_boost_round=trees),
        centre=None,
        margins=np.concatenate(margins),
        parameters={**chosen, "num_trees": trees},
    )
