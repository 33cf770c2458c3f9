"""Calibration: log-odds of a ranker to probabilities, fitted on predictions for rows it had not seen."""

from dataclasses import dataclass

import numpy as np

STEEPEST_FALL = 1e-3


def platt(margins: np.ndarray, churned: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of Platt's scaling with his smoothed targets.

    A slope below 0.001 (a ranker that learnt nothing, or the reverse of the truth) is held there: calibration
    may flatten a ranking, never turn it round.

    Args:
        margins: log-odds for rows that the ranker was not fitted on.
        churned: truth of the same rows, both classes present.

    Reference: Platt (1999), Probabilistic outputs for support vector machines.
    """
    from scipy.optimize import minimize

    leavers = churned.sum()
    stayers = len(churned) - leavers
    of_leaver, of_stayer = (leavers + 1) / (leavers + 2), 1 / (stayers + 2)
    target = np.where(churned, of_leaver, of_stayer)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        odds = parameters[0] * margins + parameters[1]
        with np.errstate(over="ignore"):  # of odds far from 0 the chance is 0
            residual = 1 / (1 + np.exp(-odds)) - target
        slope_gradient = np.mean(residual * margins)
        value = np.mean(np.logaddexp(0, odds) - target * odds)
        return value, np.array([slope_gradient, np.mean(residual)])

    prior = np.log((leavers + 1) / (stayers + 1))
    fitted = minimize(
        loss,
        np.array([1.0, prior - np.mean(margins)]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(STEEPEST_FALL, None), (None, None)],
    )
    slope, intercept = fitted.x
    return float(slope), float(intercept)


@dataclass(frozen=True)
class Thinned:
    """Rows of which stayers were left out.

    Attributes:
        positions: of the rows that stay, in their order.
        correction: what is to be added to log-odds learnt from them, 0 or less.
    """

    positions: np.ndarray
    correction: float


def without_some_stayers(churned: np.ndarray, per_leaver: float) -> Thinned:
    """All leavers, and at most so many stayers for each of them, evenly spread.

    Where a share k of the stayers is taken, everybody's odds are higher by 1 / k, and nothing else changes: log k is
    added to the log-odds (Prentice and Pyke 1979; King and Zeng 2001, Logistic regression in rare events data).
    """
    leavers, stayers = np.flatnonzero(churned), np.flatnonzero(~churned)
    most = int(per_leaver * len(leavers))
    if len(stayers) <= most:
        return Thinned(np.arange(len(churned)), 0.0)
    places = np.linspace(0, len(stayers) - 1, most).astype(int)
    positions = np.sort(np.concatenate([leavers, stayers[places]]))
    return Thinned(positions, float(np.log(most / len(stayers))))
