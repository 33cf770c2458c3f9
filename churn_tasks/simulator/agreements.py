"""Agreements that bind customers for a term, with their renewals."""

from dataclasses import dataclass

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import NEVER, Array, Clock
from churn_tasks.simulator.people import People

TYPES = np.array(["01", "02", "03"])  # handset subsidy, fee discount, broadband bundle
DISCOUNT = 1  # position of the fee discount in TYPES
TERMS_DAYS = np.array([365, 730])


@dataclass(frozen=True)
class Agreements:
    """One entry an agreement, a customer's renewals after the first."""

    who: Array
    sign_day: Array
    entry_day: Array  # the shop enters some agreements days after the signature
    start: Array
    end: Array
    kind: Array
    free_day: Array  # by subscriber: end of the last agreement, NEVER without one


def make_agreements(clock: Clock, people: People) -> Agreements:
    """About two in five are bound; every second agreement that ends in the simulation is renewed."""
    chance = clock.chance("agreements")
    bound = np.flatnonzero(
        chance.random(len(people)) < np.array([0.35, 0.5, 0.3, 0.55])[people.segment]
    )
    term = chance.choice(TERMS_DAYS, len(bound))
    lead = chance.integers(0, 700, len(bound))
    start = np.where(
        people.join_day[bound] >= clock.start(0),
        people.join_day[bound] + lead % 20,
        clock.start(0) - lead,
    )
    start = np.maximum(start, people.join_day[bound])
    first = (bound, start, start + term, chance.integers(0, 3, len(bound)), start)
    renewed = chance.random(len(bound)) < 0.5
    again = bound[renewed]
    begin = (start + term)[renewed]
    signed = np.maximum(begin - chance.integers(0, 30, len(again)), start[renewed] + 1)
    second = (
        again,
        begin,
        begin + chance.choice(TERMS_DAYS, len(again)),
        first[3][renewed],
        signed,
    )
    who, begins, ends, kinds, signs = (
        np.concatenate(pair) for pair in zip(first, second, strict=True)
    )
    free_day = np.full(len(people), 0)
    np.maximum.at(free_day, who, ends)
    late = np.where(chance.random(len(who)) < 0.1, chance.integers(1, 20, len(who)), 0)
    return Agreements(
        who,
        signs,
        signs + late,
        begins,
        ends,
        kinds,
        np.where(free_day == 0, NEVER, free_day),
    )


def discounted(agreements: Agreements, clock: Clock, k: int, n: int) -> Array:
    """Which of ``n`` subscribers have a fee discount running at the start of month ``k``."""
    day = clock.start(k)
    running = (
        (agreements.start <= day)
        & (agreements.end > day)
        & (agreements.kind == DISCOUNT)
    )
    found = np.zeros(n, dtype=bool)
    found[agreements.who[running]] = True
    return found


def commitment_fen(people: People, agreements: Agreements) -> Array:
    """Least monthly spend promised in each agreement: about the tariff's fee."""
    return (codes.PLAN_FEES[people.plan[agreements.who]] * 8 // 1000) * 100 + 1000
