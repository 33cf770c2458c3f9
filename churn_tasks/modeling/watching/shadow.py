"""A challenger that scores beside the champion and decides nothing: how alike their lists are, and which was right."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.modeling.metrics import ranking, ratio
from churn_tasks.modeling.watching.finding import Finding

SHADOW = "shadow"
OVERLAP, SHADOW_PRECISION = "list_overlap", "list_precision"


@dataclass(frozen=True)
class BothThen:
    """The customers of an earlier month who were at risk, as both models had scored and listed them.

    Attributes:
        version: of the challenger.
        scores, shadow_scores: probability of leaving by champion and challenger.
        listed, shadow_listed: who stood on the list, and who would have stood on the challenger's.
        churned: who left in the predict window.
    """

    version: int
    scores: np.ndarray
    shadow_scores: np.ndarray
    listed: np.ndarray
    shadow_listed: np.ndarray
    churned: np.ndarray


def overlap_finding(
    version: int, listed: np.ndarray, shadow_listed: np.ndarray
) -> Finding:
    """Share of the list that the challenger would have listed as well; 1 is the same list. It has no bound.

    Args:
        listed, shadow_listed: masks of the same customers; somebody is listed.
    """
    common = int((listed & shadow_listed).sum())
    share = common / int(listed.sum())
    return Finding(SHADOW, OVERLAP, share, 0.0, note=f"version {version}")


def shadow_findings(then: BothThen) -> list[Finding]:
    """Average precision and precision of the list by the challenger, each beside the champion's as its bound.

    Both on the same customers; nothing where nobody left or nobody stayed. The gate decides and not these figures: a
    month is one draw of customers, and no interval stands here.
    """
    champion = ranking(then.scores, then.churned)["average_precision"]
    challenger = ranking(then.shadow_scores, then.churned)["average_precision"]
    if champion is None or challenger is None:
        return []
    note = f"version {then.version}"
    found = [Finding(SHADOW, "average_precision", challenger, champion, note=note)]
    ours = _precision(then.listed, then.churned)
    theirs = _precision(then.shadow_listed, then.churned)
    if ours is not None and theirs is not None:
        found.append(Finding(SHADOW, SHADOW_PRECISION, theirs, ours, note=note))
    return found


def _precision(listed: np.ndarray, churned: np.ndarray) -> float | None:
    """Share of the listed who left."""
    return ratio(int((listed & churned).sum()), int(listed.sum()))
