"""Curves of one ranking on one month, as one figure: precision and coverage, ROC, lift, calibration (F3)."""

from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.modeling.metrics import calibration_table, on_list

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 200


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
    """Four panels; a dot marks the list of ``size`` customers. Some must have churned and some stayed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(2, 2)
    lengths, hits = counts_down_the_ranking(scores, churned)
    at, hit = (
        int(on_list(scores, size).sum()),
        int((on_list(scores, size) & churned).sum()),
    )
    churners, stayers = int(churned.sum()), int((~churned).sum())
    rate = churners / len(churned)
    _panel(
        panels[0, 0],
        hits / churners,
        hits / lengths,
        (hit / churners, hit / at),
        "coverage",
        "precision",
    )
    panels[0, 0].axhline(rate, linestyle=":", color="grey")
    _panel(
        panels[0, 1],
        (lengths - hits) / stayers,
        hits / churners,
        ((at - hit) / stayers, hit / churners),
        "false-alarm rate",
        "coverage",
    )
    panels[0, 1].plot([0, 1], [0, 1], linestyle=":", color="grey")
    _panel(
        panels[1, 0],
        lengths / len(churned),
        hits / lengths / rate,
        (at / len(churned), hit / at / rate),
        "share of customers listed",
        "lift",
    )
    panels[1, 0].axhline(1, linestyle=":", color="grey")
    groups = calibration_table(scores, churned)
    predicted, observed = (
        [group["mean_score"] for group in groups],
        [group["churn_rate"] for group in groups],
    )
    panels[1, 1].plot(predicted, observed, marker="o")
    panels[1, 1].plot(
        [0, max(predicted)], [0, max(predicted)], linestyle=":", color="grey"
    )
    panels[1, 1].set(xlabel="mean score of a tenth", ylabel="churn rate of it")
    return figure


def _panel(
    axes: "Axes",
    x: np.ndarray,
    y: np.ndarray,
    listed: tuple[float, float],
    x_label: str,
    y_label: str,
) -> None:
    axes.plot(x, y)
    axes.plot(*listed, marker="o", color="black")
    axes.set(xlabel=x_label, ylabel=y_label)
