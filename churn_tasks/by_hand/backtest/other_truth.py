"""Lists held against another definition of leaving than the one that their models learnt (C7).

The labels are made beside the lake (``by_hand/definitions.py``), each as a run of its month would have made it. A list
is then that of the customers whom the definition asks about, as long as its share of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.adapters.lake import Lake
from churn_tasks.by_hand.definitions import Trial, adopting, linked
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.modeling.frames import Sample

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class OtherTruth:
    """Labels by a definition that the profile has not adopted.

    Attributes:
        summed: the months that the lake has summaries of.
    """

    trial: Trial
    summed: tuple[Month, ...]

    @property
    def settings(self) -> Settings:
        """The profile as if it had adopted the definition."""
        return self.trial.settings

    @property
    def months(self) -> list[Month]:
        """The months whose truth it knows."""
        return self.trial.months(self.summed)

    def label(self, month: Month) -> "pd.DataFrame":
        """Its label of a month, by customer."""
        return self.trial.label(month).set_index("customer_id")


@contextmanager
def other_truth(settings: Settings, name: str) -> Iterator[OtherTruth]:
    """The truth by the definition of this name; what is made for it is removed at the end.

    Raises:
        SettingsError: there is no such definition, with those there are, or the profile lacks what it reads.
    """
    with linked(settings) as state:
        adopted = adopting(settings, name, state)
        load_registry(adopted)
        trial = Trial(adopted)
        summed = Lake(settings.lake_dir).months("month_activity")
        yield OtherTruth(trial, tuple(summed))


def asked_about(rows: Sample, label: "pd.DataFrame") -> np.ndarray:
    """Mask of the customers whom a label asks about."""
    return np.isin(rows.customers, label.index.to_numpy(dtype=object))


def with_truth(rows: Sample, label: "pd.DataFrame") -> Sample:
    """The same customers with what became of them by another label, which asks about all of them."""
    own = label.loc[rows.customers]
    return replace(
        rows,
        churned=own["churned"].to_numpy(dtype=bool),
        left_early=own["left_early"].to_numpy(dtype=bool),
        rotated=own["rotated"].fillna(False).to_numpy(dtype=bool),
        left_date=own["left_date"].to_numpy(dtype="datetime64[D]"),
    )
