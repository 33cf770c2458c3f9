"""Logistic regression as statistics books teach it (E1): no penalty, columns eliminated backward by Wald's test.

From all columns, the one with the highest p falls out, the rest is fitted again, until every p is below the bound. The
table of what stays (coefficient, standard error, z, p, odds ratio and its interval) lies beside the model in MLflow.
Columns stand in their own units there; unknown numbers take the median, each value of a text has a column.

Hosmer, Lemeshow and Sturdivant (2013), Applied logistic regression, chapters 1 and 4.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.encoding import level_encoder
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import thinned

if TYPE_CHECKING:
    import pandas as pd

MOST_STEPS = 60  # of Newton's method
CLOSE = 1e-9  # to the maximum, in coefficients of columns with deviation 1
# Of columns with deviation 1: too little to be seen, and enough for an answer where a column tells all
LEAST_PENALTY = 1e-3
INDEPENDENT = 1e-7  # of a column's deviation that the columns before it do not explain


class Parameters(Closed):
    """What may be given."""

    p_value: float = Field(
        0.05, gt=0, lt=1, description="a column stays below it; two-sided"
    )
    confidence: float = Field(
        0.95, gt=0.5, lt=1, description="of the intervals of the odds ratios"
    )
    most_rows: int = Field(
        50_000, ge=500, le=1_000_000, description="beyond it rows are thinned"
    )


@dataclass(frozen=True)
class Estimate:
    """The coefficients of some columns, in their own units.

    Attributes:
        columns: positions of the columns that stayed.
        errors: standard errors, from the information matrix at the maximum.
    """

    columns: np.ndarray
    coefficients: np.ndarray
    errors: np.ndarray
    intercept: float

    @property
    def z(self) -> np.ndarray:
        return self.coefficients / self.errors

    @property
    def p(self) -> np.ndarray:
        """Two-sided, of Wald's test."""
        from scipy.stats import norm

        return 2 * norm.sf(np.abs(self.z))

    def margin(self, numbers: np.ndarray) -> np.ndarray:
        return numbers[:, self.columns] @ self.coefficients + self.intercept


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Eliminate and fit; on each fold anew, so that calibration sees no choice that its rows took part in."""
    preprocess = _preprocessing(rows.numeric, rows.text)
    numbers = preprocess.fit_transform(rows.frame)
    margins = []
    for fitted, judged in rows.folds:
        learnt = thinned(fitted, rows.churned, given.most_rows)
        inner = eliminated(numbers[learnt], rows.churned[learnt], given.p_value)
        margins.append(inner.margin(numbers[judged]))
    learnt = thinned(np.arange(len(numbers)), rows.churned, given.most_rows)
    estimate = eliminated(numbers[learnt], rows.churned[learnt], given.p_value)
    names = preprocess.get_feature_names_out()
    table = coefficient_table(estimate, list(names), given.confidence)
    return Fitted(
        preprocess=preprocess,
        ranker=_ranker(estimate, numbers.shape[1]),
        centre=numbers.mean(axis=0),
        margins=np.concatenate(margins),
        parameters={**given.model_dump(), "columns": len(estimate.columns)},
        tables={"coefficients": table},
    )


def _preprocessing(numeric: list[str], text: list[str]) -> ColumnTransformer:
    amounts = SimpleImputer(
        strategy="median", keep_empty_features=True, add_indicator=True
    )
    steps = [("numeric", amounts, numeric), ("text", level_encoder(), text)]
    return ColumnTransformer(steps, verbose_feature_names_out=False)


def _ranker(estimate: Estimate, width: int) -> LogisticRegression:
    """scikit-learn's regression with these coefficients, 0 for what fell out."""
    ranker = LogisticRegression()
    ranker.classes_ = np.array([False, True])
    ranker.n_features_in_ = width
    ranker.coef_ = np.zeros((1, width))
    ranker.coef_[0, estimate.columns] = estimate.coefficients
    ranker.intercept_ = np.array([estimate.intercept])
    return ranker


def eliminated(numbers: np.ndarray, churned: np.ndarray, bound: float) -> Estimate:
    """Backward elimination: without the column of the highest p, again and again, until each p is below the bound.

    Columns that do not vary, or that others give exactly, fall out first. Where none is left, the intercept alone.
    """
    kept = independent_columns(numbers)
    estimate = maximum_likelihood(numbers, churned, kept)
    while len(kept) and estimate.p.max() >= bound:
        kept = np.delete(kept, estimate.p.argmax())
        estimate = maximum_likelihood(numbers, churned, kept)
    return estimate


def independent_columns(numbers: np.ndarray) -> np.ndarray:
    """Positions of the columns that vary and that no columns before them give exactly."""
    centred = numbers - numbers.mean(axis=0)
    deviation = centred.std(axis=0)
    varies = np.flatnonzero(deviation > 0)
    if not len(varies):
        return varies
    # R of the Gram matrix is enough: only the size of what the columns before leave open is looked at
    scaled = centred[:, varies] / deviation[varies]
    remains = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    return varies[remains > INDEPENDENT * np.sqrt(len(numbers))]


def maximum_likelihood(
    numbers: np.ndarray, churned: np.ndarray, columns: np.ndarray
) -> Estimate:
    """Newton's method on columns brought to mean 0 and deviation 1, given back in their own units."""
    chosen = numbers[:, columns]
    mean, deviation = chosen.mean(axis=0), chosen.std(axis=0)
    scaled = np.column_stack([np.ones(len(chosen)), (chosen - mean) / deviation])
    penalty = np.full(scaled.shape[1], LEAST_PENALTY)
    penalty[0] = 0.0
    rate = churned.mean()
    weights = np.zeros(scaled.shape[1])
    weights[0] = np.log(rate / (1 - rate))
    for _ in range(MOST_STEPS):
        information, slope = _derivatives(scaled, churned, weights, penalty)
        step = np.linalg.solve(information, slope)
        longest = np.abs(step).max()
        weights += step / max(1.0, longest)  # at most 1: no jump past the maximum
        if longest < CLOSE:
            break
    information, _ = _derivatives(scaled, churned, weights, penalty)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    coefficients = weights[1:] / deviation
    return Estimate(
        columns=columns,
        coefficients=coefficients,
        errors=errors[1:] / deviation,
        intercept=float(weights[0] - coefficients @ mean),
    )


def _derivatives(
    scaled: np.ndarray, churned: np.ndarray, weights: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The information matrix, and the slope of the log likelihood."""
    chance = 1 / (1 + np.exp(-(scaled @ weights)))
    spread = chance * (1 - chance)
    information = scaled.T @ (scaled * spread[:, None]) + np.diag(penalty)
    slope = scaled.T @ (churned - chance) - penalty * weights
    return information, slope


def coefficient_table(
    estimate: Estimate, names: list[str], confidence: float
) -> "pd.DataFrame":
    """One row a column that stayed, the most certain first.

    Returns:
        ``column, coefficient, standard_error, z, p, odds_ratio, odds_ratio_from, odds_ratio_to``: an odds ratio is by
        how much the odds of leaving are multiplied when the column is one unit higher, 1 no change.
    """
    import pandas as pd
    from scipy.stats import norm

    width = norm.ppf(0.5 + confidence / 2) * estimate.errors
    low, high = estimate.coefficients - width, estimate.coefficients + width
    with np.errstate(over="ignore"):
        table = pd.DataFrame(
            {
                "column": [names[position] for position in estimate.columns],
                "coefficient": estimate.coefficients,
                "standard_error": estimate.errors,
                "z": estimate.z,
                "p": estimate.p,
                "odds_ratio": np.exp(estimate.coefficients),
                "odds_ratio_from": np.exp(low),
                "odds_ratio_to": np.exp(high),
            }
        )
    order = np.argsort(-np.abs(estimate.z), kind="stable")
    return table.iloc[order].reset_index(drop=True)
