"""Contacts of retention staff while lives are planned: some keep a leaver, some drive a stayer away."""

import numpy as np

from churn_tasks.simulator.causes import CAUSE_NUMBER
from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.clock import NEVER
from churn_tasks.simulator.lives import (
    HELPS,
    HURTS,
    NO_REPLY,
    UNDECIDED,
    WILL_LEAVE,
    WILL_STAY,
    Contacts,
    Episodes,
    PlannedMonth,
)

REACHED_SHARE = 0.75
LEAVERS_CALLED, FALSE_ALARMS_CALLED = 0.25, 0.2  # of those with signs
CALM_CALLED = 0.008
KEPT_SHARE, DRIVEN_SHARE = 0.85, 0.6  # of those reached whom a contact helps, or hurts
CALLED_BEFORE_DAYS = (6, 36)  # leaving
DRIVEN_AFTER_DAYS = (10, 46)
TROUBLE_SEEN_DAYS = 3  # after its onset, at the earliest
RELIEF_DAYS = 14  # from the contact that keeps to the end of the trouble
REPLIES = (WILL_STAY, UNDECIDED, WILL_LEAVE)
REPLIES_OF_LEAVERS = (0.3, 0.4, 0.3)
REPLIES_OF_STAYERS = (0.7, 0.25, 0.05)


def contact_leavers(month: PlannedMonth, episodes: Episodes) -> Contacts:
    """Staff reach some of those with signs; where a contact helps, most of them stay after all."""
    lives, chance = month.lives, month.chance
    called = np.flatnonzero(chance.happens(LEAVERS_CALLED, len(episodes.who)))
    who = episodes.who[called]
    n = len(who)
    ahead = chance.between(CALLED_BEFORE_DAYS, n)
    earliest = episodes.onset[called] + TROUBLE_SEEN_DAYS
    day = np.maximum(lives.leave_day[who] - ahead, earliest)
    reached = chance.happens(REACHED_SHARE, n)
    is_helped = reached & (lives.contact_effect[who] == HELPS)
    keeps = is_helped & chance.happens(KEPT_SHARE, n)
    kept = who[keeps]
    lives.kept_by_contact[kept] = True
    lives.leave_day[kept] = NEVER
    lives.cause[kept] = 0
    episodes.end[called[keeps]] = day[keeps] + RELIEF_DAYS
    other = chance.choice(REPLIES, n, p=REPLIES_OF_LEAVERS)
    response = np.where(keeps, WILL_STAY, other)
    return _contacts(who, day, reached, response)


def contact_stayers(month: PlannedMonth, episodes: Episodes) -> Contacts:
    """Staff also call people who would have stayed; a few of those leave because of it."""
    lives, chance = month.lives, month.chance
    who, is_distressed = _called_stayers(month, episodes)
    n = len(who)
    day = chance.integers(month.start, month.end, n)
    reached = chance.happens(REACHED_SHARE, n)
    is_hurt = reached & (lives.contact_effect[who] == HURTS)
    drives = is_hurt & chance.happens(DRIVEN_SHARE, n)
    gone = who[drives]
    leave_day = day[drives] + chance.between(DRIVEN_AFTER_DAYS, len(gone))
    # never on the first day of a month, see trouble.py
    leave_day += np.isin(leave_day, month.clock.starts)
    lives.leave_day[gone] = leave_day
    lives.cause[gone] = CAUSE_NUMBER["service"]
    lives.driven_by_contact[gone] = True
    lives.shown_signs[gone] = is_distressed[gone]
    other = chance.choice(REPLIES, n, p=REPLIES_OF_STAYERS)
    response = np.where(drives, WILL_LEAVE, other)
    return _contacts(who, day, reached, response)


def _called_stayers(month: PlannedMonth, episodes: Episodes) -> tuple[Array, Array]:
    """Whom staff call although they would have stayed, and which subscribers they call for their distress."""
    n, chance = len(month.people), month.chance
    has_joined = month.people.join_day < month.start
    calm = has_joined & month.lives.stays & chance.happens(CALM_CALLED, n)
    is_called = chance.happens(FALSE_ALARMS_CALLED, len(episodes.who))
    distressed = np.zeros(n, dtype=bool)
    distressed[episodes.who[is_called]] = True
    return np.flatnonzero(calm | distressed), distressed


def _contacts(who: Array, day: Array, reached: Array, response: Array) -> Contacts:
    """Without an answer where nobody was reached."""
    answer = np.where(reached, response, NO_REPLY)
    return Contacts(who=who, day=day, reached=reached, response=answer)
