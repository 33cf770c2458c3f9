"""What follows from a measure: it passes, it is shown as unusual, somebody has accepted it, or it stops the month."""

from collections.abc import Iterable
from typing import Literal

Outcome = Literal["pass", "warn", "accepted", "stop"]
WORST_FIRST: tuple[Outcome, ...] = ("stop", "accepted", "warn", "pass")


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Of several outcomes the one that counts; without any, nothing is wrong.

    >>> worst(["pass", "stop", "warn"]), worst([])
    ('stop', 'pass')
    """
    seen = set(outcomes)
    for outcome in WORST_FIRST:
        if outcome in seen:
            return outcome
    return "pass"
