"""Episodes of distress: those that end with leaving, and those that pass."""

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.causes import CAUSE_NUMBER, SHARES, WEIGHTS
from churn_tasks.simulator.chance import Array, Beta
from churn_tasks.simulator.columns import whole
from churn_tasks.simulator.lives import Episodes, PlannedMonth

SIGNLESS_SHARE = 0.12  # of the leavers
FALSE_EPISODE_RATE = 0.008  # share of the calm who enter an episode in a month and stay
FALSE_EPISODE_DAYS = (28, 85)
CALM_AFTER_DAYS = 30  # on the network before an episode that passes
SHORTEST_DAYS, SPREAD_DAYS = 28, 57  # of signs before leaving: 4 to 12 weeks
LEAD = Beta(1.6, 1.6)  # where in this spread
STRENGTH = Beta(7, 1.6, least=0.35)
FALSE_STRENGTH = Beta(3.5, 3, least=0.1)
CALM_AT_FIRST_DAYS = 14  # no sign in the first days on the network
CONTRACT_END_DAYS = 60  # a contract that ends so near is a cause
CONTRACT_END_WEIGHT = 8


def episodes_of_leavers(month: PlannedMonth, who: Array) -> Episodes:
    """Settle day and cause of leaving of those who decided to leave.

    Returns:
        Their episodes; none of those who leave without a sign.
    """
    lives, chance = month.lives, month.chance
    n = len(who)
    cause = _causes(month, who)
    # never on the first day: who leaves on a day was still a customer, and is billed, in its month
    leave_day = chance.integers(month.start + 1, month.end, n)
    shows_signs = chance.random(n) >= SIGNLESS_SHARE
    lives.leave_day[who] = leave_day
    lives.cause[who] = cause
    lives.shown_signs[who] = shows_signs
    lead = SHORTEST_DAYS + whole(SPREAD_DAYS * chance.shares(LEAD, n))
    earliest = month.people.join_day[who] + CALM_AT_FIRST_DAYS
    episodes = Episodes(
        who=who,
        onset=np.maximum(leave_day - lead, earliest),
        end=leave_day,
        cause=cause,
        strength=chance.shares(STRENGTH, n),
    )
    return episodes.taken(shows_signs)


def _causes(month: PlannedMonth, who: Array) -> Array:
    """A cause for each leaver, more likely where the customer's situation allows it."""
    people, n = month.people, len(who)
    days_to_freedom = np.abs(month.around.free_day[who] - month.start)
    is_free_soon = days_to_freedom < CONTRACT_END_DAYS
    is_student = people.segment[who] == codes.CAMPUS
    factors = {
        "contract_end": np.where(is_free_soon, CONTRACT_END_WEIGHT, 0),
        "arrears": 0.5 + 6 * people.payment_sloppiness[who],
        "price": 0.7 + 0.1 * people.plan[who],
        "moving_away": np.where(is_student, 2.0, 1.0),
    }
    odds = np.tile(WEIGHTS, (n, 1))
    for name, factor in factors.items():
        odds[:, CAUSE_NUMBER[name]] *= factor
    shares = odds / odds.sum(axis=1, keepdims=True)
    bounds = np.cumsum(shares, axis=1)
    draw = month.chance.random((n, 1))
    return (draw > bounds).sum(axis=1)


def false_episodes(month: PlannedMonth) -> Episodes:
    """Distress that passes: it looks like a leaver's, and the customer stays."""
    chance = month.chance
    is_calm = month.settled(CALM_AFTER_DAYS)
    begins = is_calm & chance.happens(FALSE_EPISODE_RATE, len(is_calm))
    who = np.flatnonzero(begins)
    n = len(who)
    onset = chance.integers(month.start, month.end, n)
    return Episodes(
        who=who,
        onset=onset,
        end=onset + chance.between(FALSE_EPISODE_DAYS, n),
        cause=chance.choice(len(SHARES), n, p=SHARES),
        strength=chance.shares(FALSE_STRENGTH, n),
    )
