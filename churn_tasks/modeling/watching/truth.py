"""What the scores of an earlier month came to, once its truth is in, against what they promised."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.core.watch_section import ModelWatch
from churn_tasks.modeling.metrics import ranking
from churn_tasks.modeling.watching.finding import Finding, Status
from churn_tasks.modeling.watching.learnt import SCORE

LIST = "list"
CERTAIN = 2  # standard errors that chance is allowed on top of a bound


@dataclass(frozen=True)
class ScoredThen:
    """Customers of an earlier month who were at risk, as they were scored then.

    Attributes:
        scores: probability of leaving that the model of the time gave.
        churned: whether they left in the predict window.
        listed: whether they were on the list of the time.
        promised: average precision for which the model was put in force; None where it is not known.
    """

    scores: np.ndarray
    churned: np.ndarray
    listed: np.ndarray
    promised: float | None


def truth_findings(then: ScoredThen, bounds: ModelWatch) -> list[Finding]:
    """Calibration of everybody and of the list, and average precision, each against a bound.

    Nothing is judged on fewer leavers than ``min_leavers``.
    """
    leavers = int(then.churned.sum())
    if not len(then.scores) or not leavers:
        return []
    found = [_gap(SCORE, then.scores, then.churned, bounds.calibration_gap)]
    if then.listed.any():
        scores, churned = then.scores[then.listed], then.churned[then.listed]
        found.append(_gap(LIST, scores, churned, bounds.list_gap))
    if then.promised is not None:
        found.append(_precision(then, then.promised, leavers, bounds))
    if leavers >= bounds.min_leavers:
        return found
    note = f"{leavers} left"
    return [
        Finding(f.subject, f.measure, f.value, f.bound, "too_few", note) for f in found
    ]


def _gap(
    subject: str, scores: np.ndarray, churned: np.ndarray, bound: float
) -> Finding:
    """Mean score less the share that left: above 0 the model promised more leavers than there were.

    If the scores hold, the share that leaves has the variance sum(p (1 - p)) / n², each p a score.
    """
    expected, left = float(scores.mean()), float(churned.mean())
    variance = np.sum(scores * (1 - scores)) / len(scores) ** 2
    chance = CERTAIN * float(np.sqrt(variance))
    gap = expected - left
    status: Status = "alarm" if abs(gap) > bound + chance else "ok"
    note = f"expected {expected:.1%}, left {left:.1%}"
    return Finding(subject, "calibration_gap", gap, bound + chance, status, note)


def _precision(
    then: ScoredThen, promised: float, leavers: int, bounds: ModelWatch
) -> Finding:
    """Average precision, whose standard error is about that of a share of the leavers (Boyd, Eng and Page 2013)."""
    came_to = float(ranking(then.scores, then.churned)["average_precision"] or 0.0)
    chance = CERTAIN * float(np.sqrt(promised * (1 - promised) / leavers))
    bound = max(promised * (1 - bounds.precision_loss) - chance, 0.0)
    status: Status = "alarm" if came_to < bound else "ok"
    note = f"promised {promised:.3f}"
    return Finding(SCORE, "average_precision", came_to, bound, status, note)
