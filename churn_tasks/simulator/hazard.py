"""How likely each subscriber is to decide in a month to leave."""

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.behaviour import readiness
from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.clock import NEVER
from churn_tasks.simulator.lives import PlannedMonth

SETTLED_DAYS = 45  # on the network before anybody decides to leave
POSTPAID, PREPAID = 0.9, 1.12
OLD_CUSTOMER, NEW_CUSTOMER_ADDS = 0.75, 0.9  # the latter fades by e in a year
# a contract that runs on, one that has just ended or soon will, and one that ended long ago
BOUND, JUST_FREE, LONG_FREE = 0.4, 2.6, 1.0
SOON_FREE_DAYS, LATELY_FREE_DAYS = 45, 60
# the planned rate lies a little above the setting, as some are kept by a contact
RATE_MEAN, RATE_SPREAD = 1.04, 0.03


def odds_of_leaving(month: PlannedMonth, frailty: Array) -> Array:
    """Chance of each subscriber to decide in the month to leave.

    Args:
        frailty: how readily each one leaves; mean 1.
    """
    present = month.settled(SETTLED_DAYS)
    weight = np.where(present, _weights(month, frailty), 0)
    settings = month.clock.settings
    churn_rate = settings.churn_rate * readiness(settings, month.k)
    season = codes.SEASON[month.clock.month_of_year(month.k)]
    month_rate = churn_rate * season * month.chance.normal(RATE_MEAN, RATE_SPREAD)
    return month_rate * weight / weight[present].mean()


def _weights(month: PlannedMonth, frailty: Array) -> Array:
    """How much likelier each one is to leave than another."""
    people, around, start = month.people, month.around, month.start
    nature = codes.SEGMENT_HAZARD[people.segment]
    place = codes.REGION_HAZARD[people.region]
    market = around.market.hazard(month.k, people.region)
    weight = frailty * nature * place
    weight *= around.handsets.hazard(start) * market
    weight *= around.acquaintances.hazard(start, month.lives.leave_day)
    weight *= _of_payment(people.is_postpaid) * _of_tenure(start - people.join_day)
    weight *= _of_contract(start, around.free_day)
    return weight


def _of_payment(is_postpaid: Array) -> Array:
    return np.where(is_postpaid, POSTPAID, PREPAID)


def _of_tenure(days: Array) -> Array:
    """New customers leave more readily."""
    return OLD_CUSTOMER + NEW_CUSTOMER_ADDS * np.exp(-days / 365)


def _of_contract(day: int, free_day: Array) -> Array:
    """1 for those who have none."""
    days_free = day - free_day
    is_bound = days_free < -SOON_FREE_DAYS
    is_just_free = days_free < LATELY_FREE_DAYS
    factor = np.select([is_bound, is_just_free], [BOUND, JUST_FREE], LONG_FREE)
    return np.where(free_day < NEVER, factor, 1.0)
