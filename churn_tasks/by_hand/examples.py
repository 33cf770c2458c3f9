"""``churn examples``: published figures, made again from the public file that they come from, and what they are worth.

The 4,975 numbers of China Unicom: a regression that also sees the months of use (``Lifetime``) is right about 98.29 %
of them. Those months are the survival time itself: 25 for whoever stayed to the end of the study, less for who left.
Without them, and judged on customers that the fit has not seen, it is right about 85 %.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.by_hand.leaks import file_rows
from churn_tasks.core.errors import BadInput
from churn_tasks.core.sections import LeakProbe
from churn_tasks.modeling.auc import auc_of_all
from churn_tasks.modeling.families.logistic_statistical import (
    Estimate,
    coefficient_table,
    eliminated,
    maximum_likelihood,
)
from churn_tasks.modeling.folds import customer_folds
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.leak_probe import probe

if TYPE_CHECKING:
    import pandas as pd

KEY, LABEL, SURVIVAL = "ID", "Lost_User", "Lifetime"
COLUMNS = (
    "Plan",
    "extra_time",
    "Extra_Data",
    "Change_Plan",
    "Contract",
    "Locked",
    "Key_Account",
    SURVIVAL,
)
P_VALUE = 0.05
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Fit:
    """How right a regression is.

    Attributes:
        accuracy: share of customers on whose side of 0.5 the probability lies.
        auc: chance that a leaver's score lies above a stayer's.
    """

    accuracy: float
    auc: float


@dataclass(frozen=True)
class Unicom:
    """The published figures made again, and the honest ones beside them.

    Attributes:
        published: of all columns, judged on the very customers that it was fitted on.
        coefficients: what backward elimination leaves of them (``coefficient_table``).
        leaks: columns at which the leak probe would stop a training.
        honest: without these, every customer judged by a fit of the others.
    """

    customers: int
    leavers: int
    published: Fit
    coefficients: "pd.DataFrame"
    leaks: list[str]
    honest: Fit


def unicom(path: Path) -> Unicom:
    """Make the figures from the file.

    Raises:
        BadInput: there is no such file, or it lacks a column.
    """
    rows, features = file_rows(path, LABEL, KEY)
    missing = [name for name in COLUMNS if name not in features.numeric]
    if missing:
        raise BadInput(
            f"{path.name} is not that file: no column of numbers {', '.join(missing)}"
        )
    everything = _numbers(rows, COLUMNS)
    positions = np.arange(len(COLUMNS))
    published = maximum_likelihood(everything, rows.churned, positions)
    significant = eliminated(everything, rows.churned, P_VALUE)
    leaks = []
    for suspect in probe(rows, features, LeakProbe()):
        if suspect.stops:
            leaks.append(suspect.name)
    honest = [name for name in COLUMNS if name not in leaks]
    return Unicom(
        customers=len(rows),
        leavers=rows.churners,
        published=_right(published.margin(everything), rows.churned),
        coefficients=coefficient_table(significant, list(COLUMNS), CONFIDENCE),
        leaks=leaks,
        honest=_right(_unseen(rows, honest), rows.churned),
    )


def _numbers(rows: Sample, names: "tuple[str, ...] | list[str]") -> np.ndarray:
    return rows.features[list(names)].to_numpy(dtype=float)


def _unseen(rows: Sample, names: list[str]) -> np.ndarray:
    """Log-odds of each customer, by a fit of the customers of the other groups."""
    numbers = _numbers(rows, names)
    margins = np.empty(len(rows))
    for fitted, judged in customer_folds(rows.customers):
        estimate: Estimate = eliminated(numbers[fitted], rows.churned[fitted], P_VALUE)
        margins[judged] = estimate.margin(numbers[judged])
    return margins


def _right(margins: np.ndarray, churned: np.ndarray) -> Fit:
    said = margins > 0
    return Fit(float(np.mean(said == churned)), auc_of_all(margins, churned))
