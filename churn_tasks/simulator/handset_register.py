"""The register of handsets seen on the network, as it stands at each month's end."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import DAY_S, NEVER, Array, Clock, dates
from churn_tasks.simulator.handsets import FREE, MODELS, Handsets
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState

UNKNOWN_SHARE = 0.03  # handsets that the network does not recognise: no row
SWAP_CHANCE = (
    0.12  # a month at full distress, of those whom a rival or a free hand draws away
)
BOUGHT_ON_LEAVING = 10  # position in MODELS


def month_handsets(
    clock: Clock, people: People, state: MonthState, handsets: Handsets
) -> pa.Table:
    """The handset seen on each line at the month's end. Who leaves for a rival has often bought one before."""
    chance = clock.chance("handset", state.k)
    drawn = np.isin(
        state.cause,
        [codes.CAUSE_NUMBER["competitor"], codes.CAUSE_NUMBER["contract_end"]],
    )
    swaps = (chance.random(len(state)) < SWAP_CHANCE * state.peak * drawn) & (
        handsets.swap_day[state.who] == NEVER
    )
    bought = chance.integers(state.start, state.end, len(state))
    handsets.swap_day[state.who] = np.where(swaps, bought, handsets.swap_day[state.who])
    unknown = (people.subs_id * 2_654_435_761 + 97) % 9_973 / 9_973 < UNKNOWN_SHARE
    who = state.who[~state.leaves_before_end & ~unknown[state.who]]
    return _rows(clock, people, state, handsets, who)


def _rows(
    clock: Clock, people: People, state: MonthState, handsets: Handsets, who: Array
) -> pa.Table:
    planned = who, handsets.position(state.end - 1)[who]
    swapped = (handsets.swap_day[who] < state.end) & (
        handsets.swap_day[who] > handsets.first_day[planned]
    )
    models = [
        MODELS[number]
        for number in np.where(
            swapped, BOUGHT_ON_LEAVING, handsets.model[planned]
        ).tolist()
    ]
    is_dual = swapped | handsets.is_dual[planned]
    first = np.where(swapped, handsets.swap_day[who], handsets.first_day[planned])
    return pa.table(
        {
            "snap_dt": dates(np.full(len(who), state.end - 1)),
            "subs_id": people.subs_id[who],
            "mfr_nm": pa.array([model.maker for model in models], pa.string()),
            "model_nm": pa.array([model.name for model in models], pa.string()),
            "gen_cd": pa.array(
                [str(model.generation) for model in models], pa.string()
            ),
            "smart_flag": pa.array(
                ["1" if model.is_smart else "0" for model in models], pa.string()
            ),
            "sim_cnt": (1 + is_dual).astype(np.int32),
            "lock_cd": pa.array(np.where(swapped, FREE, handsets.lock[planned])),
            "price_fen": np.array(
                [model.price_cny * 100 for model in models], dtype=np.int64
            ),
            "first_dt": dates(first),
            "rec_tm": clock.stamps(np.full(len(who), state.end * DAY_S + 5 * 3600)),
        }
    )
