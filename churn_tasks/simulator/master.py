"""Dated versions of the customer master, agreements, and the month-end states of services and premises."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.agreements import TYPES, Agreements, commitment_fen
from churn_tasks.simulator.clock import DAY_S, NEVER, Array, Clock, dates
from churn_tasks.simulator.identity import as_delivered, registered_documents
from churn_tasks.simulator.people import People
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.state import MonthState, felt, felt_at_peak
from churn_tasks.simulator.words import addresses, holder_names

ACTIVE, CLOSED = "A", "X"
OPENING = 9 * 3600  # seconds of the day at which changes take effect on counter days
EXTRA_SERVICES = (
    ("FIX", 0.15, 1500),
    ("TV", 0.12, 1000),
    ("CLD", 0.08, 600),
    ("RBT", 0.20, 300),
    ("RPK", 0.04, 1000),
)


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


def month_versions(
    clock: Clock, people: People, state: MonthState, books: Books, pool: NumberPool
) -> pa.Table:
    """New versions entered in the month: openings, moves, changes of tariff, closings. The books move on.

    A change of tariff holds from the next month and is entered before it; some moves are entered weeks after.
    """
    chance = clock.chance("master", state.k)
    who = state.who
    opened = who if state.k == 0 else who[people.join_day[who] >= state.start]
    parts = [
        _rows(
            clock,
            people,
            books,
            pool,
            opened,
            people.join_day[opened],
            0,
            ACTIVE,
            chance,
        )
    ]
    settled = people.join_day[who] < state.start
    leaving = state.leaves_before_end
    moves = who[settled & ~leaving & (chance.random(len(who)) < 0.003)]
    books.region[moves] = chance.integers(0, len(codes.REGIONS), len(moves))
    books.city[moves] = chance.integers(1, 6, len(moves))
    day = chance.integers(state.start, state.end, len(moves))
    behind = np.where(
        chance.random(len(moves)) < 0.3, chance.integers(1, 40, len(moves)), 0
    )
    parts.append(_rows(clock, people, books, pool, moves, day, behind, ACTIVE, chance))
    parts.append(
        _tariff_changes(clock, people, state, books, pool, settled & ~leaving, chance)
    )
    gone = who[leaving]
    behind = np.where(
        chance.random(len(gone)) < 0.1, chance.integers(1, 15, len(gone)), 0
    )
    parts.append(
        _rows(
            clock,
            people,
            books,
            pool,
            gone,
            state.last_day[leaving] + 1,
            behind,
            CLOSED,
            chance,
        )
    )
    return pa.concat_tables(parts)


def _tariff_changes(
    clock: Clock,
    people: People,
    state: MonthState,
    books: Books,
    pool: NumberPool,
    may_change: Array,
    chance: np.random.Generator,
) -> pa.Table:
    """A few go up or down; the distressed go down. Entered in the month, in force from the next."""
    who = state.who
    draw = chance.random(len(who))
    down = draw < 0.006 + 0.6 * felt_at_peak(state, "downgrade")
    up = ~down & (draw > 0.99)
    changed = may_change & (
        (down & (books.plan[who] > 0))
        | (up & (books.plan[who] < len(codes.PLAN_FEES) - 1))
    )
    at = np.flatnonzero(changed)
    books.plan[who[at]] += np.where(down[at], -1, 1)
    entered = chance.integers(state.start, state.end, len(at))
    day = np.full(len(at), state.end)
    return _rows(
        clock, people, books, pool, who[at], day, entered - day, ACTIVE, chance
    )


def _rows(
    clock: Clock,
    people: People,
    books: Books,
    pool: NumberPool,
    who: Array,
    day: Array,
    entered_after: Array | int,
    status: str,
    chance: np.random.Generator,
) -> pa.Table:
    """One version each, with everything that the books say now."""
    books.version[who] += 1
    takes_effect = np.asarray(day) * DAY_S + (OPENING if status == ACTIVE else 0)
    takes_effect = np.where(
        np.isin(day, clock.starts), np.asarray(day) * DAY_S, takes_effect
    )
    entered = (
        (np.asarray(day) + entered_after) * DAY_S
        + OPENING
        + chance.integers(0, 8 * 3600, len(who))
    )
    head = {
        "subs_id": people.subs_id[who],
        "ver_no": books.version[who],
        "msisdn": pool.written(who, chance),
    }
    tail = {
        "sts_cd": pa.array(np.full(len(who), status)),
        "eff_tm": clock.stamps(takes_effect),
        "rec_tm": clock.stamps(entered),
    }
    return pa.table(head | _attributes(people, books, who) | tail)


def _attributes(people: People, books: Books, who: Array) -> dict[str, object]:
    """What the books say of each, apart from number, status and dates of the version."""
    city = [
        f"{region + 1:02d}{city:02d}"
        for region, city in zip(books.region[who], books.city[who], strict=True)
    ]
    return {
        "id_no": as_delivered(books.document[who]),
        "cust_nm": pa.array(books.name[who]),
        "addr": pa.array(books.address[who]),
        "sex_cd": pa.array(people.sex[who]),
        "birth_yr": people.birth_year[who].astype(np.int32),
        "area_cd": pa.array(np.array(codes.REGIONS)[books.region[who]]),
        "cnty_cd": pa.array(city, pa.string()),
        "seg_cd": pa.array(np.array(codes.SEGMENTS)[people.segment[who]]),
        "vip_lvl": pa.array(people.vip[who].astype(np.int32)),
        "pay_typ": pa.array(np.where(people.is_postpaid[who], "1", "0")),
        "prod_id": pa.array(codes.PLAN_IDS[books.plan[who]]),
        "rent_fen": codes.PLAN_FEES[books.plan[who]].astype(np.int64),
        "net_typ": pa.array(codes.PLAN_NETWORKS[books.plan[who]]),
        "open_dt": dates(people.join_day[who]),
    }


def month_agreements(
    clock: Clock,
    people: People,
    state: MonthState,
    agreements: Agreements,
    leave_day: Array,
) -> pa.Table:
    """Agreements signed in the month; in the first month all earlier ones too."""
    first = -NEVER if state.k == 0 else state.start
    signed = (agreements.sign_day >= first) & (agreements.sign_day < state.end)
    at = np.flatnonzero(signed & (leave_day[agreements.who] > agreements.sign_day))
    return pa.table(
        {
            "agr_no": at + 700_000_000,
            "subs_id": people.subs_id[agreements.who[at]],
            "agr_typ": pa.array(TYPES[agreements.kind[at]]),
            "sign_tm": clock.stamps(agreements.sign_day[at] * DAY_S + 15 * 3600),
            "beg_dt": dates(agreements.start[at]),
            "end_dt": dates(agreements.end[at]),
            "min_fen": commitment_fen(people, agreements)[at].astype(np.int64),
            "penal_fen": np.full(len(at), 20_000, dtype=np.int64),
            "rec_tm": clock.stamps(agreements.entry_day[at] * DAY_S + 16 * 3600),
        }
    )


def month_services(clock: Clock, people: People, state: MonthState) -> pa.Table:
    """Services held at the month's end."""
    chance = clock.chance("services", state.k)
    staying = np.flatnonzero(~state.leaves_before_end)
    parts = [_broadband(clock, people, state, staying, chance)]
    for number, (code, share, fee) in enumerate(EXTRA_SERVICES):
        trait = (people.subs_id * 2_654_435_761 + number * 40_503) % 9_973 / 9_973
        at = staying[trait[state.who[staying]] < share]
        none = pa.nulls(len(at), pa.int64())
        parts.append(
            _services(
                clock, people, state, at, code, fee, np.zeros(len(at), bool), none
            )
        )
    return pa.concat_tables(parts)


def _broadband(
    clock: Clock,
    people: People,
    state: MonthState,
    staying: Array,
    chance: np.random.Generator,
) -> pa.Table:
    at = staying[people.has_broadband[state.who[staying]]]
    moves = (state.cause[at] == codes.CAUSE_NUMBER["moving_away"]) & (
        state.peak[at] > 0.5
    )
    suspended = moves | (chance.random(len(at)) < 0.006)
    traffic = chance.lognormal(10.5, 0.7, len(at)) * (
        1 - 0.6 * felt(state, "data")[at].mean(axis=1)
    )
    carried = pa.array(np.where(suspended, 0, traffic).astype(np.int64))
    return _services(clock, people, state, at, "BB", 3000, suspended, carried)


def _services(
    clock: Clock,
    people: People,
    state: MonthState,
    at: Array,
    code: str,
    fee: int,
    suspended: Array,
    traffic: pa.Array,
) -> pa.Table:
    who = state.who[at]
    return pa.table(
        {
            "snap_dt": dates(np.full(len(at), state.end - 1)),
            "subs_id": people.subs_id[who],
            "srv_cd": pa.array(np.full(len(at), code)),
            "sts_cd": pa.array(np.where(suspended, "S", "A")),
            "open_dt": dates(people.join_day[who]),
            "fee_fen": np.full(len(at), fee, dtype=np.int64),
            "flow_mb": traffic,
            "rec_tm": clock.stamps(np.full(len(at), state.end * DAY_S + 4 * 3600)),
        }
    )


def month_premises(
    clock: Clock, people: People, state: MonthState, books: Books
) -> pa.Table:
    """Buildings behind broadband: a rival's line that appears stays, a demolition once planned stays planned."""
    chance = clock.chance("premises", state.k)
    at = np.flatnonzero(~state.leaves_before_end & people.has_broadband[state.who])
    who = state.who[at]
    rival = (state.cause[at] == codes.CAUSE_NUMBER["competitor"]) * state.peak[at]
    moving = (state.cause[at] == codes.CAUSE_NUMBER["moving_away"]) * state.peak[at]
    books.rival_entered[who] |= chance.random(len(who)) < 0.004 + 0.2 * rival
    planned = (chance.random(len(who)) < 0.001 + 0.1 * moving) & (
        books.demolition_day[who] == NEVER
    )
    books.demolition_day[who] = np.where(
        planned,
        state.end + chance.integers(30, 200, len(who)),
        books.demolition_day[who],
    )
    before = (
        1
        + (people.home[who] * 7_919 % 100 < 45)
        + (people.home[who] * 104_729 % 100 < 15)
    )
    return pa.table(
        {
            "snap_dt": dates(np.full(len(at), state.end - 1)),
            "subs_id": people.subs_id[who],
            "oper_cnt": (before + books.rival_entered[who]).astype(np.int32),
            "demol_dt": dates(books.demolition_day[who]),
            "rec_tm": clock.stamps(np.full(len(at), state.end * DAY_S + 4 * 3600)),
        }
    )
