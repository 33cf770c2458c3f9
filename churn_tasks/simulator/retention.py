"""Contacts of retention staff, and the requests of those who take their number to a rival."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.causes import by_cause
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import within
from churn_tasks.simulator.columns import coded, flags
from churn_tasks.simulator.desk import Desk
from churn_tasks.simulator.lives import Contacts, Lives
from churn_tasks.simulator.state import MonthState

CONTACT_CHANNELS = {"C": 0.7, "V": 0.1, "M": 0.1, "S": 0.1}
REPLY_CODES = ("-", "1", "2", "3")  # none, stays, undecided, leaves

PORTED_SHARES = {  # of those who leave for this cause; of the others nobody ports
    "competitor": 0.7,
    "price": 0.4,
    "contract_end": 0.4,
    "network": 0.3,
    "service": 0.3,
}
BACKS_OUT = 0.03  # who stays asks as well: weighs the effect on a rival's hotline
BACKS_OUT_WITHIN_DAYS = 28  # of the month
ASKED_BEFORE_DAYS = (1, 10)  # leaving
PORTED = 0.85  # share of the requests that succeed


def month_contacts(desk: Desk, contacts: Contacts, leave_day: Array) -> pa.Table:
    """The planned contacts that fall into the month, with people who are still there."""
    state, people = desk.state, desk.state.people
    is_due = within(contacts.day, state.start, state.end)
    has_joined = people.join_day[contacts.who] <= contacts.day
    is_there = has_joined & (leave_day[contacts.who] > contacts.day)
    made = contacts.taken(is_due & is_there)
    second = desk.opening_hours(made.day)
    subs_id = people.subs_id[made.who]
    entries = desk.entries("contact_no", "contact_tm", subs_id, second)
    channel = desk.chance.codes(CONTACT_CHANNELS, len(second))
    columns = {
        "chnl_cd": channel,
        "reach_flag": flags(made.reached),
        "reply_cd": coded(REPLY_CODES, made.response),
    }
    return pa.table(entries | columns)


def month_porting(desk: Desk, lives: Lives) -> pa.Table:
    """Many who leave for a rival ask to take the number along, days before; those without signs on the day itself."""
    state, chance = desk.state, desk.chance
    n = len(state)
    leave_day = lives.leave_day[state.who]
    willing = by_cause(PORTED_SHARES, 0)[lives.cause[state.who]]
    leaves, stays = leave_day < state.end, leave_day > state.end
    ports = leaves & chance.happens(willing, n)
    hesitating = BACKS_OUT * state.felt_at_peak("hotline")
    backs_out = stays & chance.happens(hesitating, n)
    at = np.flatnonzero(ports | backs_out)
    day = _days_of_request(state, lives, at, ports[at], chance)
    second = desk.opening_hours(day)
    entries = desk.entries("np_no", "req_tm", state.subs_id[at], second)
    columns = {
        "to_net": chance.codes(codes.RIVAL_SHARES, len(at)),
        "ok_flag": flags(chance.happens(PORTED, len(at))),
    }
    return pa.table(entries | columns)


def _days_of_request(
    state: MonthState, lives: Lives, at: Array, ports: Array, chance: Chance
) -> Array:
    """Before leaving for those who do; any day of the month for those who back out."""
    who, n = state.who[at], len(at)
    ahead = chance.between(ASKED_BEFORE_DAYS, n)
    ahead = np.where(lives.shown_signs[who], ahead, 0)
    any_day = state.start + chance.integers(0, BACKS_OUT_WITHIN_DAYS, n)
    day = np.where(ports, lives.leave_day[who] - ahead, any_day)
    earliest = np.maximum(state.start, state.people.join_day[who])
    return np.clip(day, earliest, state.end - 1)
