"""How many rows a table may have against the month before."""

import math

from churn_tasks.core.sections import Quality


def volume_bounds(quality: Quality, rows: float, before: float) -> tuple[float, float]:
    """The stated bounds of the ratio, wider where so few rows may double by chance: six complaints may become fifteen.

    >>> volume_bounds(Quality(), 20_000, 10_000)
    (0.5, 2.0)
    """
    chance = quality.warn.chance * math.sqrt(rows + before) / before
    lowest, highest = quality.volume
    return max(min(lowest, 1 - chance), 0.0), max(highest, 1 + chance)
