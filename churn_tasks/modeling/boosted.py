"""Gradient boosting (E1): LightGBM, the number of trees chosen inside the training window."""

from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
from sklearn.compose import ColumnTransformer

from churn_tasks.modeling.derived import derived_step
from churn_tasks.modeling.fitted import Fitted
from churn_tasks.modeling.folds import Fold
from churn_tasks.modeling.linear import text_encoder
from churn_tasks.modeling.stand_ins import fewest_rows

if TYPE_CHECKING:
    import pandas as pd

    from churn_tasks.core.sections import Derive

MOST_TREES = 400
PATIENCE = 30
# below, small trees did better on earlier months of both real data sets
MANY_ROWS = 50_000
# Two threads wait for each other after every split: 116 s on two busy cores for what one did in 7 (54,000 rows).
WORTH_THREADS = 300_000


def parameters(rows: int, seed: int, threads: int) -> dict[str, Any]:
    """Small trees where rows are few. Deterministic for any number of threads (LightGBM's ``deterministic``)."""
    is_large = rows >= MANY_ROWS
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": 0.05 if is_large else 0.03,
        "num_leaves": 31 if is_large else 8,
        "min_data_in_leaf": fewest_rows(rows),
        "feature_fraction": 0.5,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "max_bin": 63,
        "seed": seed,
        "num_threads": threads if rows >= WORTH_THREADS else 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def fit(
    frame: "pd.DataFrame",
    text: list[str],
    churned: np.ndarray,
    folds: list[Fold],
    seed: int,
    threads: int,
    derive: "Derive | None" = None,
) -> Fitted:
    """Choose the number of trees by log loss on the folds, then fit on all rows. Unknown numbers stay unknown."""
    numeric = [name for name in frame.columns if name not in text]
    columns = [
        ("numeric", "passthrough", numeric),
        ("text", text_encoder(), text),
        *derived_step(derive, numeric),
    ]
    preprocess = ColumnTransformer(columns)
    numbers = preprocess.fit_transform(frame)
    chosen = parameters(len(frame), seed, threads)
    label = churned.astype(float)
    data = lgb.Dataset(numbers, label, params=chosen, free_raw_data=False)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    tried = lgb.cv(
        chosen, data, MOST_TREES, folds=folds, callbacks=[stop], return_cvbooster=True
    )
    trees = len(tried["valid binary_logloss-mean"])
    margins = []
    boosters = tried["cvbooster"].boosters
    for booster, (_, judged) in zip(boosters, folds, strict=True):
        unseen = numbers[judged]
        margins.append(booster.predict(unseen, raw_score=True, num_iteration=trees))
    return Fitted(
        preprocess=preprocess,
        ranker=lgb.train(chosen, data, num_boost_round=trees),
        centre=None,
        margins=np.concatenate(margins),
        parameters={**chosen, "num_trees": trees},
    )
