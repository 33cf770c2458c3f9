"""Faults, complaints and surveys; distress makes more of them, and worse answers."""

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.causes import by_cause
from churn_tasks.simulator.chance import Array, Chance, LogNormal
from churn_tasks.simulator.clock import DAY_S, HOUR_S
from churn_tasks.simulator.columns import coded, small, whole
from churn_tasks.simulator.complaint_words import complaint_texts
from churn_tasks.simulator.desk import NO_ANSWER, Desk

FAULTS_A_MONTH = 0.035  # without distress, as all of these
FAULT_SHARES = {"F1": 0.3, "F2": 0.3, "F3": 0.15, "F4": 0.15, "F5": 0.1}
REPAIR_HOURS = LogNormal(3.2, 1.1, least=1, most=1_200)

COMPLAINTS_A_MONTH = 0.012
PRICE, NETWORK, SERVICE, BILL, PORTING = range(5)  # subjects of complaints
SUBJECT_CODES = ("C1", "C2", "C3", "C4", "C5")
SUBJECT_SHARES = (0.3, 0.25, 0.2, 0.22, 0.03)
SUBJECT_OF_CAUSE = {
    "price": PRICE,
    "network": NETWORK,
    "service": SERVICE,
    "arrears": BILL,
    "competitor": PORTING,
    "contract_end": PRICE,
}
NO_SUBJECT = -1
ABOUT_THE_CAUSE = 0.7  # share of the complaints of the distressed
COMPLAINT_CHANNELS = {"H": 0.6, "A": 0.2, "S": 0.15, "R": 0.05}
TEMPTATIONS = ("price", "competitor", "contract_end")  # another operator draws away
UNASKED, CONTENT, RESIGNED, DISCONTENT = range(4)  # how the answer was taken
OUTCOME_CODES = ("0", "1", "2", "3")
DISCONTENT_SHARE, NOT_CONTENT_SHARE = 0.15, 0.42
WORSE_IN_DISTRESS = 0.4  # added to both at full distress
ASKED_SHARE = 0.9
ASKED_AFTER_S = (3 * DAY_S, 45 * DAY_S)

SURVEYS_A_MONTH = 0.07
NPS_SHARE = 0.4
USUAL_SCORE, SCORE_SPREAD = 4.2, 0.8  # on the scale from 1 to 5
NPS_A_POINT = 2.5  # from 1 to 5 onto 0 to 10


def month_faults(desk: Desk) -> pa.Table:
    """Mostly about coverage and speed; repaired in hours or weeks."""
    chance = desk.chance
    at = desk.callers(FAULTS_A_MONTH + desk.state.felt_at_peak("faults"))
    n = len(at)
    hours = whole(chance.amounts(REPAIR_HOURS, n))
    columns = {
        "fault_cd": chance.codes(FAULT_SHARES, n),
        "fix_hours": hours,
    }
    return desk.answered_calls(
        "ticket_no", "report_tm", at, columns, "fix_tm", hours * HOUR_S
    )


def month_complaints(desk: Desk) -> pa.Table:
    """The call back that asks how the answer was taken comes three days to seven weeks later, or never."""
    state, chance = desk.state, desk.chance
    at = desk.callers(COMPLAINTS_A_MONTH + state.felt_at_peak("complaints"))
    n, distress = len(at), state.peak[at]
    is_tempted = state.troubled_by(*TEMPTATIONS)[at]
    subject = _subjects(state.cause[at], chance)
    channel = chance.codes(COMPLAINT_CHANNELS, n)
    outcome = _outcomes(distress, chance)
    wait = chance.between(ASKED_AFTER_S, n)
    is_asked = chance.happens(ASKED_SHARE, n)
    words = state.chance("complaint words")
    columns = {
        "cmplt_cd": coded(SUBJECT_CODES, subject),
        "chnl_cd": channel,
        "content": complaint_texts(subject, distress, is_tempted, words),
        "result_cd": coded(OUTCOME_CODES, np.where(is_asked, outcome, UNASKED)),
    }
    wait = np.where(is_asked, wait, NO_ANSWER)
    return desk.answered_calls("ticket_no", "cmplt_tm", at, columns, "visit_tm", wait)


def _subjects(cause: Array, chance: Chance) -> Array:
    """Mostly what troubles the customer, else anything."""
    troubled = by_cause(SUBJECT_OF_CAUSE, NO_SUBJECT)[cause]
    n = len(cause)
    anything = chance.choice(len(SUBJECT_CODES), n, p=SUBJECT_SHARES)
    is_about_it = chance.happens(ABOUT_THE_CAUSE, n) & (troubled != NO_SUBJECT)
    return np.where(is_about_it, troubled, anything)


def _outcomes(distress: Array, chance: Chance) -> Array:
    """How each answer was taken; worse in distress."""
    draw = chance.random(len(distress))
    worse = WORSE_IN_DISTRESS * distress
    is_discontent = draw < DISCONTENT_SHARE + worse
    is_not_content = draw < NOT_CONTENT_SHARE + worse
    return np.select([is_discontent, is_not_content], [DISCONTENT, RESIGNED], CONTENT)


def month_surveys(desk: Desk) -> pa.Table:
    """CSAT from 1 to 5 and NPS from 0 to 10, lower in distress."""
    state, chance = desk.state, desk.chance
    at = desk.callers(np.full(len(state), SURVEYS_A_MONTH))
    n = len(at)
    lost = state.felt_at_peak("survey")[at]
    level = USUAL_SCORE - lost + chance.normal(0, SCORE_SPREAD, n)
    csat = np.clip(np.rint(level), 1, 5)
    recommends = (level - 1) * NPS_A_POINT
    nps = np.clip(np.rint(recommends), 0, 10)
    is_nps = chance.happens(NPS_SHARE, n)
    columns = {
        "survey_typ": np.where(is_nps, "NPS", "CSAT"),
        "score": small(np.where(is_nps, nps, csat)),
    }
    return desk.calls("answer_no", "answer_tm", at, columns)
