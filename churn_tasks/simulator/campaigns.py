"""The sales campaigns of each month: what they are for, what they promise and what they cost."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.clock import DAY_S, Array, Clock, dates

KINDS = ("1", "2", "4")  # retention, upsell, care: every month runs one of each
NAMES = ("挽留礼包", "升档优惠", "老用户关怀")
RUNS_ON_DAYS = 20  # into the next month
FILED_BEFORE_DAYS = 12
COST_FEN = (6_000_000, 3_000_000, 1_500_000)
DISCOUNT_FEN = (2_000, 1_000, 500)


def campaign_ids(k: int) -> list[str]:
    """Numbers of the month's campaigns, in the order of ``KINDS``."""
    return [f"CAMP{k:02d}{letter}" for letter in "ABC"]


def offered(k: int, distress: Array, chance: np.random.Generator) -> pa.Array:
    """The campaign of each offer: the troubled are more often offered what shall keep them."""
    draw, keeps = chance.random(len(distress)), 0.25 + 0.35 * distress
    kind = np.where(draw < keeps, 0, np.where(draw < keeps + (1 - keeps) / 2, 1, 2))
    return pa.array(campaign_ids(k)).take(pa.array(kind))


def month_campaigns(clock: Clock, k: int) -> pa.Table:
    """The campaigns that begin with the month."""
    begin, end, month = (
        clock.start(k),
        clock.start(k + 1) + RUNS_ON_DAYS,
        clock.month(k),
    )
    n = len(KINDS)
    return pa.table(
        {
            "camp_id": pa.array(campaign_ids(k)),
            "camp_nm": pa.array([f"{month.number}月{name}" for name in NAMES]),
            "camp_typ": pa.array(KINDS),
            "beg_dt": dates(np.full(n, begin)),
            "end_dt": dates(np.full(n, end)),
            "disc_fen": np.array(DISCOUNT_FEN, dtype=np.int64),
            "cost_fen": np.array(COST_FEN, dtype=np.int64),
            "rec_tm": clock.stamps(
                np.full(n, (begin - FILED_BEFORE_DAYS) * DAY_S + 11 * 3600)
            ),
        }
    )
