"""What each column adds beside the others: the gain of its splits in one small booster."""

from collections.abc import Sequence

import numpy as np

from churn_tasks.modeling.encoding import cross_fitted_rates
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.selection.within_months import month_odds

TREES = 60
FEWEST_LEAVERS = 50
SHADOWS = 20
SEED = 1
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 31, "lambda_l2": 10.0, "max_bin": 63,
    "feature_fraction": 0.5, "seed": SEED, "deterministic": True, "force_col_wise": True, "verbosity": -1,
}  # fmt: skip


def gains(
    rows: Sample, numeric: Sequence[str], text: list[str], threads: int = 1
) -> tuple[dict[str, float], float]:
    """Share of the split gain that goes to each column, and the largest share that a column of mere chance got.

    Alone, a region or a tenure may tell little and still be what other columns need; its information value does not
    show that, its splits do. Since a booster splits on chance as well, some columns take part a second time with their
    rows shuffled: what gains no more than the best of these shadows adds nothing (Kursa and Rudnicki 2010, Boruta).
    A text takes part as models have it, as the rates that other customers give its levels (``encoding.py``).
    The booster starts from the leaving rate of each row's month, so that nothing is gained by telling months apart.
    Few leavers teach a booster nothing: then every share is 0.
    """
    import lightgbm as lgb

    names = [*numeric, *text]
    if not numeric or min(rows.churners, len(rows) - rows.churners) < FEWEST_LEAVERS:
        return dict.fromkeys(names, 0.0), 0.0
    columns = [rows.features[name].to_numpy(np.float32) for name in numeric]
    if text:
        rates = cross_fitted_rates(
            rows.features[text], rows.churned, rows.months, rows.customers
        )
        columns += list(rates.T)
    rng = np.random.default_rng(SEED)
    evenly_spread = np.linspace(0, len(numeric) - 1, SHADOWS)
    shadowed = np.unique(evenly_spread.astype(int))
    columns += [rng.permutation(columns[place]) for place in shadowed]
    data = lgb.Dataset(
        np.array(columns, dtype=np.float32).T,
        rows.churned.astype(float),
        init_score=month_odds(rows.months, rows.churned),
    )
    fewest = int(np.clip(len(rows) // 200, 10, 200))
    parameters = {**PARAMETERS, "min_data_in_leaf": fewest, "num_threads": threads}
    booster = lgb.train(parameters, data, num_boost_round=TREES)
    gained = booster.feature_importance("gain")
    shares = (gained / (gained.sum() or 1)).tolist()
    own = shares[: len(names)]
    by_chance = shares[len(names) :]
    return dict(zip(names, own, strict=True)), max(by_chance)
