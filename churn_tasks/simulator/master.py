"""Dated versions of the customer master."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.clock import DAY_S, HOUR_S, NEVER, Clock
from churn_tasks.simulator.columns import coded, dates, repeated, small, whole
from churn_tasks.simulator.identity import as_delivered, registered_documents
from churn_tasks.simulator.people import People, any_city, any_region
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.state import MonthState
from churn_tasks.simulator.words import addresses, holder_names

ACTIVE, CLOSED = "A", "X"
PREPAID, POSTPAID = "0", "1"
OPENING_S = 9 * HOUR_S  # of the day: changes take effect when the shops open
OPEN_FOR_S = 8 * HOUR_S
MOVES_A_MONTH = 0.003
# share entered in the books after the day itself, and days until then
MOVES_LATE, MOVES_LATE_DAYS = 0.3, (1, 40)
CLOSINGS_LATE, CLOSINGS_LATE_DAYS = 0.1, (1, 15)
DOWNGRADES, DOWNGRADES_WHEN_FELT = 0.006, 0.6  # a month, and what an effect of 1 adds
UPGRADES = 0.01


@dataclass
class Books:
    """What the operator knows of each subscriber now; changes month by month."""

    plan: Array
    region: Array
    city: Array
    version: Array
    rival_entered: Array
    demolition_day: Array
    name: Array
    address: Array
    document: Array


def open_books(clock: Clock, people: People) -> Books:
    """The books before the first month, with everybody in them who will ever be a subscriber."""
    n = len(people)
    chance = clock.chance("books")
    return Books(
        plan=people.plan.copy(),
        region=people.region.copy(),
        city=people.city.copy(),
        version=np.zeros(n, dtype=np.int64),
        rival_entered=np.zeros(n, dtype=bool),
        demolition_day=np.full(n, NEVER),
        name=holder_names(people, chance),
        address=addresses(people, chance),
        document=registered_documents(clock, people),
    )


def month_versions(state: MonthState, books: Books, pool: NumberPool) -> pa.Table:
    """New versions entered in the month: openings, moves, changes of tariff, closings. The books move on."""
    clerk = Clerk(state, books, pool)
    versions = [
        clerk.openings(),
        clerk.moves(),
        clerk.tariff_changes(),
        clerk.closings(),
    ]
    return pa.concat_tables(versions)


class Clerk:
    """Keeps the books for one month: each change is noted in them and gives new versions."""

    def __init__(self, state: MonthState, books: Books, pool: NumberPool) -> None:
        self.state, self.books, self.pool = state, books, pool
        self.chance = state.chance("master")
        joined_before = state.people.join_day[state.who] < state.start
        self.is_new = ~joined_before
        self.may_change = joined_before & ~state.leaves_before_end

    def openings(self) -> pa.Table:
        """Those who join; in the first month all who are there."""
        who = self.state.who
        if self.state.k > 0:
            who = who[self.is_new]
        return self._versions(who, self.state.people.join_day[who], 0)

    def moves(self) -> pa.Table:
        """Some move within the operator's area; some moves are entered weeks after."""
        state, books, chance = self.state, self.books, self.chance
        moves = self.may_change & chance.happens(MOVES_A_MONTH, len(state))
        who = state.who[moves]
        n = len(who)
        books.region[who] = any_region(n, chance)
        books.city[who] = any_city(n, chance)
        day = chance.integers(state.start, state.end, n)
        delay = chance.delays(MOVES_LATE, MOVES_LATE_DAYS, n)
        return self._versions(who, day, delay)

    def tariff_changes(self) -> pa.Table:
        """A few go up or down; the distressed go down. Entered in the month, in force from the next."""
        state, books = self.state, self.books
        step = self._tariff_steps()
        at = np.flatnonzero(step)
        who, n = state.who[at], len(at)
        books.plan[who] += step[at]
        entered = self.chance.integers(state.start, state.end, n)
        day = np.full(n, state.end)
        return self._versions(who, day, entered - day)

    def _tariff_steps(self) -> Array:
        """1 to a dearer tariff, -1 to a cheaper one, 0 for those who stay with theirs."""
        state, plan = self.state, self.books.plan[self.state.who]
        draw = self.chance.random(len(state))
        felt = state.felt_at_peak("downgrade")
        wants_down = draw < DOWNGRADES + DOWNGRADES_WHEN_FELT * felt
        wants_up = ~wants_down & (draw > 1 - UPGRADES)
        down = self.may_change & wants_down & (plan > 0)
        up = self.may_change & wants_up & (plan < codes.DEAREST_PLAN)
        return up.astype(int) - down.astype(int)

    def closings(self) -> pa.Table:
        """Those who leave; some are entered days after."""
        state = self.state
        leaving = state.leaves_before_end
        who, day = state.who[leaving], state.last_day[leaving] + 1
        delay = self.chance.delays(CLOSINGS_LATE, CLOSINGS_LATE_DAYS, len(who))
        return self._versions(who, day, delay, CLOSED)

    def _versions(
        self, who: Array, day: Array, delay: Array | int, status: str = ACTIVE
    ) -> pa.Table:
        """One version each, with everything that the books say now.

        Args:
            day: on which the version takes effect.
            delay: days from then until it is entered; negative where it is entered before.
        """
        n = len(who)
        clock, people = self.state.clock, self.state.people
        self.books.version[who] += 1
        in_shops = self.chance.integers(0, OPEN_FOR_S, n)
        entered = (day + delay) * DAY_S + OPENING_S + in_shops
        head = {
            "subs_id": people.subs_id[who],
            "ver_no": self.books.version[who],
            "msisdn": self.pool.written(who, self.chance),
        }
        tail = {
            "sts_cd": repeated(status, n),
            "eff_tm": clock.stamps(_takes_effect(clock, day, status)),
            "rec_tm": clock.stamps(entered),
        }
        return pa.table(head | _attributes(people, self.books, who) | tail)


def _takes_effect(clock: Clock, day: Array, status: str) -> Array:
    """When the shops open; closings and changes on the first day of a month with the day itself."""
    is_first_of_month = np.isin(day, clock.starts)
    with_the_day = is_first_of_month | (status == CLOSED)
    return day * DAY_S + np.where(with_the_day, 0, OPENING_S)


def _attributes(people: People, books: Books, who: Array) -> dict[str, object]:
    """What the books say of each, apart from number, status and dates of the version."""
    plan, region = books.plan[who], books.region[who]
    pay_type = people.is_postpaid[who].astype(int)
    return {
        "id_no": as_delivered(books.document[who]),
        "cust_nm": books.name[who],
        "addr": books.address[who],
        "sex_cd": people.sex[who],
        "birth_yr": small(people.birth_year[who]),
        "area_cd": coded(codes.REGIONS, region),
        "cnty_cd": _city_codes(region, books.city[who]),
        "seg_cd": coded(codes.SEGMENTS, people.segment[who]),
        "vip_lvl": small(people.vip[who]),
        "pay_typ": coded((PREPAID, POSTPAID), pay_type),
        "prod_id": codes.PLAN_IDS[plan],
        "rent_fen": whole(codes.PLAN_FEES[plan]),
        "net_typ": codes.PLAN_NETWORKS[plan],
        "open_dt": dates(people.join_day[who]),
    }


def _city_codes(region: Array, city: Array) -> pa.Array:
    """Two digits for the region and two for the city within it."""
    places = zip(region, city, strict=True)
    written = [f"{area + 1:02d}{town:02d}" for area, town in places]
    return pa.array(written, pa.string())
