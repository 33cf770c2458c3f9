"""The month-end states of services, and of the buildings behind broadband."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.chance import SPREAD_16, SPREAD_32, Array, LogNormal, settled
from churn_tasks.simulator.clock import NEVER
from churn_tasks.simulator.columns import dates, repeated, small, whole
from churn_tasks.simulator.master import Books
from churn_tasks.simulator.state import MonthState

ACTIVE, SUSPENDED = "A", "S"
BROADBAND, BROADBAND_FEN = "BB", 3_000
SUSPENDED_SHARE = 0.006
SUSPENDED_ABOVE = 0.5  # distress of those who move away
TRAFFIC_MB = LogNormal(10.5, 0.7)  # a month
TRAFFIC_LOST = 0.6  # share at an effect of 1; the rest of the household stays at home
RIVAL_ENTERS, RIVAL_ENTERS_WHEN_FELT = (
    0.004,
    0.2,
)  # a month, and what distress of 1 adds
DEMOLISHED, DEMOLISHED_WHEN_FELT = 0.001, 0.1
DEMOLISHED_AFTER_DAYS = (30, 200)
SECOND_OPERATOR_PCT, THIRD_OPERATOR_PCT = 45, 15  # of the dwellings, from the start


class Extra(NamedTuple):
    """A further service: its code, the share of the customers who hold it, and its monthly fee."""

    code: str
    share: float
    fee_fen: int


EXTRAS = (
    Extra("FIX", 0.15, 1_500),
    Extra("TV", 0.12, 1_000),
    Extra("CLD", 0.08, 600),
    Extra("RBT", 0.20, 300),
    Extra("RPK", 0.04, 1_000),
)


def month_services(state: MonthState) -> pa.Table:
    """Services held at the month's end."""
    parts = [_broadband(state)]
    for number, extra in enumerate(EXTRAS):
        parts.append(_extra(state, number, extra))
    return pa.concat_tables(parts)


def _broadband(state: MonthState) -> pa.Table:
    """Suspended for a few, and for those who move away."""
    chance = state.chance("services")
    at = _with_broadband(state)
    n = len(at)
    moves = state.troubled_by("moving_away") & (state.peak > SUSPENDED_ABOVE)
    is_suspended = moves[at] | chance.happens(SUSPENDED_SHARE, n)
    lost = TRAFFIC_LOST * state.felt("data")[at].mean(axis=1)
    traffic_mb = chance.amounts(TRAFFIC_MB, n) * (1 - lost)
    traffic_mb = whole(np.where(is_suspended, 0, traffic_mb))
    status = np.where(is_suspended, SUSPENDED, ACTIVE)
    return _rows(state, at, BROADBAND, status, BROADBAND_FEN, traffic_mb)


def _with_broadband(state: MonthState) -> Array:
    """Positions of those who are there at the month's end and have broadband."""
    has_broadband = state.people.has_broadband[state.who]
    return state.staying[has_broadband[state.staying]]


def _extra(state: MonthState, number: int, extra: Extra) -> pa.Table:
    """The same customers hold it month after month; it carries no traffic."""
    trait = settled(state.subs_id, SPREAD_32, number * SPREAD_16)
    is_held = (trait < extra.share) & ~state.leaves_before_end
    at = np.flatnonzero(is_held)
    status = repeated(ACTIVE, len(at))
    no_traffic = pa.nulls(len(at), pa.int64())
    return _rows(state, at, extra.code, status, extra.fee_fen, no_traffic)


def _rows(
    state: MonthState,
    at: Array,
    code: str,
    status: pa.Array | Array,
    fee_fen: int,
    traffic_mb: pa.Array | Array,
) -> pa.Table:
    """One row for each customer at these positions of the state."""
    n = len(at)
    return pa.table(
        {
            "snap_dt": state.last_date(n),
            "subs_id": state.subs_id[at],
            "srv_cd": repeated(code, n),
            "sts_cd": status,
            "open_dt": dates(state.people.join_day[state.who[at]]),
            "fee_fen": np.full(n, fee_fen),
            "flow_mb": traffic_mb,
            "rec_tm": state.stamp_after(4, n),
        }
    )


def month_premises(state: MonthState, books: Books) -> pa.Table:
    """Buildings behind broadband: a rival's line that appears stays, a demolition once planned stays planned."""
    at = _with_broadband(state)
    who, n = state.who[at], len(at)
    _build(state, at, books)
    operators = _operators_before(state.people.home[who]) + books.rival_entered[who]
    return pa.table(
        {
            "snap_dt": state.last_date(n),
            "subs_id": state.subs_id[at],
            "oper_cnt": small(operators),
            "demol_dt": dates(books.demolition_day[who]),
            "rec_tm": state.stamp_after(4, n),
        }
    )


def _build(state: MonthState, at: Array, books: Books) -> None:
    """Rivals enter buildings and demolitions are planned, more often behind those whom it troubles."""
    chance = state.chance("premises")
    who, n = state.who[at], len(at)
    rival = (state.troubled_by("competitor") * state.peak)[at]
    moving = (state.troubled_by("moving_away") * state.peak)[at]
    enters = chance.happens(RIVAL_ENTERS + RIVAL_ENTERS_WHEN_FELT * rival, n)
    books.rival_entered[who] |= enters
    is_planned = chance.happens(DEMOLISHED + DEMOLISHED_WHEN_FELT * moving, n)
    is_planned &= books.demolition_day[who] == NEVER
    day = state.end + chance.between(DEMOLISHED_AFTER_DAYS, n)
    books.demolition_day[who[is_planned]] = day[is_planned]


def _operators_before(home: Array) -> Array:
    """Operators with a line to each dwelling at the start, one to three."""
    has_second = home * 7_919 % 100 < SECOND_OPERATOR_PCT
    has_third = home * 104_729 % 100 < THIRD_OPERATOR_PCT
    return 1 + has_second + has_third
