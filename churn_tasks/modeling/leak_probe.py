"""Leak probe: a single feature that all but tells the label has most likely seen it."""

import numpy as np

from churn_tasks.core.errors import CheckFailed
from churn_tasks.modeling.frames import FeatureSet, Sample

MOST_ROWS = 50_000
FEWEST_CHURNERS = 10
MOST_LEVELS = 50


def feature_aucs(rows: Sample, features: FeatureSet) -> dict[str, float]:
    """AUC of each feature taken alone, in whichever direction is better: 0.5 tells nothing, 1 tells all.

    An unknown value counts as lower than any known one. Text is ranked by the churn rate of its values;
    text with more than 50 values is passed over, for there the rate of a value is mostly its own label.
    """
    step = -(-len(rows) // MOST_ROWS)
    thinned = rows.rows(np.arange(0, len(rows), step))
    if min(thinned.churners, len(thinned) - thinned.churners) < FEWEST_CHURNERS:
        return {}
    numbers = {name: thinned.features[name].fillna(-np.inf).to_numpy() for name in features.numeric}
    for name in features.text:
        values = thinned.features[name]
        if values.nunique() <= MOST_LEVELS:
            rates = {value: thinned.churned[(values == value).to_numpy()].mean() for value in sorted(values.unique())}
            numbers[name] = values.map(rates).to_numpy(dtype=float)
    return {name: _auc(numbers[name], thinned.churned) for name in features.names if name in numbers}


def refuse_leaks(rows: Sample, features: FeatureSet, limit: float) -> dict[str, float]:
    """The AUC of each feature.

    Raises:
        CheckFailed: some reach ``limit``, each named with its AUC and what to do.
    """
    found = feature_aucs(rows, features)
    suspects = [f"{name} of {features.columns[name]} (AUC {auc:.3f})" for name, auc in found.items() if auc >= limit]
    if suspects:
        raise CheckFailed(
            f"training stopped: taken alone, {', '.join(suspects)} tells who leaves; the limit is {limit:g}. It has"
            " seen what it should predict. Mend its query, or name it under features.ban in the profile's settings."
        )
    return found


def _auc(values: np.ndarray, churned: np.ndarray) -> float:
    """Mann-Whitney's U over the number of pairs, ties half."""
    from scipy.stats import rankdata

    leavers = int(churned.sum())
    rank_sum = rankdata(values)[churned].sum()
    auc = (rank_sum - leavers * (leavers + 1) / 2) / (leavers * (len(churned) - leavers))
    return float(max(auc, 1 - auc))
