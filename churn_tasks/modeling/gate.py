"""The gate (F5): whether the best candidate of a month takes the champion's place."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """A model with what it came to on the tested month; the same month and the same customers for all."""

    name: str
    version: int
    average_precision: float


@dataclass(frozen=True)
class Decision:
    """Promote ``selected``, or keep what is. ``why`` holds the figures."""

    promote: bool
    selected: Contender
    why: str


def select(candidates: Sequence[Contender]) -> Contender:
    """The candidate with the highest average precision; among equals the first, so the simpler where listed first."""
    return max(candidates, key=lambda contender: contender.average_precision)


def decide(
    candidates: Sequence[Contender],
    champion: Contender | None,
    base_rate: float,
    min_gain: float,
) -> Decision:
    """Judge the best candidate against the champion, or against chance while there is no champion.

    Args:
        candidates: at least one.
        champion: the model in force, judged on the same month; None at first.
        base_rate: churn rate of the tested month, the average precision that chance gives.
        min_gain: what the candidate must be better by; at 0 any gain will do, a tie never.
    """
    best = select(candidates)
    floor, rival = base_rate, "the base rate, there being no champion"
    if champion:
        floor = champion.average_precision
        rival = f"champion version {champion.version}"
    gain = best.average_precision - floor
    promote = gain > 0 and gain >= min_gain
    wanted = f"at least {min_gain:g}" if min_gain else "more than 0"
    why = (
        f"{best.name} version {best.version}: average precision {best.average_precision:.4f}"
        f" against {floor:.4f} of {rival}; gain {gain:+.4f}, wanted {wanted}"
    )
    return Decision(promote, best, why)
