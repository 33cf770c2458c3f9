"""The register of handsets seen on the network, as it stands at each month's end."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.chance import SPREAD_32, Array, settled
from churn_tasks.simulator.clock import NEVER
from churn_tasks.simulator.columns import dates, flags, small
from churn_tasks.simulator.handsets import FREE, IS_SMART, MODELS, Handsets
from churn_tasks.simulator.parallel import Parallel
from churn_tasks.simulator.state import MonthState

UNKNOWN_SHARE = 0.03  # handsets that the network does not recognise: no row
# a month at full distress, of those whom a rival or a free hand draws away
SWAP_CHANCE = 0.12
BOUGHT_ON_LEAVING = 10  # position in MODELS
MAKERS = np.array([model.maker for model in MODELS])
NAMES = np.array([model.name for model in MODELS])
GENERATIONS = np.array([model.generation for model in MODELS])
PRICES_FEN = np.array([model.price_cny * 100 for model in MODELS])


@dataclass
class Seen(Parallel):
    """The handset on each line: position of its model, whether it takes two SIMs, lock, first day of use."""

    model: Array
    is_dual: Array
    lock: Array
    first_day: Array


def month_handsets(state: MonthState, handsets: Handsets) -> pa.Table:
    """The handset seen on each line at the month's end. Who leaves for a rival has often bought one before."""
    _swap(state, handsets)
    recognised = settled(state.subs_id, SPREAD_32, 97) >= UNKNOWN_SHARE
    who = state.who[~state.leaves_before_end & recognised]
    n = len(who)
    seen = _seen(handsets, who, state.end)
    return pa.table(
        {
            "snap_dt": state.last_date(n),
            "subs_id": state.people.subs_id[who],
            "mfr_nm": MAKERS[seen.model],
            "model_nm": NAMES[seen.model],
            "gen_cd": GENERATIONS[seen.model],
            "smart_flag": flags(IS_SMART[seen.model]),
            "sim_cnt": small(1 + seen.is_dual),
            "lock_cd": seen.lock,
            "price_fen": PRICES_FEN[seen.model],
            "first_dt": dates(seen.first_day),
            "rec_tm": state.stamp_after(5, n),
        }
    )


def _swap(state: MonthState, handsets: Handsets) -> None:
    """Some of those whom something draws away buy a handset outside the plan."""
    chance = state.chance("handset")
    n, who = len(state), state.who
    is_drawn_away = state.troubled_by("competitor", "contract_end")
    probability = SWAP_CHANCE * state.peak * is_drawn_away
    has_not = handsets.swap_day[who] == NEVER
    swaps = chance.happens(probability, n) & has_not
    bought = chance.integers(state.start, state.end, n)
    handsets.swap_day[who[swaps]] = bought[swaps]


def _seen(handsets: Handsets, who: Array, end: int) -> Seen:
    """What is in use at the end of a month: the planned handset, or one bought since."""
    at = who, handsets.position(end - 1)[who]
    planned_day, swap_day = handsets.first_day[at], handsets.swap_day[who]
    is_swapped = (swap_day < end) & (swap_day > planned_day)
    return Seen(
        model=np.where(is_swapped, BOUGHT_ON_LEAVING, handsets.model[at]),
        is_dual=handsets.is_dual[at] | is_swapped,
        lock=np.where(is_swapped, FREE, handsets.lock[at]),
        first_day=np.where(is_swapped, swap_day, planned_day),
    )
