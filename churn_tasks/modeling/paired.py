"""Whether one ranking is better than another, beyond what the customers who happened to be there decide.

Both rank the same customers of the same months. Customers are drawn again and again (Poisson bootstrap: each customer
counts 0, 1, 2, ... times, in all months alike and for both rankings alike), and what matters is how often one ranking
stays ahead. Two models of the same data err on the same customers, so their difference is much surer than either
figure.

Efron and Tibshirani 1993, An Introduction to the Bootstrap; Hanley and MacGibbon 2006 on Poisson weights.
"""

from dataclasses import dataclass

import numpy as np

DRAWS = 400
DRAWN_AT_ONCE = 40  # customers x draws are held in memory
SURE = 0.975  # of a gain: one in forty would show one by chance


@dataclass(frozen=True)
class Gain:
    """Average precision of one ranking less that of another, mean over the months by their leavers.

    Attributes:
        low, high: interval; the true gain lies below ``low`` with a probability of 2.5 % shared out among the
            candidates, and above ``high`` likewise.
        churners: leavers of all months that it rests on.
        months: how many months that is.
    """

    difference: float
    low: float
    high: float
    churners: int
    months: int


@dataclass(frozen=True)
class _Ranking:
    """One month ranked by one model.

    Attributes:
        order: rows from the highest score to the lowest.
        last_equal: for each churner in that order, position of the last row with the same score.
        churners: rows of the churners in that order.
    """

    order: np.ndarray
    last_equal: np.ndarray
    churners: np.ndarray

    def average_precision(self, weights: np.ndarray) -> np.ndarray:
        """One a draw; as scikit-learn's ``average_precision_score``, equal scores counted together.

        Args:
            weights: how often each row counts, shape (rows, draws).
        """
        counted = np.cumsum(weights[self.order], axis=0)[self.last_equal]
        of_churners = weights[self.churners]
        hits = np.cumsum(of_churners, axis=0)
        met = hits[self._last_equal_churner()]
        total = np.maximum(hits[-1], 1)
        precision = met / np.maximum(counted, 1)
        return (of_churners * precision).sum(axis=0) / total

    def _last_equal_churner(self) -> np.ndarray:
        """For each churner, position among the churners of the last one with the same score."""
        return np.searchsorted(self.last_equal, self.last_equal, side="right") - 1


def gain(
    scores: np.ndarray,
    rival: np.ndarray,
    churned: np.ndarray,
    months: np.ndarray,
    customers: np.ndarray,
    *,
    candidates: int = 1,
    seed: int = 0,
) -> Gain:
    """How much better ``scores`` rank the churners than ``rival`` does.

    Args:
        scores, rival: one a row, higher is likelier to leave; a constant rival comes to the base rate.
        churned: the truth; every month has at least one churner.
        months, customers: which month and which customer a row is.
        candidates: from how many the better ranking was chosen; the chance of being wrong is shared out among them.
        seed: the same seed gives the same interval.
    """
    parts = [np.flatnonzero(months == month) for month in np.unique(months)]
    rankings = [
        (
            rows,
            _ranked(scores[rows], churned[rows]),
            _ranked(rival[rows], churned[rows]),
        )
        for rows in parts
    ]
    shares = np.array([churned[rows].sum() for rows in parts]) / churned.sum()
    everybody = np.ones((len(churned), 1), dtype=np.float32)
    difference = _difference(rankings, shares, everybody)[0]
    names, person = np.unique(customers, return_inverse=True)
    chance = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS // DRAWN_AT_ONCE):
        counts = chance.poisson(1.0, (len(names), DRAWN_AT_ONCE)).astype(np.float32)
        drawn.append(_difference(rankings, shares, counts[person]))
    wrong = (1 - SURE) / candidates
    low, high = np.quantile(np.concatenate(drawn), [wrong, 1 - wrong])
    return Gain(
        float(difference), float(low), float(high), int(churned.sum()), len(parts)
    )


def _ranked(scores: np.ndarray, churned: np.ndarray) -> _Ranking:
    order = np.argsort(-scores, kind="stable")
    falling = -scores[order]
    hits = np.flatnonzero(churned[order])
    last_equal = np.searchsorted(falling, falling[hits], side="right") - 1
    return _Ranking(order, last_equal, order[hits])


def _difference(
    rankings: list[tuple[np.ndarray, _Ranking, _Ranking]],
    shares: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Of the two average precisions, mean over the months; one a draw."""
    total = np.zeros(weights.shape[1])
    for share, (rows, ours, rivals) in zip(shares, rankings, strict=True):
        drawn = weights[rows]
        gained = ours.average_precision(drawn) - rivals.average_precision(drawn)
        total += share * gained
    return total
