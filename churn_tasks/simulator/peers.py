"""The other end of each call: acquaintances, strangers, hotlines and service numbers."""

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.acquaintances import drawn, is_elsewhere
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.columns import whole
from churn_tasks.simulator.connections import DATA, Connections
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.state import MonthState

NOBODY = -1  # at the other end of a data connection
FAVOURITES = 1.6  # power by which the first acquaintances are called more than the last
OWN_HOTLINE, OWN_SERVICES = 0.03, 0.02  # shares of all calls
# share of calls to a rival's hotline, and what an effect of 1 adds
RIVAL_HOTLINE, RIVAL_HOTLINE_WHEN_FELT = 0.0006, 0.3
HOTLINE_A_SHARE = 0.6  # of these


def peers(
    state: MonthState, made: Connections, pool: NumberPool, chance: Chance
) -> Array:
    """Position of the other end in the pool; a circle of acquaintances shrinks in distress, rivals' hotlines appear."""
    n = len(made.at)
    peer = _acquaintances(state, made, pool, chance)
    peer[chance.happens(OWN_HOTLINE, n)] = pool.service(codes.HOTLINE_OWN)
    peer[chance.happens(OWN_SERVICES, n)] = pool.service(codes.BUSINESS)
    felt = state.felt("hotline")[made.at, made.slot]
    asks_rival = chance.happens(RIVAL_HOTLINE + RIVAL_HOTLINE_WHEN_FELT * felt, n)
    hotline = _rival_hotlines(pool, n, chance)
    peer = np.where(asks_rival, hotline, peer)
    peer[made.kind == DATA] = NOBODY
    return peer


def _acquaintances(
    state: MonthState, made: Connections, pool: NumberPool, chance: Chance
) -> Array:
    """Somebody of the circle, more of them on other networks in distress."""
    n, people = len(made.at), state.people
    caller = people.circle_of[state.who[made.at]]
    lost = state.felt("peers")[made.at, made.slot]
    circle = people.circle[caller] * (1 - lost)
    number = whole(circle.clip(min=1) * chance.random(n) ** FAVOURITES)
    bits = drawn(caller, number)
    gained = state.felt("off_net")[made.at, made.slot]
    outside = is_elsewhere(bits, people.off_net[caller])
    outside |= chance.happens(gained, n)
    strangers = pool.first_service - pool.subscribers
    stranger = pool.subscribers + (bits >> 12) % strangers
    return np.where(outside, stranger, bits % pool.subscribers)


def _rival_hotlines(pool: NumberPool, n: int, chance: Chance) -> Array:
    is_a = chance.happens(HOTLINE_A_SHARE, n)
    hotline_a = pool.service(codes.HOTLINE_A)
    hotline_b = pool.service(codes.HOTLINE_B)
    return np.where(is_a, hotline_a, hotline_b)
