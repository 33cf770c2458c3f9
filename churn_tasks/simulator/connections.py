"""Calls, messages and data connections: what kind they are, how long they take and what they cost."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator.chance import Array, Chance, LogNormal
from churn_tasks.simulator.columns import whole
from churn_tasks.simulator.parallel import Parallel
from churn_tasks.simulator.state import MonthState

VOICE, SMS, MMS, DATA = range(4)
ROAMING, ROAMING_WHEN_FELT = 0.02, 0.5  # share, and what an effect of 1 adds
TOLL, TOLL_WHEN_ROAMING = 0.15, 0.4
RIVAL_CARRIER = 0.01  # of the toll calls of those who do not use one anyway
RIVAL_CARRIER_LASTS = 4  # times as long, as it costs less
OUTGOING = 0.55
CALL_S = LogNormal(4.6, 1.0, least=3, most=7_200)
CONNECTION_KB = LogNormal(10.6, 1.3, least=10, most=5e7)
MINUTE_S, MB_KB = 60, 1_024
MINUTE_FEN, TOLL_MINUTE_FEN = 12, 20
SMS_FEN, MMS_FEN = 10, 30
ROAMING_PRICE = 2  # times the price
DEAREST_FEN = 5_000
INCLUDED, INCLUDED_A_PLAN = 0.25, 0.09  # share, and what each dearer tariff adds


@dataclass
class Connections(Parallel):
    """One entry a record.

    Attributes:
        at: position of the subscriber among the customers of the month.
        slot: stretch of the month.
        kind: ``VOICE``, ``SMS``, ``MMS`` or ``DATA``.
        second: of the local clock.
    """

    at: Array
    slot: Array
    kind: Array
    second: Array


@dataclass
class Measures(Parallel):
    """Flags, size and price of each record."""

    is_outgoing: Array
    roams: Array
    is_toll: Array
    by_rival_carrier: Array
    duration_s: Array
    volume_kb: Array
    fee_fen: Array


def measure(state: MonthState, made: Connections, chance: Chance) -> Measures:
    """Draw them for all records of a month."""
    n = len(made.at)
    is_data, is_voice = made.kind == DATA, made.kind == VOICE
    felt = state.felt("roam")[made.at, made.slot]
    roams = chance.happens(ROAMING + felt * ROAMING_WHEN_FELT, n)
    is_toll = ~is_data & chance.happens(TOLL + TOLL_WHEN_ROAMING * roams, n)
    uses_carrier = state.people.uses_rival_carrier[state.who][made.at]
    uses_carrier = uses_carrier | chance.happens(RIVAL_CARRIER, n)
    by_rival_carrier = is_voice & is_toll & uses_carrier
    duration_s = _durations(is_voice, chance)
    duration_s[by_rival_carrier] *= RIVAL_CARRIER_LASTS
    volume_kb = _volumes(is_data, chance)
    is_outgoing = is_data | chance.happens(OUTGOING, n)
    plan = state.people.plan[state.who][made.at]
    is_included = chance.happens(INCLUDED + INCLUDED_A_PLAN * plan, n)
    price_fen = _prices(made.kind, is_toll, duration_s, volume_kb)
    return Measures(
        is_outgoing=is_outgoing,
        roams=roams,
        is_toll=is_toll,
        by_rival_carrier=by_rival_carrier,
        duration_s=duration_s,
        volume_kb=volume_kb,
        fee_fen=_fees(price_fen, roams, ~is_outgoing | is_included),
    )


def _durations(is_voice: Array, chance: Chance) -> Array:
    """Seconds; 0 for what is no call."""
    seconds = chance.amounts(CALL_S, len(is_voice))
    return whole(np.where(is_voice, seconds, 0))


def _volumes(is_data: Array, chance: Chance) -> Array:
    """Kilobytes; 0 for what is no data connection."""
    volume_kb = chance.amounts(CONNECTION_KB, len(is_data))
    return whole(np.where(is_data, volume_kb, 0))


def _fees(price_fen: Array, roams: Array, is_free: Array) -> Array:
    """Fen that are charged: roaming is dearer, and never free."""
    dearer = price_fen * np.where(roams, ROAMING_PRICE, 1)
    charged = np.minimum(dearer, DEAREST_FEN)
    return whole(np.where(is_free & ~roams, 0, charged))


def _prices(kind: Array, is_toll: Array, duration_s: Array, volume_kb: Array) -> Array:
    """Fen before what is included: by the minute begun, by the message, three fen for ten full megabytes."""
    minutes = whole(np.ceil(duration_s / MINUTE_S))
    minute_fen = np.where(is_toll, TOLL_MINUTE_FEN, MINUTE_FEN)
    data_fen = volume_kb // MB_KB * 3 // 10
    return np.select(
        [kind == VOICE, kind == SMS, kind == MMS],
        [minutes * minute_fen, SMS_FEN, MMS_FEN],
        data_fen,
    )
