"""How much each fixed access was used in the month: broadband, telephone and television."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.chance import SPREAD_16, Array, Chance, LogNormal, settled
from churn_tasks.simulator.clock import moment
from churn_tasks.simulator.columns import small, whole
from churn_tasks.simulator.services import BROADBAND, SUSPENDED
from churn_tasks.simulator.state import MonthState

TELEPHONE, TELEVISION = "FIX", "TV"
ACCESSES = (BROADBAND, TELEPHONE, TELEVISION)
HOURS_A_MONTH = {BROADBAND: 220.0, TELEVISION: 70.0}  # with a session open
LONGEST_HOURS = 700
CALLS_S_A_MONTH = 2_400.0
RARE_SHARE, RARE_USE = 0.1, 0.02  # telephones that are hardly used
LOST_IN_DISTRESS = 0.3  # of the use; the rest of the household stays at home
LEAST_HABIT, HABIT_SPREAD = 0.35, 0.6  # share of the days on which an access is used
COUNTED_DAYS = 28
# how far a month lies from the usual
HOURS_SPREAD, CALLS_SPREAD = LogNormal(-0.08, 0.4), LogNormal(-0.3, 0.8)
DAYS_SPREAD = LogNormal(0, 0.25)


def month_fixed_use(state: MonthState, services: pa.Table) -> pa.Table:
    """One row an access held at the month's end; the broadband line carries what the services say it did.

    Args:
        services: the rows of ``srv_snap`` before dirt.
    """
    chance = state.chance("fixed")
    is_access = pc.is_in(services.column("srv_cd"), pa.array(ACCESSES))
    held = services.filter(is_access)
    kind = held.column("srv_cd").to_numpy()
    subs_id = held.column("subs_id").to_numpy()
    at = np.searchsorted(state.subs_id, subs_id)
    interest = _interest(state, at, held)
    hours = _hours(kind, interest, chance)
    calls_s = _calls(kind, interest, chance)
    is_used = hours + calls_s > 0
    days = _active_days(subs_id, interest, chance)
    is_telephone = kind == TELEPHONE
    summed = np.full(len(kind), moment(state.end + 1, 6))
    return pa.table(
        {
            "sum_dt": held.column("snap_dt"),
            "subs_id": held.column("subs_id"),
            "acc_typ": held.column("srv_cd"),
            "flow_mb": held.column("flow_mb"),
            "onl_min": _measured(hours * 60, ~is_telephone),
            "call_s": _measured(calls_s, is_telephone),
            "act_days": small(np.where(is_used, days, 0)),
            "rec_tm": state.clock.stamps(summed),
        }
    )


def _interest(state: MonthState, at: Array, held: pa.Table) -> Array:
    """How much of the usual use is left: less in distress, none of a suspended access."""
    status = held.column("sts_cd").to_numpy()
    lost = LOST_IN_DISTRESS * state.felt("data")[at].mean(axis=1)
    return np.where(status == SUSPENDED, 0, 1 - lost)


def _hours(kind: Array, interest: Array, chance: Chance) -> Array:
    """Hours with a session open; television runs less than broadband."""
    usual = np.zeros(len(kind))
    for access, hours in HOURS_A_MONTH.items():
        usual[kind == access] = hours
    used = usual * interest * chance.amounts(HOURS_SPREAD, len(kind))
    return np.minimum(used, LONGEST_HOURS)


def _calls(kind: Array, interest: Array, chance: Chance) -> Array:
    """Seconds of calls from a fixed telephone; every tenth is hardly used."""
    n = len(kind)
    usual = np.where(kind == TELEPHONE, CALLS_S_A_MONTH, 0.0)
    usual *= np.where(chance.happens(RARE_SHARE, n), RARE_USE, 1.0)
    return usual * interest * chance.amounts(CALLS_SPREAD, n)


def _active_days(subs_id: Array, interest: Array, chance: Chance) -> Array:
    """Days with some use, of an access that is used at all."""
    habit = LEAST_HABIT + HABIT_SPREAD * settled(subs_id, SPREAD_16)
    usual = habit * interest * chance.amounts(DAYS_SPREAD, len(habit))
    days = chance.binomial(COUNTED_DAYS, np.clip(usual, 0, 1))
    return np.clip(days, 1, COUNTED_DAYS)


def _measured(amount: Array, is_measured: Array) -> pa.Array:
    """Whole numbers, and nothing where the access has no such measure."""
    rounded = whole(np.rint(amount))
    return pa.array(rounded, mask=~is_measured)
