"""Call detail records of one month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.acquaintances import drawn, is_elsewhere
from churn_tasks.simulator.clock import DAY_S, Array, Clock
from churn_tasks.simulator.people import People
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.state import SLOTS, MonthState, felt

VOICE, SMS, MMS, DATA = "10", "20", "21", "30"
KINDS = np.array([VOICE, SMS, MMS, DATA])
HOURS = np.array(
    [
        2,
        1,
        1,
        1,
        1,
        2,
        5,
        10,
        16,
        20,
        21,
        21,
        22,
        18,
        18,
        19,
        20,
        22,
        24,
        25,
        24,
        20,
        12,
        5,
    ],
    dtype=float,
)
REC_NO_STEP = 1_000_000_000  # records of one month share the leading digits


@dataclass(frozen=True)
class Usage:
    """The records, and what billing needs of them: fen by subscriber of the state and item."""

    records: pa.Table
    charges: dict[str, Array]


def month_usage(
    clock: Clock, people: People, state: MonthState, pool: NumberPool
) -> Usage:
    """All records of the month in order of time."""
    chance = clock.chance("usage", state.k)
    at, slot, kind = _draw_records(clock, people, state, chance)
    seconds = _moments(state, at, slot, chance)
    order = np.argsort(seconds, kind="stable")
    at, slot, kind, seconds = at[order], slot[order], kind[order], seconds[order]
    peer = _peers(people, state, at, slot, kind == 3, pool, chance)
    columns, fee, roams = _measures(people, state, at, slot, kind, chance)
    records = {
        "rec_no": np.arange(len(at)) + (state.k + 1) * REC_NO_STEP,
        "subs_id": people.subs_id[state.who][at],
        "start_tm": clock.stamps(seconds),
        "load_tm": clock.stamps(seconds + chance.integers(600, 2 * DAY_S, len(at))),
        "biz_typ": pa.array(KINDS).take(pa.array(kind)),
        "opp_msisdn": pool.written(peer, chance),
        "opp_net": pa.array(pool.networks).take(pa.array(peer, mask=peer < 0)),
    }
    return Usage(pa.table(records | columns), _charges(state, at, kind, roams, fee))


def _measures(
    people: People,
    state: MonthState,
    at: Array,
    slot: Array,
    kind: Array,
    chance: np.random.Generator,
) -> tuple[dict[str, object], Array, Array]:
    """Direction, flags, size and price of each record; and apart from the columns, price and roaming for billing."""
    is_data, is_voice = kind == 3, kind == 0
    roams = chance.random(len(at)) < (0.02 + felt(state, "roam")[at, slot] * 0.5)
    toll = ~is_data & (chance.random(len(at)) < 0.15 + 0.4 * roams)
    rival = (
        is_voice
        & toll
        & (people.uses_rival_carrier[state.who][at] | (chance.random(len(at)) < 0.01))
    )
    duration = np.where(
        is_voice, np.clip(chance.lognormal(4.6, 1.0, len(at)), 3, 7200), 0
    ).astype(np.int64)
    duration = np.where(rival, duration * 4, duration)
    volume = np.where(
        is_data, np.clip(chance.lognormal(10.6, 1.3, len(at)), 10, 5e7), 0
    ).astype(np.int64)
    outgoing = is_data | (chance.random(len(at)) < 0.55)
    fee = _fees(
        kind,
        outgoing,
        roams,
        toll,
        duration,
        volume,
        people.plan[state.who][at],
        chance,
    )
    columns = {
        "call_dir": pa.array(["1", "0"]).take(pa.array(outgoing.astype(int))),
        "roam_flag": pa.array(["0", "1"]).take(pa.array(roams.astype(int))),
        "toll_flag": pa.array(["0", "1"]).take(pa.array(toll.astype(int))),
        "acc_code": pa.array(["", "17909"]).take(pa.array(rival.astype(int))),
        "dur_s": duration,
        "vol_kb": volume,
        "fee_fen": fee,
    }
    return columns, fee, roams


def _draw_records(
    clock: Clock, people: People, state: MonthState, chance: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Subscriber, slot and kind of each record: Poisson numbers around each one's habit, mood and month."""
    who = state.who
    days = (state.slot_end - state.slot_start).clip(min=0)
    mood = chance.gamma(40, 1 / 40, len(who)) * np.where(
        chance.random(len(who)) < 0.01, 0.35, 1.0
    )
    rate = (
        clock.settings.cdr_per_month
        / 30
        * codes.USE_SEASON[clock.month(state.k).number - 1]
    )
    base = (rate * people.use[who] * mood)[:, None] * days
    share = people.data_share[who][:, None]
    talk = base * (1 - share) * (1 - felt(state, "voice"))
    data = base * share * (1 - felt(state, "data"))
    numbers = np.concatenate(
        [chance.poisson(talk * part).ravel() for part in (0.74, 0.24, 0.02)]
    )
    numbers = np.concatenate([numbers, chance.poisson(data).ravel()])
    cells = np.repeat(np.arange(len(numbers)), numbers)
    kind, cell = np.divmod(cells, len(who) * SLOTS)
    at, slot = np.divmod(cell, SLOTS)
    return at, slot, kind


def _moments(
    state: MonthState, at: Array, slot: Array, chance: np.random.Generator
) -> Array:
    """Seconds of the local clock: any day of the slot, more by day than by night."""
    first, end = state.slot_start[at, slot], state.slot_end[at, slot]
    day = first + (chance.random(len(at)) * (end - first)).astype(np.int64)
    hour = np.searchsorted(
        np.cumsum(HOURS / HOURS.sum()), chance.random(len(at)), side="right"
    ).clip(max=23)
    return day * DAY_S + hour * 3600 + chance.integers(0, 3600, len(at))


def _peers(
    people: People,
    state: MonthState,
    at: Array,
    slot: Array,
    is_data: Array,
    pool: NumberPool,
    chance: np.random.Generator,
) -> Array:
    """Position of the other end in the pool; a circle of acquaintances shrinks in distress, rivals' hotlines appear."""
    me = people.circle_of[state.who[at]]
    shrunk = people.circle[me] * (1 - felt(state, "peers")[at, slot])
    friend = (shrunk.clip(min=1) * chance.random(len(at)) ** 1.6).astype(np.int64)
    mix = drawn(me, friend)
    outside = is_elsewhere(mix, people.off_net[me])
    outside |= chance.random(len(at)) < felt(state, "off_net")[at, slot]
    strangers = pool.service(codes.HOTLINE_OWN) - pool.subscribers
    peer = np.where(
        outside, pool.subscribers + (mix >> 12) % strangers, mix % pool.subscribers
    )
    peer = np.where(
        chance.random(len(at)) < 0.03, pool.service(codes.HOTLINE_OWN), peer
    )
    peer = np.where(chance.random(len(at)) < 0.02, pool.service(codes.BUSINESS), peer)
    calls = 0.0006 + 0.3 * felt(state, "hotline")[at, slot]
    asks_rival = chance.random(len(at)) < calls
    rival = np.where(
        chance.random(len(at)) < 0.6,
        pool.service(codes.HOTLINE_A),
        pool.service(codes.HOTLINE_B),
    )
    return np.where(is_data, -1, np.where(asks_rival, rival, peer))


def _fees(
    kind: Array,
    outgoing: Array,
    roams: Array,
    toll: Array,
    duration: Array,
    volume: Array,
    plan: Array,
    chance: np.random.Generator,
) -> Array:
    """Fen beyond what the tariff includes; dearer tariffs include more."""
    minutes = -(-duration // 60)
    price = np.select(
        [kind == 0, kind == 1, kind == 2],
        [
            minutes * np.where(toll, 20, 12),
            np.full(len(kind), 10),
            np.full(len(kind), 30),
        ],
        volume // 1024 * 3 // 10,
    )
    free = ~outgoing | (chance.random(len(kind)) < 0.25 + 0.09 * plan)
    return np.where(
        free & ~roams, 0, np.minimum(price * np.where(roams, 2, 1), 5000)
    ).astype(np.int64)


def _charges(
    state: MonthState, at: Array, kind: Array, roams: Array, fee: Array
) -> dict[str, Array]:
    """Fen by subscriber and item of the bill, so that bills agree with the records."""
    n = len(state)
    items = {"voice": kind == 0, "sms": kind == 1, "mms": kind == 2, "data": kind == 3}
    found = {
        name: np.bincount(at, fee * (mine & ~roams), n).astype(np.int64)
        for name, mine in items.items()
    }
    return found | {"roaming": np.bincount(at, fee * roams, n).astype(np.int64)}
