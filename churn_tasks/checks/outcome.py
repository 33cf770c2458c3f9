"""What follows from a measure: it passes, it is shown as unusual, or it stops the month."""

from collections.abc import Iterable
from typing import Literal

Outcome = Literal["pass", "warn", "stop"]


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Of several outcomes the one that counts; without any, nothing is wrong.

    >>> worst(["pass", "stop", "warn"]), worst([])
    ('stop', 'pass')
    """
    seen = set(outcomes)
    if "stop" in seen:
        return "stop"
    if "warn" in seen:
        return "warn"
    return "pass"
