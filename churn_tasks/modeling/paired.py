"""Whether one ranking is better than another, beyond what the customers who happened to be there decide.

Both rank the same customers of the same months. Customers are drawn again and again (``bootstrap.py``), for both
rankings alike, and what matters is how often one ranking stays ahead. Two models of the same data err on the same
customers, so their difference is much surer than either figure.

While there is no rival, chance is one: the mean of a few rankings by lot. The base rate will not do. The average
precision of a ranking by lot lies above it (30 leavers among 1,000 customers: in nine worlds of ten), and drawing
customers repeatedly lifts it further; held against the base rate, every third to sixth model that knows nothing would
be sure of a gain.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from churn_tasks.modeling.bootstrap import drawn_counts

DRAWS = 1_000
DRAWN_AT_ONCE = 50  # customers x draws are held in memory
SURE = 0.975  # of a gain: one in forty would show one by chance
LOTS = 10  # rankings by lot that stand for chance


@dataclass(frozen=True)
class MonthGain:
    """One month of a :class:`Gain`.

    Attributes:
        month: as it was given.
        ours, rivals: average precision.
        low, high: interval of their difference in this month alone, 2.5 % outside at either end.
    """

    month: object
    churners: int
    ours: float
    rivals: float
    low: float
    high: float


@dataclass(frozen=True)
class Gain:
    """Average precision of one ranking less that of another, mean over the months by their leavers.

    Attributes:
        low, high: interval; the true gain lies below ``low`` with a probability of 2.5 % shared out among the
            candidates, and above ``high`` likewise.
        churners: leavers of all months that it rests on.
        months: how many months that is.
        by_month: the same for each month, earliest first.
    """

    difference: float
    low: float
    high: float
    churners: int
    months: int
    by_month: tuple[MonthGain, ...] = ()

    @property
    def text(self) -> str:
        """``gain +0.0120 (0.0040 to 0.0200) in 3 months with 412 leavers``"""
        interval = f"{self.low:.4f} to {self.high:.4f}"
        months = "1 month" if self.months == 1 else f"{self.months} months"
        return f"gain {self.difference:+.4f} ({interval}) in {months} with {self.churners} leavers"


@dataclass(frozen=True)
class Evidence:
    """The rows on which models are compared, of one or several months.

    Attributes:
        churned: the truth; a month without a churner tells nothing and is left out.
        months, customers: which month and which customer a row is.
    """

    churned: np.ndarray
    months: np.ndarray
    customers: np.ndarray


@dataclass(frozen=True)
class _Ranking:
    """One month ranked by one model.

    Attributes:
        stretches: stretches x customers; a stretch is the rows from one score of churners down to the next.
        stretch_of: for each churner from the highest score to the lowest, the stretch that its score ends.
        last_equal: for each of them, the last one with the same score.
        churners: customers of the churners in that order.
    """

    stretches: csr_matrix
    stretch_of: np.ndarray
    last_equal: np.ndarray
    churners: np.ndarray

    def average_precision(self, counts: np.ndarray) -> np.ndarray:
        """One a draw; as scikit-learn's ``average_precision_score``, equal scores counted together.

        Args:
            counts: how often each customer counts, shape (customers, draws).
        """
        warned = np.cumsum(self.stretches @ counts, axis=0)[self.stretch_of]
        of_churners = counts[self.churners]
        hits = np.cumsum(of_churners, axis=0)
        precision = hits[self.last_equal] / np.maximum(warned, 1)
        return (of_churners * precision).sum(axis=0) / np.maximum(hits[-1], 1)


@dataclass(frozen=True)
class _Month:
    """The rows of one month; ``person`` says which of all customers each is."""

    month: object
    rows: np.ndarray
    churned: np.ndarray
    person: np.ndarray
    customers: int

    def ranked(self, scores: np.ndarray) -> _Ranking:
        """The customers of the month by their scores, which are those of all months."""
        of_month = scores[self.rows]
        order = np.argsort(-of_month, kind="stable")
        falling = -of_month[order]
        hits = np.flatnonzero(self.churned[order])
        ends = np.searchsorted(falling, falling[hits], side="right")
        distinct, stretch_of = np.unique(ends, return_inverse=True)
        person = self.person[order]
        starts = np.concatenate([[0], distinct])
        ones = np.ones(distinct[-1], dtype=np.float32)
        stretches = csr_matrix(
            (ones, person[: distinct[-1]], starts),
            shape=(len(distinct), self.customers),
        )
        last_equal = np.searchsorted(stretch_of, stretch_of, side="right") - 1
        return _Ranking(stretches, stretch_of, last_equal, person[hits])


def gains(
    models: Mapping[str, np.ndarray],
    rival: np.ndarray | None,
    evidence: Evidence,
    *,
    candidates: int | None = None,
    seed: int = 0,
) -> dict[str, Gain]:
    """How much better each model ranks the churners than the rival does; all are held against the same draws.

    Args:
        models: by name, one score a row, higher is likelier to leave.
        rival: the same of the model in force; None: chance.
        candidates: from how many the best will be chosen, all of ``models`` when absent; the chance of being wrong is
            shared out among them (Bonferroni).
        seed: the same seed gives the same intervals.

    Returns:
        By name; nothing where nobody left.
    """
    months, customers = _months(evidence)
    if not months:
        return {}
    chance = np.random.default_rng(seed)
    rivals = [_ranked(months, scores) for scores in _rivals(rival, evidence, chance)]
    ranked = {name: _ranked(months, scores) for name, scores in models.items()}
    differences: dict[str, list[np.ndarray]] = {name: [] for name in models}
    for counts in drawn_counts(customers, DRAWS, DRAWN_AT_ONCE, chance):
        of_rivals = _mean_precisions(rivals, counts)
        for name, rankings in ranked.items():
            differences[name].append(_precisions(rankings, counts) - of_rivals)
    everybody = np.ones((customers, 1), dtype=np.float32)
    theirs = _mean_precisions(rivals, everybody)
    found = {}
    for name, rankings in ranked.items():
        ours = _precisions(rankings, everybody)
        drawn = np.concatenate(differences[name], axis=1)
        found[name] = _gain(months, ours, theirs, drawn, candidates or len(models))
    return found


def gain(
    scores: np.ndarray,
    rival: np.ndarray | None,
    churned: np.ndarray,
    months: np.ndarray,
    customers: np.ndarray,
    *,
    candidates: int = 1,
    seed: int = 0,
) -> Gain:
    """:func:`gains` of a single model; somebody has left."""
    evidence = Evidence(churned, months, customers)
    models = {"ours": scores}
    return gains(models, rival, evidence, candidates=candidates, seed=seed)["ours"]


def _months(evidence: Evidence) -> tuple[list[_Month], int]:
    """The months with churners, earliest first, and how many customers there are in all months together."""
    names, person = np.unique(evidence.customers, return_inverse=True)
    months = []
    for month in np.unique(evidence.months):
        rows = np.flatnonzero(evidence.months == month)
        churned = evidence.churned[rows]
        if churned.any():
            months.append(_Month(month.item(), rows, churned, person[rows], len(names)))
    return months, len(names)


def _rivals(
    rival: np.ndarray | None, evidence: Evidence, chance: np.random.Generator
) -> list[np.ndarray]:
    """The rankings that stand for the rival, one score a row; a lot is drawn by customer and kept for all months."""
    if rival is not None:
        return [rival]
    names, person = np.unique(evidence.customers, return_inverse=True)
    return [chance.random(len(names))[person] for _ in range(LOTS)]


def _ranked(months: list[_Month], scores: np.ndarray) -> list[_Ranking]:
    return [month.ranked(scores) for month in months]


def _precisions(rankings: list[_Ranking], counts: np.ndarray) -> np.ndarray:
    """Average precision of one model, shape (months, draws)."""
    return np.array([ranking.average_precision(counts) for ranking in rankings])


def _mean_precisions(rivals: list[list[_Ranking]], counts: np.ndarray) -> np.ndarray:
    """Mean over the rankings that stand for the rival, shape (months, draws)."""
    return np.mean([_precisions(each, counts) for each in rivals], axis=0)


def _gain(
    months: list[_Month],
    ours: np.ndarray,
    rivals: np.ndarray,
    drawn: np.ndarray,
    candidates: int,
) -> Gain:
    """The means over the months, and the months themselves.

    Args:
        ours, rivals: average precision of each month, shape (months, 1).
        drawn: difference in each month and draw, shape (months, draws).
    """
    churners = np.array([int(each.churned.sum()) for each in months])
    shares = churners / churners.sum()
    difference = float(shares @ (ours - rivals)[:, 0])
    low, high = _interval(shares @ drawn, (1 - SURE) / candidates)
    by_month = []
    for place, each in enumerate(months):
        precisions = (float(ours[place, 0]), float(rivals[place, 0]))
        interval = _interval(drawn[place], 1 - SURE)
        by_month.append(
            MonthGain(each.month, int(churners[place]), *precisions, *interval)
        )
    total = int(churners.sum())
    return Gain(difference, low, high, total, len(months), tuple(by_month))


def _interval(drawn: np.ndarray, outside: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, [outside, 1 - outside])
    return float(low), float(high)
