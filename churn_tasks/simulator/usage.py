"""Call detail records of one month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.behaviour import data_share
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import DAY_S, HOUR_S
from churn_tasks.simulator.columns import coded, flags, whole
from churn_tasks.simulator.connections import (
    DATA,
    MMS,
    SMS,
    VOICE,
    Connections,
    Measures,
    measure,
)
from churn_tasks.simulator.peers import peers
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.state import MonthState

KINDS = ("10", "20", "21", "30")  # codes of voice, SMS, MMS and data
ACCESS_CODES = ("", "17909")  # the latter is a rival's carrier for long distance
TALK_SHARES = (0.74, 0.24, 0.02)  # voice, SMS and MMS of all that is no data
RECORDED_AFTER_S = (600, 2 * DAY_S)
RECORDS_A_MONTH = 1_000_000_000  # more than there ever are
MONTH_DAYS = 30  # for which the settings give the average number of records
AWAY_SHARE = 0.01  # share of the customers who use little in a month for no reason
USE_WHEN_AWAY = 0.35
# of a gamma distribution with mean 1: the use of a month varies by 16 %
MOOD_SHAPE = 40
# how common records are by hour of the day: before noon, and after
HOURS = np.array([
    2, 1, 1, 1, 1, 2, 5, 10, 16, 20, 21, 21,
    22, 18, 18, 19, 20, 22, 24, 25, 24, 20, 12, 5,
], dtype=float)  # fmt: skip


@dataclass(frozen=True)
class Usage:
    """The records, and what billing needs of them: fen by subscriber of the state and item."""

    records: pa.Table
    charges: dict[str, Array]


def month_usage(state: MonthState, pool: NumberPool) -> Usage:
    """All records of the month in order of time."""
    chance = state.chance("usage")
    made = _in_order_of_time(_draw(state, chance))
    n = len(made.at)
    peer = peers(state, made, pool, chance)
    measures = measure(state, made, chance)
    recorded = made.second + chance.between(RECORDED_AFTER_S, n)
    records = pa.table(
        {
            "rec_no": state.numbers(n, RECORDS_A_MONTH),
            "subs_id": state.subs_id[made.at],
            "start_tm": state.clock.stamps(made.second),
            "load_tm": state.clock.stamps(recorded),
            "biz_typ": coded(KINDS, made.kind),
            "opp_msisdn": pool.written(peer, chance),
            "opp_net": pool.networks_of(peer),
            "call_dir": flags(~measures.is_outgoing),
            "roam_flag": flags(measures.roams),
            "toll_flag": flags(measures.is_toll),
            "acc_code": coded(ACCESS_CODES, measures.by_rival_carrier.astype(int)),
            "dur_s": measures.duration_s,
            "vol_kb": measures.volume_kb,
            "fee_fen": measures.fee_fen,
        }
    )
    return Usage(records, _charges(len(state), made, measures))


def _draw(state: MonthState, chance: Chance) -> Connections:
    """Poisson numbers of each kind and slot around everybody's habit, mood and month."""
    numbers = np.stack(_numbers_of_records(state, chance))
    cells = np.repeat(np.arange(numbers.size), numbers.ravel())
    kind, at, slot = np.unravel_index(cells, numbers.shape)
    return Connections(at, slot, kind, _seconds(state, at, slot, chance))


def _numbers_of_records(state: MonthState, chance: Chance) -> list[Array]:
    """Number of records of each kind by customer and slot, shape (n, SLOTS) each."""
    base = _daily_use(state, chance)[:, None] * _days_present(state)
    usual = state.people.data_share[state.who]
    share = data_share(state.clock.settings, state.k, usual)[:, None]
    talk = base * (1 - share) * (1 - state.felt("voice"))
    data = base * share * (1 - state.felt("data"))
    numbers = [chance.poisson(talk * part) for part in TALK_SHARES]
    return [*numbers, chance.poisson(data)]


def _daily_use(state: MonthState, chance: Chance) -> Array:
    """Records a day that each customer would make in this month without distress."""
    n = len(state)
    mood = chance.gamma(MOOD_SHAPE, 1 / MOOD_SHAPE, n)
    is_away = chance.happens(AWAY_SHARE, n)
    mood *= np.where(is_away, USE_WHEN_AWAY, 1.0)
    season = codes.USE_SEASON[state.clock.month_of_year(state.k)]
    average = state.clock.settings.cdr_per_month / MONTH_DAYS * season
    return average * state.people.use[state.who] * mood


def _days_present(state: MonthState) -> Array:
    return (state.slot_end - state.slot_start).clip(min=0)


def _seconds(state: MonthState, at: Array, slot: Array, chance: Chance) -> Array:
    """Seconds of the local clock: any day of the slot, more by day than by night."""
    n = len(at)
    first = state.slot_start[at, slot]
    last = state.slot_end[at, slot] - 1
    day = chance.days_between(first, last)
    bounds = np.cumsum(HOURS / HOURS.sum())
    hour = np.searchsorted(bounds, chance.random(n), side="right")
    hour = hour.clip(max=len(HOURS) - 1)
    return day * DAY_S + hour * HOUR_S + chance.integers(0, HOUR_S, n)


def _in_order_of_time(made: Connections) -> Connections:
    return made.taken(np.argsort(made.second, kind="stable"))


def _charges(customers: int, made: Connections, measures: Measures) -> dict[str, Array]:
    """Fen by subscriber and item of the bill, so that bills agree with the records."""
    items = {"voice": VOICE, "sms": SMS, "mms": MMS, "data": DATA}
    charges = {}
    for name, kind in items.items():
        is_charged = (made.kind == kind) & ~measures.roams
        fee_fen = measures.fee_fen * is_charged
        charges[name] = whole(np.bincount(made.at, fee_fen, customers))
    fee_fen = measures.fee_fen * measures.roams
    charges["roaming"] = whole(np.bincount(made.at, fee_fen, customers))
    return charges
