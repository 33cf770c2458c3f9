"""What the fit of a candidate hands on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer


@dataclass(frozen=True)
class Fitted:
    """A ranker with its preprocessing, before calibration.

    Attributes:
        preprocess: fitted on the training rows; makes numbers of a frame of features.
        ranker: fitted on the training rows; its margin is in log-odds.
        centre: mean of each preprocessed column over the training rows, None where contributions do not need it.
        margins: log-odds of the rows the inner folds predict, in the folds' order, by rankers that never saw them.
        parameters: what was chosen, for the record.
    """

    preprocess: "ColumnTransformer"
    ranker: Any
    centre: np.ndarray | None
    margins: np.ndarray
    parameters: dict[str, Any]
