"""What the fit of a family is given, and what it hands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_tasks.modeling.folds import Fold
from churn_tasks.modeling.frames import FeatureSet, Sample

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from sklearn.compose import ColumnTransformer

    from churn_tasks.core.sections import Derive


@dataclass(frozen=True)
class LearntRows:
    """The rows that a family is fitted on.

    Attributes:
        frame: their features, numbers with NaN and texts with ``unknown`` where there is no value; never written to.
        text: names of the columns that hold texts.
        churned: the truth, boolean.
        months, customers: of each row.
        folds: positions to fit on and to predict, inside these rows; for tuning and calibration.
        seed: of all that is drawn.
        threads: at most so many; the result must not depend on it.
        derive: what columns to derive from the numeric ones; none when absent.
        left_date, kinds: day and kind of leaving of whoever left, where the label tells them.
    """

    frame: "pd.DataFrame"
    text: list[str]
    churned: np.ndarray
    months: np.ndarray
    customers: np.ndarray
    folds: list[Fold]
    seed: int
    threads: int
    derive: "Derive | None" = None
    left_date: np.ndarray | None = None
    kinds: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        rows: Sample,
        features: FeatureSet,
        folds: list[Fold],
        seed: int,
        threads: int,
        derive: "Derive | None" = None,
    ) -> "LearntRows":
        """The rows of a sample, whose columns are these features."""
        return cls(
            frame=rows.features,
            text=list(features.text),
            churned=rows.churned,
            months=rows.months,
            customers=rows.customers,
            folds=folds,
            seed=seed,
            threads=threads,
            derive=derive,
            left_date=rows.left_date,
            kinds=rows.kinds,
        )

    @property
    def numeric(self) -> list[str]:
        """Names of the columns that hold numbers."""
        return [name for name in self.frame.columns if name not in self.text]

    @property
    def judged_truth(self) -> np.ndarray:
        """The truth of the rows that the folds predict, in the folds' order."""
        judged = [positions for _, positions in self.folds]
        return self.churned[np.concatenate(judged)]


@dataclass(frozen=True)
class Fitted:
    """A ranker with its preprocessing, before calibration.

    Attributes:
        preprocess: fitted on the training rows; makes numbers of a frame of features.
        ranker: fitted on the training rows; ``ranking.py`` says what it must be able to do.
        centre: mean of each preprocessed column over the training rows, from which contributions are measured; None
            where the ranker's own contributions do without.
        margins: of the rows that the inner folds predict, in the folds' order, by rankers that never saw them.
        parameters: what was given and chosen, for the record.
        tables, figures: by name, what people look at to understand the model; of no single customer.
    """

    preprocess: "ColumnTransformer"
    ranker: Any
    centre: np.ndarray | None
    margins: np.ndarray
    parameters: dict[str, Any]
    tables: Mapping[str, "pd.DataFrame"] = field(default_factory=dict)
    figures: Mapping[str, "Figure"] = field(default_factory=dict)
