"""Scores for a month in which more or fewer leave than in the months that were learnt from.

Where only the share of leavers moved, and not who they are, Bayes' rule gives every score anew from the share; the
share itself is found from the scores alone, before anybody has left, by expectation maximisation (Saerens, Latinne
and Decaestecker 2002, Adjusting the outputs of a classifier to new a priori probabilities). What moves the customers
themselves, so that the same score means something else, it cannot tell from a season.
"""

import numpy as np

MOST_ROUNDS = 1_000
CLOSE = 1e-9  # change of the share from which on it has settled
LEAST = 1e-6  # share below which no season goes


def with_share(scores: np.ndarray, learnt: float, share: float) -> np.ndarray:
    """The scores if ``share`` of the customers leave, where they were made for ``learnt``.

    Args:
        scores: probabilities in [0, 1].
        learnt, share: shares in (0, 1).
    """
    leaving = scores * (share / learnt)
    staying = (1 - scores) * ((1 - share) / (1 - learnt))
    return leaving / (leaving + staying)


def shift_of_share(learnt: float, share: float) -> float:
    """What :func:`with_share` adds to every log-odds."""
    return float(np.log(share / (1 - share)) - np.log(learnt / (1 - learnt)))


def likeliest_share(scores: np.ndarray, learnt: float) -> float:
    """The share of leavers under which the scores of a month are likeliest; ``learnt`` where nothing moved.

    Args:
        scores: probabilities of all customers of the month.
        learnt: share of leavers among the rows that the model was calibrated on, in (0, 1).
    """
    share = learnt
    for _ in range(MOST_ROUNDS):
        before = share
        share = float(with_share(scores, learnt, before).mean())
        share = min(max(share, LEAST), 1 - LEAST)
        if abs(share - before) < CLOSE:
            break
    return share
