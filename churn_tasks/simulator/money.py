"""Payments, recharges, balances and debts; what is owed or left is carried from month to month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import DAY_S, NEVER, Array, Clock, dates
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState, felt_at_peak

DUE_DAY = 24  # days after the first of the next month until which a bill may be paid
CHANNELS = np.array(["01", "02", "03", "04"])
TOPUPS = np.array([1000, 2000, 3000, 5000, 10000, 20000, 30000])


@dataclass
class Accounts:
    """Fen by subscriber, carried forward: prepaid money left, the last bill, and older debt with its due day."""

    balance: Array
    last_bill: Array
    debt: Array
    debt_due: Array


def open_accounts(clock: Clock, people: People) -> Accounts:
    """Accounts as they stand before the first month."""
    n = len(people)
    chance = clock.chance("accounts")
    balance = np.where(people.is_postpaid, 0, chance.integers(500, 12_000, n))
    last_bill = np.where(
        people.is_postpaid & (people.join_day < clock.start(0)),
        codes.PLAN_FEES[people.plan],
        0,
    )
    return Accounts(balance, last_bill, np.zeros(n, int), np.full(n, NEVER))


def month_money(
    clock: Clock,
    people: People,
    state: MonthState,
    accounts: Accounts,
    bill_total: Array,
) -> dict[str, pa.Table]:
    """Rows of the month; the accounts move on to its end."""
    chance = clock.chance("money", state.k)
    made = {
        "pay_log": _payments(clock, people, state, accounts, chance),
        "topup_log": _topups(clock, people, state, accounts, bill_total, chance),
        "bal_snap": _balances(clock, people, state, accounts),
        "owe_snap": _debts(clock, people, state, accounts),
    }
    accounts.last_bill[state.who] = np.where(
        people.is_postpaid[state.who], bill_total.clip(min=0), 0
    )
    return made


def _payments(
    clock: Clock,
    people: People,
    state: MonthState,
    accounts: Accounts,
    chance: np.random.Generator,
) -> pa.Table:
    """Last month's bill and older debt, paid in time, late, or not in this month at all."""
    who = state.who
    owing = accounts.last_bill[who] + accounts.debt[who]
    day, skips = _payment_days(people, state, chance)
    pays = (owing > 0) & ~skips & (day <= state.last_day)
    unpaid = (owing > 0) & ~pays
    due = np.minimum(
        accounts.debt_due[who],
        np.where(accounts.last_bill[who] > 0, state.start + DUE_DAY, NEVER),
    )
    accounts.debt[who] = np.where(unpaid, owing, 0)
    accounts.debt_due[who] = np.where(unpaid, due, NEVER)
    at = np.flatnonzero(pays)
    before = clock.month(state.k - 1)
    own = {
        "cycle_id": np.full(len(at), before.year * 100 + before.number, dtype=np.int32),
        "due_dt": dates(due[at]),
    }
    return _receipts(
        clock, people, state, ("pay_no", "pay_tm"), at, day[at], owing[at], own, chance
    )


def _payment_days(
    people: People, state: MonthState, chance: np.random.Generator
) -> tuple[Array, Array]:
    """The day on which each would pay, and whether the month goes by without a payment."""
    n, due_day = len(state), state.start + DUE_DAY
    sloppy = np.maximum(
        people.payment_sloppiness[state.who], 0.9 * felt_at_peak(state, "late")
    )
    late = chance.random(n) < sloppy
    in_time = due_day - (chance.beta(2, 2, n) * 20).astype(int)
    after = due_day + 1 + (chance.random(n) * (state.end - due_day - 1)).astype(int)
    return np.where(late, after, in_time), late & (chance.random(n) < 0.55)


def _receipts(
    clock: Clock,
    people: People,
    state: MonthState,
    names: tuple[str, str],
    at: Array,
    day: Array,
    amount: Array,
    own: dict[str, object],
    chance: np.random.Generator,
) -> pa.Table:
    """Rows of money received; ``names`` are those of the number and the moment, ``own`` further columns."""
    moment = day * DAY_S + chance.integers(7 * 3600, 23 * 3600, len(at))
    return pa.table(
        {
            names[0]: np.arange(len(at)) + (state.k + 1) * 100_000_000,
            "subs_id": people.subs_id[state.who][at],
            names[1]: clock.stamps(moment),
            "rec_tm": clock.stamps(moment + chance.integers(60, 2 * DAY_S, len(at))),
            **own,
            "amt_fen": amount.astype(np.int64),
            "chnl_cd": pa.array(
                chance.choice(CHANNELS, len(at), p=[0.55, 0.2, 0.15, 0.1])
            ),
        }
    )


def _topups(
    clock: Clock,
    people: People,
    state: MonthState,
    accounts: Accounts,
    bill_total: Array,
    chance: np.random.Generator,
) -> pa.Table:
    """Prepaid customers fill up before the money runs out, unless they no longer care to."""
    who = state.who
    prepaid = ~people.is_postpaid[who]
    after_bill = accounts.balance[who] - bill_total
    careless = chance.random(len(who)) < np.maximum(
        0.03, felt_at_peak(state, "no_topup")
    )
    short = (chance.integers(500, 4000, len(who)) - after_bill).clip(min=0)
    chosen = TOPUPS[
        np.searchsorted(TOPUPS, short + chance.integers(0, 3000, len(who))).clip(
            max=len(TOPUPS) - 1
        )
    ]
    fills = prepaid & (short > 0) & ~careless
    left = np.maximum(
        after_bill + np.where(fills, chosen, 0), -500
    )  # the line is barred below that
    accounts.balance[who] = np.where(prepaid, left, 0)
    at = np.flatnonzero(fills)
    first = state.slot_start[at, 0]
    length = (state.last_day[at] - first).clip(min=0)
    day = first + (chance.random(len(at)) * (length + 1)).astype(int)
    return _receipts(
        clock, people, state, ("topup_no", "topup_tm"), at, day, chosen[at], {}, chance
    )


def _balances(
    clock: Clock, people: People, state: MonthState, accounts: Accounts
) -> pa.Table:
    """Money left at the month's end, for everybody who is still there."""
    who = state.who[~state.leaves_before_end]
    return pa.table(
        {
            "snap_dt": dates(np.full(len(who), state.end - 1)),
            "subs_id": people.subs_id[who],
            "bal_fen": accounts.balance[who].astype(np.int64),
            "rec_tm": clock.stamps(np.full(len(who), state.end * DAY_S + 3 * 3600)),
        }
    )


def _debts(
    clock: Clock, people: People, state: MonthState, accounts: Accounts
) -> pa.Table:
    """Unpaid bills past their due day at the month's end."""
    who = state.who
    who = who[(accounts.debt[who] > 0) & (accounts.debt_due[who] < state.end)]
    return pa.table(
        {
            "snap_dt": dates(np.full(len(who), state.end - 1)),
            "subs_id": people.subs_id[who],
            "owe_fen": accounts.debt[who].astype(np.int64),
            "owe_days": (state.end - 1 - accounts.debt_due[who]).astype(np.int32),
            "rec_tm": clock.stamps(np.full(len(who), state.end * DAY_S + 3 * 3600)),
        }
    )
