"""Customers drawn again and again: how much a figure hangs on who happened to be there.

Poisson bootstrap: each customer counts 0, 1, 2, ... times, in all months alike, because a customer of several months is
no new evidence in each. Efron and Tibshirani 1993, An Introduction to the Bootstrap; Hanley and MacGibbon 2006 on
Poisson weights.
"""

from collections.abc import Iterator

import numpy as np


def drawn_counts(
    customers: int, draws: int, at_once: int, chance: np.random.Generator
) -> Iterator[np.ndarray]:
    """How often each customer counts, in parts of shape (customers, ``at_once``): no more is held in memory."""
    for _ in range(draws // at_once):
        yield chance.poisson(1.0, (customers, at_once)).astype(np.float32)
