"""Offers of sales and requests of customers, with the answers that come later."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.campaigns import offered
from churn_tasks.simulator.clock import DAY_S
from churn_tasks.simulator.columns import coded
from churn_tasks.simulator.desk import NO_ANSWER, Desk

OFFERS_A_MONTH = 0.1
OFFER_CHANNELS = {"C": 0.3, "M": 0.35, "A": 0.25, "S": 0.1}
OFFERED_FEN = (500, 1_000, 1_500, 2_000)
TAKEN, LESS_IN_DISTRESS = 0.25, 0.18  # share, and what full distress takes from it
DECIDED_SHARE = 0.85
DECIDED_AFTER_S = (60, 25 * DAY_S)
YES, NO, UNDECIDED = "Y", "N", "-"

REQUESTS_A_MONTH, REQUESTS_WITH_BROADBAND = 0.006, 0.01  # the latter is added
RELOCATIONS_A_MONTH = 0.5  # of those who move away, at full distress
RELOCATED_WITHOUT_BROADBAND = 0.3  # as a share of those who have it
RELOCATION = 0  # position in the next
REQUEST_CODES = ("R1", "R2", "R3", "R4")
REQUEST_SHARES = (0.2, 0.25, 0.25, 0.3)
ABOUT_THE_MOVE = 0.9  # share of the requests of those who move away
FAILED, FAILED_IN_DISTRESS = 0.2, 0.5  # share, and what full distress adds
SETTLED_AFTER_S = (DAY_S, 30 * DAY_S)


def month_offers(desk: Desk) -> pa.Table:
    """Sales proposes to one in ten; the distressed take less."""
    state, chance = desk.state, desk.chance
    at = desk.callers(np.full(len(state), OFFERS_A_MONTH))
    n, distress = len(at), state.peak[at]
    is_taken = chance.happens(TAKEN - LESS_IN_DISTRESS * distress, n)
    is_decided = chance.happens(DECIDED_SHARE, n)
    reply = np.where(is_taken, YES, NO)
    columns = {
        "camp_id": offered(state.k, distress, chance),
        "chnl_cd": chance.codes(OFFER_CHANNELS, n),
        "disc_fen": chance.choice(OFFERED_FEN, n),
        "reply_cd": np.where(is_decided, reply, UNDECIDED),
    }
    wait = chance.between(DECIDED_AFTER_S, n)
    wait = np.where(is_decided, wait, NO_ANSWER)
    return desk.answered_calls("offer_no", "offer_tm", at, columns, "reply_tm", wait)


def month_requests(desk: Desk) -> pa.Table:
    """Who moves asks for relocation; the rest ask for lines, bandwidth or tariffs now and then."""
    state, chance = desk.state, desk.chance
    moves_away = state.troubled_by("moving_away")
    has_broadband = state.people.has_broadband[state.who]
    usual = REQUESTS_A_MONTH + REQUESTS_WITH_BROADBAND * has_broadband
    moving = RELOCATIONS_A_MONTH * state.peak * moves_away
    at = desk.callers(usual + moving * (RELOCATED_WITHOUT_BROADBAND + has_broadband))
    n = len(at)
    is_relocation = moves_away[at] & chance.happens(ABOUT_THE_MOVE, n)
    anything = chance.choice(len(REQUEST_CODES), n, p=REQUEST_SHARES)
    kind = np.where(is_relocation, RELOCATION, anything)
    fails = chance.happens(FAILED + FAILED_IN_DISTRESS * state.peak[at], n)
    columns = {
        "req_cd": coded(REQUEST_CODES, kind),
        "result_cd": np.where(fails, NO, YES),
    }
    wait = chance.between(SETTLED_AFTER_S, n)
    return desk.answered_calls("req_no", "req_tm", at, columns, "result_tm", wait)
