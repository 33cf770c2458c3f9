"""The sales campaigns of each month: what they are for, what they promise and what they cost."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import Clock, moment
from churn_tasks.simulator.columns import coded, dates

RETENTION, UPSELL, CARE = range(3)  # positions in the next four
KINDS = ("1", "2", "4")  # every month runs one of each
NAMES = ("挽留礼包", "升档优惠", "老用户关怀")
COST_FEN = (6_000_000, 3_000_000, 1_500_000)
DISCOUNT_FEN = (2_000, 1_000, 500)
RUNS_ON_DAYS = 20  # into the next month
FILED_BEFORE_DAYS = 12
# share of the offers that shall keep, and what full distress adds
KEEPING, KEEPING_IN_DISTRESS = 0.25, 0.35


def campaign_ids(k: int) -> list[str]:
    """Numbers of the month's campaigns, in the order of ``KINDS``."""
    return [f"CAMP{k:02d}{letter}" for letter in "ABC"]


def offered(k: int, distress: Array, chance: Chance) -> pa.Array:
    """The campaign of each offer: the troubled are more often offered what shall keep them."""
    draw = chance.random(len(distress))
    keeps = KEEPING + KEEPING_IN_DISTRESS * distress
    is_retention = draw < keeps
    is_upsell = draw < keeps + (1 - keeps) / 2
    kind = np.select([is_retention, is_upsell], [RETENTION, UPSELL], CARE)
    return coded(campaign_ids(k), kind)


def month_campaigns(clock: Clock, k: int) -> pa.Table:
    """The campaigns that begin with the month."""
    begin = clock.start(k)
    end = clock.start(k + 1) + RUNS_ON_DAYS
    filed = moment(begin - FILED_BEFORE_DAYS, 11)
    month, n = clock.month(k).number, len(KINDS)
    return pa.table(
        {
            "camp_id": pa.array(campaign_ids(k)),
            "camp_nm": pa.array([f"{month}月{name}" for name in NAMES]),
            "camp_typ": pa.array(KINDS),
            "beg_dt": dates(np.full(n, begin)),
            "end_dt": dates(np.full(n, end)),
            "disc_fen": np.array(DISCOUNT_FEN),
            "cost_fen": np.array(COST_FEN),
            "rec_tm": clock.stamps(np.full(n, filed)),
        }
    )
