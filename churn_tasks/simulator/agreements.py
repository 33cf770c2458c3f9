"""Agreements that bind customers for a term, with their renewals."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import NEVER, Clock, moment
from churn_tasks.simulator.columns import coded, dates, whole
from churn_tasks.simulator.parallel import Parallel
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState

TYPES = ("01", "02", "03")  # handset subsidy, fee discount, broadband bundle
DISCOUNT = 1  # position of the fee discount in TYPES
TERMS_DAYS = np.array([365, 730])
RENEWED_SHARE = 0.5
RENEWED_BEFORE_DAYS = 30  # at most, before the first ends
BEGUN_BEFORE_DAYS = 700  # at most, before the simulation begins
JOINERS_BOUND_WITHIN_DAYS = 20
LATE_SHARE, LATE_DAYS = 0.1, (1, 20)  # entered after the signature
PENALTY_FEN = 20_000
FIRST_NUMBER = 700_000_000


@dataclass
class Agreements(Parallel):
    """One entry an agreement, a customer's renewals after all first ones; days as numbers.

    Attributes:
        entry_day: the shop enters some agreements days after the signature.
        kind: position in ``TYPES``.
    """

    who: Array
    sign_day: Array
    entry_day: Array
    start: Array
    end: Array
    kind: Array

    def free_day(self, subscribers: int) -> Array:
        """Day after each subscriber's last agreement, ``NEVER`` without one."""
        last_end = np.zeros(subscribers, dtype=int)
        np.maximum.at(last_end, self.who, self.end)
        return np.where(last_end == 0, NEVER, last_end)


def make_agreements(clock: Clock, people: People) -> Agreements:
    """About two in five are bound; every second agreement is renewed."""
    chance = clock.chance("agreements")
    first = _first_agreements(clock, people, chance)
    agreements = Agreements.stacked([first, _renewals(first, chance)])
    delay = chance.delays(LATE_SHARE, LATE_DAYS, len(agreements.who))
    agreements.entry_day = agreements.sign_day + delay
    return agreements


def _first_agreements(clock: Clock, people: People, chance: Chance) -> Agreements:
    n, begin = len(people), clock.start(0)
    is_bound = chance.happens(codes.BOUND_SHARES[people.segment], n)
    who = np.flatnonzero(is_bound)
    term = chance.choice(TERMS_DAYS, len(who))
    lead = chance.integers(0, BEGUN_BEFORE_DAYS, len(who))
    join_day = people.join_day[who]
    after_joining = join_day + lead % JOINERS_BOUND_WITHIN_DAYS
    start = np.where(join_day >= begin, after_joining, begin - lead)
    start = np.maximum(start, join_day)
    return Agreements(
        who=who,
        sign_day=start,
        entry_day=start,
        start=start,
        end=start + term,
        kind=chance.integers(0, len(TYPES), len(who)),
    )


def _renewals(first: Agreements, chance: Chance) -> Agreements:
    is_renewed = chance.happens(RENEWED_SHARE, len(first.who))
    renewed = first.taken(is_renewed)
    n = len(renewed.who)
    ahead = chance.integers(0, RENEWED_BEFORE_DAYS, n)
    sign_day = np.maximum(renewed.end - ahead, renewed.start + 1)
    return Agreements(
        who=renewed.who,
        sign_day=sign_day,
        entry_day=sign_day,
        start=renewed.end,
        end=renewed.end + chance.choice(TERMS_DAYS, n),
        kind=renewed.kind,
    )


def discounted(agreements: Agreements, day: int, subscribers: int) -> Array:
    """Which subscribers have a fee discount running on a day."""
    running = (agreements.start <= day) & (agreements.end > day)
    running &= agreements.kind == DISCOUNT
    has_discount = np.zeros(subscribers, dtype=bool)
    has_discount[agreements.who[running]] = True
    return has_discount


def month_agreements(
    state: MonthState, agreements: Agreements, leave_day: Array
) -> pa.Table:
    """Agreements signed in the month; in the first month all earlier ones too."""
    is_signed = agreements.sign_day < state.end
    if state.k > 0:
        is_signed &= agreements.sign_day >= state.start
    is_customer = leave_day[agreements.who] > agreements.sign_day
    number = np.flatnonzero(is_signed & is_customer)
    signed = agreements.taken(number)
    clock, people = state.clock, state.people
    return pa.table(
        {
            "agr_no": FIRST_NUMBER + number,
            "subs_id": people.subs_id[signed.who],
            "agr_typ": coded(TYPES, signed.kind),
            "sign_tm": clock.stamps(moment(signed.sign_day, 15)),
            "beg_dt": dates(signed.start),
            "end_dt": dates(signed.end),
            "min_fen": whole(_commitment_fen(people.plan[signed.who])),
            "penal_fen": np.full(len(number), PENALTY_FEN),
            "rec_tm": clock.stamps(moment(signed.entry_day, 16)),
        }
    )


def _commitment_fen(plan: Array) -> Array:
    """Least monthly spend promised: 10 yuan and about four fifths of the tariff's fee, in whole yuan."""
    whole_yuan = codes.PLAN_FEES[plan] * 8 // 1000
    return 1_000 + whole_yuan * 100
