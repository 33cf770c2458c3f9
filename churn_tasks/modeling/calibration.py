"""Calibration: log-odds of a ranker to probabilities, fitted on predictions for rows it had not seen."""

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
    target = np.where(churned, (leavers + 1) / (leavers + 2), 1 / (stayers + 2))

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        odds = parameters[0] * margins + parameters[1]
        residual = 1 / (1 + np.exp(-odds)) - target
        return np.mean(np.logaddexp(0, odds) - target * odds), np.array(
            [np.mean(residual * margins), np.mean(residual)]
        )

    start = np.array([1.0, np.log((leavers + 1) / (stayers + 1)) - np.mean(margins)])
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(STEEPEST_FALL, None), (None, None)],
    )
    return float(found.x[0]), float(found.x[1])
