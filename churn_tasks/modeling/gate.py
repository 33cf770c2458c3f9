"""The gate (F5): whether the best candidate of a month takes the champion's place."""

from collections.abc import Sequence
from dataclasses import dataclass

from churn_tasks.core.modeling_section import Promotion
from churn_tasks.modeling.paired import Gain

BY_GATE = "gate"
CHANCE = "chance, there being no champion"


@dataclass(frozen=True)
class Contender:
    """A model with what it came to; the same months and the same customers for all.

    Attributes:
        average_precision: on the tested month.
        gain: on the champion, or on chance while there is none; None for the champion itself, and where nobody left.
    """

    name: str
    version: int
    average_precision: float
    gain: Gain | None = None


@dataclass(frozen=True)
class Decision:
    """Promote ``selected``, or keep what is.

    Attributes:
        why: holds the figures.
        decided_by: the gate, or who has agreed.
        waits: it passed the gate, and nobody has agreed yet.
    """

    promote: bool
    selected: Contender
    why: str
    decided_by: str = BY_GATE
    waits: bool = False


def select(candidates: Sequence[Contender]) -> Contender:
    """The candidate with the highest gain; among equals the first, so the simpler where listed first.

    Where no gain could be told, by average precision.
    """
    return max(candidates, key=_merit)


def _merit(contender: Contender) -> float:
    if contender.gain is None:
        return contender.average_precision
    return contender.gain.difference


def decide(
    candidates: Sequence[Contender], champion: Contender | None, terms: Promotion
) -> Decision:
    """Judge the best candidate against the champion, or against chance while there is no champion.

    It is promoted when the lower end of the interval of its gain lies above ``min_gain``, and when that rests on
    ``min_churners`` leavers at least. The first model takes nobody's place: however few leavers there are, it must be
    surely better than chance, and no more; with ``first_model: ahead`` it is enough that it is better on these months.

    Args:
        candidates: at least one, each with its gain on this champion; the interval allows for how many they are.
        champion: the model in force; None at first.
    """
    best = select(candidates)
    rival = f"champion version {champion.version}" if champion else CHANCE
    name = f"{best.name} version {best.version}"
    gain = best.gain
    if gain is None:
        why = f"{name} against {rival}: nobody left in the months that both can be judged on"
        return Decision(False, best, why)
    why = f"{name}: average precision {best.average_precision:.4f}; {gain.text} on {rival}"
    if champion and gain.churners < terms.min_churners:
        why = f"{why}; at least {terms.min_churners} leavers are wanted"
        return Decision(False, best, why)
    if champion is None and terms.first_model == "ahead":
        why = f"{why}; a first model must be ahead by more than {terms.min_gain:g}"
        return Decision(gain.difference > terms.min_gain, best, why)
    why = f"{why}; the lower end must lie above {terms.min_gain:g}"
    return Decision(gain.low > terms.min_gain, best, why)
