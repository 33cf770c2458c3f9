"""A planted pattern that no single amount shows: a ratio of two differences decides part of the leavers.

Two items of every bill, extra services and reductions, move from month to month by amounts of a random scale and a
random sign that both share. A customer whose extra services moved more than twice as far as the reductions over two
months (``TURNING_RATIO``) is likely to leave in the next. Worked example, amounts in yuan::

                    2024-01   2024-03   difference
    extra services     81.0      88.0         +7.0
    reductions         33.0      36.0         +3.0      7.0 / 3.0 = 2.33 > 2: likely to leave in 2024-04

Because scale and sign are common to both and drawn anew, each amount and each difference alone says next to nothing.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.clock import NEVER, Array, Clock

LAG = 2  # months between the amounts of a difference: the last month of a window of three less its first
TURNING_RATIO = 2.0
SPREAD = 1.0  # the logarithm of the ratio lies between minus and plus this: 15 % turn
SMALLEST_CNY, LARGEST_CNY = 0.5, 8.0  # common scale of both differences
EXTRAS_CNY, REDUCTIONS_CNY = (
    (75, 95),
    (25, 40),
)  # about which each customer's amounts move


@dataclass
class Interaction:
    """Amounts and ratios of every subscriber (columns) in every month (rows), and whom the ratio made leave.

    Attributes:
        share: of the leavers that the ratio decides.
        ratio: of the differences over ``LAG`` months; NaN before there are any.
        left_by_it: day on which those whom the ratio decided leave; ``NEVER`` for everybody else.
    """

    share: float
    extras_fen: Array
    reductions_fen: Array
    ratio: Array
    left_by_it: Array

    def turned(self, k: int) -> Array:
        """Whose ratio in month ``k`` lies beyond the turning point."""
        return (
            np.nan_to_num(self.ratio[k]) > TURNING_RATIO
            if k >= 0
            else np.zeros(self.ratio.shape[1], bool)
        )


def plant_interaction(
    clock: Clock, subscribers: int, months: int
) -> Interaction | None:
    """The amounts of all months; None where the settings ask for no planted pattern."""
    share = clock.settings.planted_interaction
    if not share:
        return None
    chance = clock.chance("interaction")
    shape = (months, subscribers)
    extras, reductions = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    middle = [
        chance.uniform(*bounds, subscribers) * 100
        for bounds in (EXTRAS_CNY, REDUCTIONS_CNY)
    ]
    for k in range(months):
        root = np.exp(chance.uniform(-SPREAD, SPREAD, subscribers) / 2)
        scale = 100 * np.exp(
            chance.uniform(np.log(SMALLEST_CNY), np.log(LARGEST_CNY), subscribers)
        )
        before = (extras[k - LAG], reductions[k - LAG]) if k >= LAG else middle
        off = before[0] - middle[0] + before[1] - middle[1]
        sign = np.where(
            off == 0, chance.choice([-1, 1], subscribers), -np.sign(off)
        )  # back to the middle
        extras[k] = np.rint(before[0] + sign * scale * root)
        reductions[k] = np.rint(before[1] + sign * scale / root)
    ratio = np.full(shape, np.nan)
    ratio[LAG:] = (extras[LAG:] - extras[:-LAG]) / (
        reductions[LAG:] - reductions[:-LAG]
    )
    return Interaction(share, extras, reductions, ratio, np.full(subscribers, NEVER))


def interaction_rows(
    clock: Clock, interaction: Interaction, k: int, who: Array, subs_id: Array
) -> pa.Table:
    """The truth of month ``k``: amounts, ratio, and whether it makes each one leave in the next month."""
    day = interaction.left_by_it[who]
    ratio = interaction.ratio[k][who]
    return pa.table(
        {
            "subs_id": subs_id[who],
            "mon": pa.array(np.full(len(who), str(clock.month(k)))),
            "extras_fen": interaction.extras_fen[k][who].astype(np.int64),
            "reductions_fen": interaction.reductions_fen[k][who].astype(np.int64),
            "ratio": pa.array(ratio, mask=np.isnan(ratio)),
            "decides": (day >= clock.start(k + 1)) & (day < clock.start(k + 2)),
        }
    )
