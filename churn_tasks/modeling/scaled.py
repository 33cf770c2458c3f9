"""The way in which most families are fitted: an estimator of scikit-learn on columns brought to one scale."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from churn_tasks.modeling.encoding import fitted_numbers
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.preprocessing import preprocessing
from churn_tasks.modeling.ranking import margin

Make = Callable[[], Any]  # an estimator that has not been fitted


def fitted_scaled(
    rows: LearntRows,
    make: Make,
    parameters: Mapping[str, Any],
    most_rows: int | None = None,
) -> Fitted:
    """Fit on all rows, and on the folds for the margins that calibration learns from.

    Preprocessing is fitted once, on all training rows; what it learns from labels no row gets from its own
    (``encoding.py``).

    Args:
        make: called anew for each fit.
        most_rows: beyond so many, rows are thinned before each fit (:func:`thinned`); none when absent.
    """
    preprocess = preprocessing(rows.numeric, rows.text, rows.derive)
    numbers = fitted_numbers(preprocess, rows)
    centre = numbers.mean(axis=0)
    numbers = np.ascontiguousarray(numbers)  # what each fit would copy for itself
    margins = []
    for fitted, judged in rows.folds:
        learnt = thinned(fitted, rows.churned, most_rows)
        inner = make().fit(numbers[learnt], rows.churned[learnt])
        margins.append(margin(inner, numbers[judged]))
    learnt = thinned(np.arange(len(numbers)), rows.churned, most_rows)
    if len(learnt) < len(numbers):
        numbers = numbers[learnt]
    return Fitted(
        preprocess=preprocess,
        ranker=make().fit(numbers, rows.churned[learnt]),
        centre=centre,
        margins=np.concatenate(margins),
        parameters=dict(parameters),
    )


def thinned(positions: np.ndarray, churned: np.ndarray, most: int | None) -> np.ndarray:
    """At most so many of some rows, in their order: leavers up to half of the room, the rest stayers, evenly spread.

    Leavers are then commoner than in life. Calibration on rows that were not thinned makes probabilities of it again.
    """
    if most is None or len(positions) <= most:
        return positions
    leaving = churned[positions]
    leavers = _spread(positions[leaving], most // 2)
    stayers = _spread(positions[~leaving], most - len(leavers))
    return np.sort(np.concatenate([leavers, stayers]))


def _spread(positions: np.ndarray, most: int) -> np.ndarray:
    if len(positions) <= most:
        return positions
    places = np.linspace(0, len(positions) - 1, most).astype(int)
    return positions[places]
