"""Columns derived from all numeric ones together (D4, D5, E2): principal components, factors, clusters of behaviour.

Off unless ``model.derive`` asks for them. Everything is fitted on training rows alone, on at most 20,000 of them spread
evenly, so that a large operator costs no more; with one thread and rounded, so that the same rows give the same bytes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

if TYPE_CHECKING:
    import pandas as pd

    from churn_tasks.core.sections import Derive

FITTED_ROWS = 20_000
BATCH_ROWS = 50_000  # scaled at once: memory does not grow with the operator
PLACES = 9  # decimals kept of what was fitted
SEED = 0


class DerivedColumns(TransformerMixin, BaseEstimator):
    """Scores of each row beside its own columns: ``pca_1 ..``, ``factor_1 ..``, ``cluster_1 ..``.

    A row is first brought to scale: unknown values to the median, inverse hyperbolic sine, mean 0, deviation 1.
    Components and factors are weighted sums of that; a cluster's column is the distance from its middle.

    Attributes:
        median, mean, deviation: of each column on the fitted rows.
        weights: columns x (components + factors), so that scores are ``scaled @ weights``.
        middles: clusters x columns, on the same scale.
    """

    def __init__(self, pca: int = 0, factors: int = 0, clusters: int = 0) -> None:
        self.pca = pca
        self.factors = factors
        self.clusters = clusters

    def fit(self, frame: "pd.DataFrame", _churned: Any = None) -> "DerivedColumns":
        """Learn medians, scales, weights and middles; labels are not looked at."""
        from threadpoolctl import threadpool_limits

        rows = np.asarray(frame, dtype=float)
        one_in = -(-len(rows) // FITTED_ROWS)
        rows = np.arcsinh(rows[::one_in])
        self.feature_names_in_ = np.array(frame.columns, dtype=object)
        self.n_features_in_ = rows.shape[1]
        self.median = np.array([_median(column) for column in rows.T])
        filled = np.where(np.isnan(rows), self.median, rows)
        self.mean, self.deviation = _scale(filled)
        scaled = (filled - self.mean) / self.deviation
        with threadpool_limits(1):  # a sum of floats depends on how many take part
            sums = [_components(scaled, self.pca), _factors(scaled, self.factors)]
            self.weights = np.round(np.hstack(sums), PLACES)
            self.middles = np.round(_middles(scaled, self.clusters), PLACES)
            made = self._scores(scaled)
        self.score_mean, self.score_deviation = _scale(made)
        return self

    def transform(self, frame: "pd.DataFrame") -> np.ndarray:
        """The derived columns, float64, none unknown, mean 0 and deviation 1 on the fitted rows."""
        scores = np.vstack([self._scores(batch) for batch in self._batches(frame)])
        return (scores - self.score_mean) / self.score_deviation

    def _batches(self, frame: "pd.DataFrame") -> Iterator[np.ndarray]:
        """The rows brought to scale, so many at once; one empty batch of no rows."""
        for start in range(0, max(len(frame), 1), BATCH_ROWS):
            yield self.scaled(frame.iloc[start : start + BATCH_ROWS])

    def _scores(self, scaled: np.ndarray) -> np.ndarray:
        distances = []
        for middle in self.middles:
            square = ((scaled - middle) ** 2).mean(axis=1)
            distances.append(np.sqrt(square))
        return np.column_stack([scaled @ self.weights, *distances])

    def get_feature_names_out(self, _names: Any = None) -> np.ndarray:
        made = {"pca": self.pca, "factor": self.factors, "cluster": self.clusters}
        names = []
        for kind, count in made.items():
            names += [f"{kind}_{number}" for number in range(1, count + 1)]
        return np.array(names, dtype=object)

    def scaled(self, frame: "pd.DataFrame") -> np.ndarray:
        """The columns it was fitted on, brought to scale."""
        given = frame[list(self.feature_names_in_)]
        rows = np.arcsinh(np.asarray(given, dtype=float))
        filled = np.where(np.isnan(rows), self.median, rows)
        return (filled - self.mean) / self.deviation

    def belongs_to(self, frame: "pd.DataFrame") -> np.ndarray:
        """The nearest cluster of each row, from 0."""
        nearest = [self._nearest(batch) for batch in self._batches(frame)]
        return np.concatenate(nearest)

    def _nearest(self, scaled: np.ndarray) -> np.ndarray:
        squares = [_square_distance(scaled, middle) for middle in self.middles]
        return np.argmin(squares, axis=0)

    def shares(self, frame: "pd.DataFrame", number: int) -> np.ndarray:
        """How much each source column has to do with a derived column, rows x columns, each row summing to 1.

        Of a weighted sum, by size of the summand; of a distance, by square of the distance in that column.
        """
        scaled, sums = self.scaled(frame), self.weights.shape[1]
        if number < sums:
            parts = np.abs(scaled * self.weights[:, number])
        else:
            parts = (scaled - self.middles[number - sums]) ** 2
        total = parts.sum(axis=1, keepdims=True)
        shares = np.full_like(parts, 1.0 / parts.shape[1])
        return np.divide(parts, total, out=shares, where=total > 0)


def derived_step(
    derive: "Derive | None", numeric: list[str]
) -> list[tuple[str, DerivedColumns, list[str]]]:
    """The entry of a ColumnTransformer; none where nothing is asked for."""
    if derive is None or not numeric:
        return []
    pca, factors = (min(asked, len(numeric)) for asked in (derive.pca, derive.factors))
    if not (pca or factors or derive.clusters):
        return []
    return [("derived", DerivedColumns(pca, factors, derive.clusters), numeric)]


def _scale(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each column; 1 for one that does not vary."""
    deviation = rows.std(axis=0)
    return rows.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


def _square_distance(rows: np.ndarray, middle: np.ndarray) -> np.ndarray:
    return ((rows - middle) ** 2).sum(axis=1)


def _median(column: np.ndarray) -> float:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if len(known) else 0.0


def _components(scaled: np.ndarray, count: int) -> np.ndarray:
    """Unit vectors of the directions with most variance."""
    if not count:
        return np.empty((scaled.shape[1], 0))
    from sklearn.decomposition import PCA

    return PCA(count, svd_solver="covariance_eigh").fit(scaled).components_.T


def _factors(scaled: np.ndarray, count: int) -> np.ndarray:
    """Weights of the expected factors given a row (Bartholomew 1981), rotated so that each loads on few columns."""
    if not count:
        return np.empty((scaled.shape[1], 0))
    from sklearn.decomposition import FactorAnalysis

    analysis = FactorAnalysis(
        count, rotation="varimax", max_iter=200, tol=1e-3, random_state=SEED
    )
    fitted = analysis.fit(scaled)
    noise = np.maximum(fitted.noise_variance_, 1e-6)
    precise = fitted.components_ / noise
    spread = np.eye(count) + precise @ fitted.components_.T
    return precise.T @ np.linalg.inv(spread)


def _middles(scaled: np.ndarray, count: int) -> np.ndarray:
    """Middles of the clusters, the largest first."""
    if not count:
        return np.empty((0, scaled.shape[1]))
    from sklearn.cluster import KMeans

    fitted = KMeans(count, n_init=4, random_state=SEED).fit(scaled)
    sizes = np.bincount(fitted.labels_, minlength=count)
    largest_first = np.argsort(-sizes, kind="stable")
    return fitted.cluster_centers_[largest_first]
