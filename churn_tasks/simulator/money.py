"""Payments, recharges, balances and debts; what is owed or left is carried from month to month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import DAY_S, HOUR_S, NEVER, Clock
from churn_tasks.simulator.columns import dates, small, whole
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState

DUE_DAY = 24  # days after the first of the next month until which a bill may be paid
EARLIEST_DAYS = 20  # before the due day
LATE_IN_DISTRESS = 0.9  # weighs the effect of distress on paying late
SKIPPED_SHARE = 0.55  # of the late: not paid in this month at all
CHANNEL_SHARES = {"01": 0.55, "02": 0.2, "03": 0.15, "04": 0.1}
PAID_BETWEEN_S = (7 * HOUR_S, 23 * HOUR_S)
RECORDED_AFTER_S = (60, 2 * DAY_S)
RECEIPTS_A_MONTH = 100_000_000  # more than there ever are
# all in fen
FIRST_BALANCES = (500, 12_000)
WANTED_BALANCES = (500, 4_000)  # after the bill: who has less fills up
FILLED_BEYOND = (0, 3_000)  # what is missing
TOPUPS = np.array([1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000])
LOWEST_BALANCE = -500  # the line is barred below that
CARELESS_SHARE = 0.03  # who lets the money run out in any month


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
    first_balance = clock.chance("accounts").between(FIRST_BALANCES, n)
    is_billed = people.is_postpaid & (people.join_day < clock.start(0))
    return Accounts(
        balance=np.where(people.is_postpaid, 0, first_balance),
        last_bill=np.where(is_billed, codes.PLAN_FEES[people.plan], 0),
        debt=np.zeros(n, dtype=int),
        debt_due=np.full(n, NEVER),
    )


def month_money(
    state: MonthState, accounts: Accounts, bill_total: Array
) -> dict[str, pa.Table]:
    """Rows of the month; the accounts move on to its end.

    Args:
        bill_total: fen of the month's bill of each customer of the state.
    """
    chance = state.chance("money")
    tables = {
        "pay_log": _payments(state, accounts, chance),
        "topup_log": _topups(state, accounts, bill_total, chance),
        "bal_snap": _balances(state, accounts),
        "owe_snap": _debts(state, accounts),
    }
    is_postpaid = state.people.is_postpaid[state.who]
    to_pay = np.where(is_postpaid, bill_total.clip(min=0), 0)
    accounts.last_bill[state.who] = to_pay
    return tables


def _payments(state: MonthState, accounts: Accounts, chance: Chance) -> pa.Table:
    """Last month's bill and older debt, paid in time, late, or not in this month at all."""
    who = state.who
    last_bill = accounts.last_bill[who]
    owing = last_bill + accounts.debt[who]
    bill_due = np.where(last_bill > 0, state.start + DUE_DAY, NEVER)
    due = np.minimum(accounts.debt_due[who], bill_due)
    day, skips = _payment_days(state, chance)
    owes = owing > 0
    pays = owes & ~skips & (day <= state.last_day)
    stays_unpaid = owes & ~pays
    accounts.debt[who] = np.where(stays_unpaid, owing, 0)
    accounts.debt_due[who] = np.where(stays_unpaid, due, NEVER)
    at = np.flatnonzero(pays)
    last_cycle = state.clock.cycle(state.k - 1)
    bill = {
        "cycle_id": small(np.full(len(at), last_cycle)),
        "due_dt": dates(due[at]),
    }
    return _receipts(state, "pay", at, day[at], owing[at], bill, chance)


def _payment_days(state: MonthState, chance: Chance) -> tuple[Array, Array]:
    """The day on which each would pay, and whether the month goes by without a payment."""
    n = len(state)
    due_day = state.start + DUE_DAY
    sloppiness = state.people.payment_sloppiness[state.who]
    distressed = LATE_IN_DISTRESS * state.felt_at_peak("late")
    is_late = chance.happens(np.maximum(sloppiness, distressed), n)
    in_time = due_day - whole(chance.beta(2, 2, n) * EARLIEST_DAYS)
    days_left = state.end - due_day - 1
    late = due_day + 1 + whole(chance.random(n) * days_left)
    skips = is_late & chance.happens(SKIPPED_SHARE, n)
    return np.where(is_late, late, in_time), skips


def _receipts(
    state: MonthState,
    kind: str,
    at: Array,
    day: Array,
    amount: Array,
    bill: dict[str, object],
    chance: Chance,
) -> pa.Table:
    """Rows of money received.

    Args:
        kind: begins the names of the columns with number and moment.
        at: positions of those who pay, each on its ``day``.
        bill: columns that say what is paid.
    """
    n = len(at)
    second = day * DAY_S + chance.between(PAID_BETWEEN_S, n)
    recorded = second + chance.between(RECORDED_AFTER_S, n)
    return pa.table(
        {
            f"{kind}_no": state.numbers(n, RECEIPTS_A_MONTH),
            "subs_id": state.subs_id[at],
            f"{kind}_tm": state.clock.stamps(second),
            "rec_tm": state.clock.stamps(recorded),
            **bill,
            "amt_fen": whole(amount),
            "chnl_cd": chance.codes(CHANNEL_SHARES, n),
        }
    )


def _topups(
    state: MonthState, accounts: Accounts, bill_total: Array, chance: Chance
) -> pa.Table:
    """Prepaid customers fill up before the money runs out, unless they no longer care to."""
    who, n = state.who, len(state)
    is_prepaid = ~state.people.is_postpaid[who]
    after_bill = accounts.balance[who] - bill_total
    distressed = state.felt_at_peak("no_topup")
    is_careless = chance.happens(np.maximum(CARELESS_SHARE, distressed), n)
    wanted = chance.between(WANTED_BALANCES, n)
    missing = (wanted - after_bill).clip(min=0)
    amount = _topup_amounts(missing + chance.between(FILLED_BEYOND, n))
    fills_up = is_prepaid & (missing > 0) & ~is_careless
    left = after_bill + np.where(fills_up, amount, 0)
    left = np.maximum(left, LOWEST_BALANCE)
    accounts.balance[who] = np.where(is_prepaid, left, 0)
    at = np.flatnonzero(fills_up)
    first, last = state.first_day[at], state.last_day[at]
    day = chance.days_between(first, np.maximum(first, last))
    return _receipts(state, "topup", at, day, amount[at], {}, chance)


def _topup_amounts(wanted: Array) -> Array:
    """The smallest card that is enough, or the largest there is."""
    at = np.searchsorted(TOPUPS, wanted)
    return TOPUPS[at.clip(max=len(TOPUPS) - 1)]


def _balances(state: MonthState, accounts: Accounts) -> pa.Table:
    """Money left at the month's end, for everybody who is still there."""
    who = state.who[state.staying]
    return pa.table(
        {
            "snap_dt": state.last_date(len(who)),
            "subs_id": state.people.subs_id[who],
            "bal_fen": whole(accounts.balance[who]),
            "rec_tm": state.stamp_after(3, len(who)),
        }
    )


def _debts(state: MonthState, accounts: Accounts) -> pa.Table:
    """Unpaid bills past their due day at the month's end."""
    debt = accounts.debt[state.who]
    due = accounts.debt_due[state.who]
    at = np.flatnonzero((debt > 0) & (due < state.end))
    return pa.table(
        {
            "snap_dt": state.last_date(len(at)),
            "subs_id": state.subs_id[at],
            "owe_fen": whole(debt[at]),
            "owe_days": small(state.end - 1 - due[at]),
            "rec_tm": state.stamp_after(3, len(at)),
        }
    )
