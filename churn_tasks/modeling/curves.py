"""Curves of one ranking on one month, as one figure: precision and coverage, ROC, lift, calibration (F3)."""

from typing import TYPE_CHECKING, Any

import numpy as np

from churn_tasks.modeling.metrics import calibration_table, on_list

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 200
DOT: dict[str, Any] = {"marker": "o", "color": "black"}
CHANCE: dict[str, Any] = {"linestyle": ":", "color": "grey"}


def counts_down_the_ranking(
    scores: np.ndarray, churned: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """List lengths (at most 200, from 1 to everybody) and the churners on a list of each length."""
    order = np.argsort(-scores, kind="stable")
    lengths = np.unique(
        np.linspace(1, len(scores), min(POINTS, len(scores))).astype(int)
    )
    return lengths, np.cumsum(churned[order])[lengths - 1]


def curves(scores: np.ndarray, churned: np.ndarray, size: int, title: str) -> "Figure":
    """Four panels over the customers at risk; a dot marks the list with ``size`` of them.

    Some must have churned and some stayed.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8), layout="constrained")
    figure.suptitle(title)
    precision, roc, lift, calibration = figure.subplots(2, 2).flat
    lengths, hits = counts_down_the_ranking(scores, churned)
    churners = int(churned.sum())
    stayers = len(churned) - churners
    rate = churners / len(churned)
    listed = on_list(scores, size)
    at = int(listed.sum())
    hit = int((listed & churned).sum())
    false_alarms = lengths - hits

    precision.set(xlabel="coverage", ylabel="precision")
    precision.plot(hits / churners, hits / lengths)
    precision.plot(hit / churners, hit / at, **DOT)
    precision.axhline(rate, **CHANCE)

    roc.set(xlabel="false-alarm rate", ylabel="coverage")
    roc.plot(false_alarms / stayers, hits / churners)
    roc.plot((at - hit) / stayers, hit / churners, **DOT)
    roc.plot([0, 1], [0, 1], **CHANCE)

    lift.set(xlabel="share of customers listed", ylabel="lift")
    lift.plot(lengths / len(churned), hits / lengths / rate)
    lift.plot(at / len(churned), hit / at / rate, **DOT)
    lift.axhline(1, **CHANCE)

    calibration.set(xlabel="mean score of a tenth", ylabel="churn rate of it")
    tenths = calibration_table(scores, churned)
    predicted = [tenth["mean_score"] for tenth in tenths]
    observed = [tenth["churn_rate"] for tenth in tenths]
    calibration.plot(predicted, observed, marker="o")
    calibration.plot([0, max(predicted)], [0, max(predicted)], **CHANCE)
    return figure
