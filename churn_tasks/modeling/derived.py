"""Columns derived from all numeric ones together (D4, D5, E2): principal components, factors, clusters of behaviour.

Off unless ``model.derive`` asks for them. Everything is fitted on training rows alone, on at most 20,000 of them spread
evenly, so that a large operator costs no more; with one thread and rounded, so that the same rows give the same bytes.
"""

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
        rows = np.arcsinh(rows[:: -(-len(rows) // FITTED_ROWS)])
        self.feature_names_in_ = np.array(frame.columns, dtype=object)
        self.n_features_in_ = rows.shape[1]
        self.median = np.array([_median(column) for column in rows.T])
        filled = np.where(np.isnan(rows), self.median, rows)
        self.mean, spread = filled.mean(axis=0), filled.std(axis=0)
        self.deviation = np.where(spread > 0, spread, 1.0)
        scaled = (filled - self.mean) / self.deviation
        with threadpool_limits(
            1
        ):  # sums of floats depend on how many threads take part
            self.weights = np.round(
                np.hstack(
                    [_components(scaled, self.pca), _factors(scaled, self.factors)]
                ),
                PLACES,
            )
            self.middles = np.round(_middles(scaled, self.clusters), PLACES)
            made = self._scores(scaled)
        self.score_mean, spread = made.mean(axis=0), made.std(axis=0)
        self.score_deviation = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, frame: "pd.DataFrame") -> np.ndarray:
        """The derived columns, float64, none unknown, mean 0 and deviation 1 on the fitted rows."""
        starts = range(0, max(len(frame), 1), BATCH_ROWS)
        scores = [
            self._scores(self.scaled(frame.iloc[start : start + BATCH_ROWS]))
            for start in starts
        ]
        return (np.vstack(scores) - self.score_mean) / self.score_deviation

    def _scores(self, scaled: np.ndarray) -> np.ndarray:
        distances = [
            np.sqrt(((scaled - middle) ** 2).mean(axis=1)) for middle in self.middles
        ]
        return np.column_stack([scaled @ self.weights, *distances])

    def get_feature_names_out(self, _names: Any = None) -> np.ndarray:
        asked = (
            ("pca", self.pca),
            ("factor", self.factors),
            ("cluster", self.clusters),
        )
        return np.array(
            [
                f"{kind}_{number + 1}"
                for kind, count in asked
                for number in range(count)
            ],
            dtype=object,
        )

    def scaled(self, frame: "pd.DataFrame") -> np.ndarray:
        """The columns it was fitted on, brought to scale."""
        rows = np.arcsinh(np.asarray(frame[list(self.feature_names_in_)], dtype=float))
        return (
            np.where(np.isnan(rows), self.median, rows) - self.mean
        ) / self.deviation

    def belongs_to(self, frame: "pd.DataFrame") -> np.ndarray:
        """The nearest cluster of each row, from 0."""
        starts = range(0, max(len(frame), 1), BATCH_ROWS)
        return np.concatenate(
            [
                self._nearest(self.scaled(frame.iloc[at : at + BATCH_ROWS]))
                for at in starts
            ]
        )

    def _nearest(self, scaled: np.ndarray) -> np.ndarray:
        return np.argmin(
            [((scaled - middle) ** 2).sum(axis=1) for middle in self.middles], axis=0
        )

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
        return np.divide(
            parts, total, out=np.full_like(parts, 1.0 / parts.shape[1]), where=total > 0
        )


def derived_step(
    derive: "Derive | None", numeric: list[str]
) -> list[tuple[str, DerivedColumns, list[str]]]:
    """The entry of a ColumnTransformer; none where nothing is asked for."""
    if (
        derive is None
        or not numeric
        or not (derive.pca or derive.factors or derive.clusters)
    ):
        return []
    pca, factors = (min(asked, len(numeric)) for asked in (derive.pca, derive.factors))
    return [("derived", DerivedColumns(pca, factors, derive.clusters), numeric)]


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

    fitted = FactorAnalysis(
        count, rotation="varimax", max_iter=200, tol=1e-3, random_state=SEED
    ).fit(scaled)
    noise = np.maximum(fitted.noise_variance_, 1e-6)
    precise = fitted.components_ / noise
    return precise.T @ np.linalg.inv(np.eye(count) + precise @ fitted.components_.T)


def _middles(scaled: np.ndarray, count: int) -> np.ndarray:
    """Middles of the clusters, the largest first."""
    if not count:
        return np.empty((0, scaled.shape[1]))
    from sklearn.cluster import KMeans

    fitted = KMeans(count, n_init=4, random_state=SEED).fit(scaled)
    sizes = np.bincount(fitted.labels_, minlength=count)
    return fitted.cluster_centers_[np.argsort(-sizes, kind="stable")]
