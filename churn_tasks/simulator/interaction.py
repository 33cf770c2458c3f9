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

from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import NEVER, Clock, within
from churn_tasks.simulator.columns import repeated, whole

# months between the amounts of a difference: the last month of a window of three less its first
LAG = 2
TURNING_RATIO = 2.0
# the logarithm of the ratio lies between minus and plus this: 15 % turn
SPREAD = 1.0
SMALLEST_CNY, LARGEST_CNY = 0.5, 8.0  # common scale of both differences
# about which each customer's amounts move
EXTRAS_CNY, REDUCTIONS_CNY = (75, 95), (25, 40)


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
        """Whose ratio in month ``k`` lies beyond the turning point; nobody's while there is none."""
        return np.nan_to_num(self.ratio[k]) > TURNING_RATIO


def plant_interaction(
    clock: Clock, subscribers: int, months: int
) -> Interaction | None:
    """The amounts of all months; None where the settings ask for no planted pattern."""
    share = clock.settings.planted_interaction
    if not share:
        return None
    extras, reductions = _amounts(clock.chance("interaction"), subscribers, months)
    ratio = np.full(extras.shape, np.nan)
    ratio[LAG:] = _moved(extras) / _moved(reductions)
    never = np.full(subscribers, NEVER)
    return Interaction(share, extras, reductions, ratio, never)


def _moved(amounts: Array) -> Array:
    return amounts[LAG:] - amounts[:-LAG]


def _amounts(chance: Chance, subscribers: int, months: int) -> tuple[Array, Array]:
    """Fen of extra services and of reductions by month and subscriber."""
    shape = (months, subscribers)
    extras = np.zeros(shape, np.int32)
    reductions = np.zeros(shape, np.int32)
    usual_extras = chance.uniform(*EXTRAS_CNY, subscribers) * 100
    usual_reductions = chance.uniform(*REDUCTIONS_CNY, subscribers) * 100
    for k in range(months):
        root, scale = _steps(chance, subscribers)
        before, less_before = usual_extras, usual_reductions
        if k >= LAG:
            before, less_before = extras[k - LAG], reductions[k - LAG]
        off = before - usual_extras + less_before - usual_reductions
        sign = _sign(off, chance)
        extras[k] = np.rint(before + sign * scale * root)
        reductions[k] = np.rint(less_before + sign * scale / root)
    return extras, reductions


def _steps(chance: Chance, subscribers: int) -> tuple[Array, Array]:
    """Square root of the ratio of both steps, and their common scale in fen."""
    root = np.exp(chance.uniform(-SPREAD, SPREAD, subscribers) / 2)
    smallest, largest = np.log(SMALLEST_CNY), np.log(LARGEST_CNY)
    scale = 100 * np.exp(chance.uniform(smallest, largest, subscribers))
    return root, scale


def _sign(off: Array, chance: Chance) -> Array:
    """Back to the middle, or either way from it."""
    either = chance.choice([-1, 1], len(off))
    return np.where(off == 0, either, -np.sign(off))


def interaction_rows(
    clock: Clock, interaction: Interaction, k: int, who: Array, subs_id: Array
) -> pa.Table:
    """The truth of month ``k``: amounts, ratio, and whether it makes each one leave in the next month.

    Args:
        who: positions of the customers of the month.
        subs_id: their numbers.
    """
    ratio = interaction.ratio[k][who]
    day = interaction.left_by_it[who]
    leaves_next = within(day, clock.start(k + 1), clock.start(k + 2))
    return pa.table(
        {
            "subs_id": subs_id,
            "mon": repeated(str(clock.month(k)), len(who)),
            "extras_fen": whole(interaction.extras_fen[k][who]),
            "reductions_fen": whole(interaction.reductions_fen[k][who]),
            "ratio": pa.array(ratio, mask=np.isnan(ratio)),
            "decides": leaves_next,
        }
    )
