"""Faults, complaints, surveys, offers, retention contacts, requests and porting."""

from typing import Any

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.campaigns import offered
from churn_tasks.simulator.clock import DAY_S, Array, Clock
from churn_tasks.simulator.complaint_words import complaint_texts
from churn_tasks.simulator.lives import Lives
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState, felt_at_peak

WORK_DAY = (9 * 3600, 19 * 3600)
OPEN = -1  # no answer yet
DRAWN_AWAY = [
    codes.CAUSE_NUMBER[name] for name in ("price", "competitor", "contract_end")
]


def month_care(
    clock: Clock, people: People, state: MonthState, lives: Lives
) -> dict[str, pa.Table]:
    """Rows of the month. Answers that come later are written now with the moment at which they came."""
    chance = clock.chance("care", state.k)
    desk = Desk(clock, people, state, chance)
    return {
        "fault_ticket": desk.faults(),
        "cmplt_ticket": desk.complaints(),
        "survey_ans": desk.surveys(),
        "mkt_offer": desk.offers(),
        "keep_contact": _contacts(clock, people, state, lives, chance),
        "biz_request": desk.requests(),
        "np_request": _porting(clock, people, state, lives, chance),
    }


class Desk:
    """Draws the tickets of one month; distress makes more of them, and worse answers."""

    def __init__(
        self,
        clock: Clock,
        people: People,
        state: MonthState,
        chance: np.random.Generator,
    ) -> None:
        self.clock, self.people, self.state, self.chance = clock, people, state, chance

    def _table(
        self,
        key: str,
        at: Array,
        moment: str,
        columns: dict[str, Any],
        waits: dict[str, Array] | None = None,
    ) -> pa.Table:
        """Number, subscriber, moment on a day when present, moment of entry, and the answers that come after a wait."""
        state, chance = self.state, self.chance
        first, last = state.slot_start[at, 0], state.last_day[at]
        day = np.minimum(
            first + (chance.random(len(at)) * (last - first + 1)).astype(int), last
        )
        seconds = day * DAY_S + chance.integers(*WORK_DAY, len(at))
        head = {
            key: np.arange(len(at)) + (state.k + 1) * 10_000_000,
            "subs_id": self.people.subs_id[state.who][at],
            moment: self.clock.stamps(seconds),
            "rec_tm": self.clock.stamps(seconds + chance.integers(60, DAY_S, len(at))),
        }
        moments = {
            name: np.where(wait < 0, OPEN, seconds + wait)
            for name, wait in (waits or {}).items()
        }
        later = {
            name: self.clock.stamps(moment_s) for name, moment_s in moments.items()
        }
        return pa.table({**head, **columns, **later})

    def _drawn(self, expected: Array) -> Array:
        present = self.state.last_day >= self.state.slot_start[:, 0]
        return np.repeat(
            np.arange(len(self.state)), self.chance.poisson(expected * present)
        )

    def _mood(self, field: str) -> Array:
        return felt_at_peak(self.state, field)

    def faults(self) -> pa.Table:
        """Mostly about coverage and speed; repaired in hours or weeks."""
        at = self._drawn(0.035 + self._mood("faults"))
        hours = np.clip(self.chance.lognormal(3.2, 1.1, len(at)), 1, 1200).astype(
            np.int64
        )
        kind = self.chance.choice(
            np.array(["F1", "F2", "F3", "F4", "F5"]),
            len(at),
            p=[0.3, 0.3, 0.15, 0.15, 0.1],
        )
        columns = {"fault_cd": pa.array(kind), "fix_hours": hours}
        return self._table(
            "ticket_no", at, "report_tm", columns, {"fix_tm": hours * 3600}
        )

    def complaints(self) -> pa.Table:
        """The call back that asks how the answer was taken comes three days to seven weeks later, or never."""
        at = self._drawn(0.012 + self._mood("complaints"))
        chance = self.chance
        kind = _complaint_kind(self.state.cause[at], chance)
        channel = chance.choice(
            np.array(["H", "A", "S", "R"]), len(at), p=[0.6, 0.2, 0.15, 0.05]
        )
        upset, tempted = self.state.peak[at], np.isin(self.state.cause[at], DRAWN_AWAY)
        draw = chance.random(len(at))
        outcome = np.where(
            draw < 0.15 + 0.4 * upset, 3, np.where(draw < 0.42 + 0.4 * upset, 2, 1)
        )
        wait = chance.integers(3 * DAY_S, 45 * DAY_S, len(at))
        answered = chance.random(len(at)) < 0.9
        columns = {
            "cmplt_cd": pa.array(np.array(["C1", "C2", "C3", "C4", "C5"])[kind]),
            "chnl_cd": pa.array(channel),
            "content": complaint_texts(
                kind, upset, tempted, self.clock.chance("complaint words", self.state.k)
            ),
            "result_cd": pa.array(
                np.array(["0", "1", "2", "3"])[np.where(answered, outcome, 0)]
            ),
        }
        return self._table(
            "ticket_no",
            at,
            "cmplt_tm",
            columns,
            {"visit_tm": np.where(answered, wait, OPEN)},
        )

    def surveys(self) -> pa.Table:
        """CSAT from 1 to 5 and NPS from 0 to 10, lower in distress."""
        at = self._drawn(np.full(len(self.state), 0.07))
        chance = self.chance
        level = 4.2 - self._mood("survey")[at] + chance.normal(0, 0.8, len(at))
        is_nps = chance.random(len(at)) < 0.4
        score = np.where(
            is_nps,
            np.clip(np.rint((level - 1) * 2.5), 0, 10),
            np.clip(np.rint(level), 1, 5),
        )
        columns = {
            "survey_typ": pa.array(np.where(is_nps, "NPS", "CSAT")),
            "score": score.astype(np.int32),
        }
        return self._table("answer_no", at, "answer_tm", columns)

    def offers(self) -> pa.Table:
        """Sales proposes to one in ten; the distressed take less."""
        at = self._drawn(np.full(len(self.state), 0.1))
        chance = self.chance
        takes = chance.random(len(at)) < 0.25 - 0.18 * self.state.peak[at]
        decided = chance.random(len(at)) < 0.85
        columns = {
            "camp_id": offered(self.state.k, self.state.peak[at], chance),
            "chnl_cd": pa.array(
                chance.choice(
                    np.array(["C", "M", "A", "S"]), len(at), p=[0.3, 0.35, 0.25, 0.1]
                )
            ),
            "disc_fen": chance.choice(
                np.array([500, 1000, 1500, 2000]), len(at)
            ).astype(np.int64),
            "reply_cd": pa.array(np.where(decided, np.where(takes, "Y", "N"), "-")),
        }
        wait = np.where(decided, chance.integers(60, 25 * DAY_S, len(at)), OPEN)
        return self._table("offer_no", at, "offer_tm", columns, {"reply_tm": wait})

    def requests(self) -> pa.Table:
        """Who moves asks for relocation; the rest ask for lines, bandwidth or tariffs now and then."""
        moves = codes.CAUSE_NUMBER["moving_away"]
        has_access = self.people.has_broadband[self.state.who]
        expected = (
            0.006
            + 0.01 * has_access
            + 0.5 * self.state.peak * (self.state.cause == moves) * (0.3 + has_access)
        )
        at = self._drawn(expected)
        chance = self.chance
        moving = (self.state.cause[at] == moves) & (chance.random(len(at)) < 0.9)
        kind = np.where(moving, 0, chance.choice(4, len(at), p=[0.2, 0.25, 0.25, 0.3]))
        fails = chance.random(len(at)) < 0.2 + 0.5 * self.state.peak[at]
        columns = {
            "req_cd": pa.array(np.array(["R1", "R2", "R3", "R4"])[kind]),
            "result_cd": pa.array(np.where(fails, "N", "Y")),
        }
        waits = {"result_tm": chance.integers(DAY_S, 30 * DAY_S, len(at))}
        return self._table("req_no", at, "req_tm", columns, waits)


def _complaint_kind(cause: Array, chance: np.random.Generator) -> Array:
    """0 price, 1 network, 2 service, 3 billing, 4 porting: mostly what troubles the customer."""
    about = {
        "price": 0,
        "network": 1,
        "service": 2,
        "arrears": 3,
        "competitor": 4,
        "contract_end": 0,
    }
    troubled = np.full(len(codes.CAUSES), -1)
    for name, kind in about.items():
        troubled[codes.CAUSE_NUMBER[name]] = kind
    anything = chance.choice(5, len(cause), p=[0.3, 0.25, 0.2, 0.22, 0.03])
    return np.where(
        (troubled[cause] >= 0) & (chance.random(len(cause)) < 0.7),
        troubled[cause],
        anything,
    )


def _contacts(
    clock: Clock,
    people: People,
    state: MonthState,
    lives: Lives,
    chance: np.random.Generator,
) -> pa.Table:
    """The planned contacts that fall into the month, with people who are still there."""
    planned = lives.contacts
    day = planned["day"]
    due = (
        (day >= state.start)
        & (day < state.end)
        & (lives.leave_day[planned["who"]] > day)
    )
    due &= people.join_day[planned["who"]] <= day
    who, day = planned["who"][due], day[due]
    seconds = day * DAY_S + chance.integers(*WORK_DAY, len(who))
    return pa.table(
        {
            "contact_no": np.arange(len(who)) + (state.k + 1) * 10_000_000,
            "subs_id": people.subs_id[who],
            "contact_tm": clock.stamps(seconds),
            "rec_tm": clock.stamps(seconds + chance.integers(60, DAY_S, len(who))),
            "chnl_cd": pa.array(
                chance.choice(
                    np.array(["C", "V", "M", "S"]), len(who), p=[0.7, 0.1, 0.1, 0.1]
                )
            ),
            "reach_flag": pa.array(np.where(planned["reached"][due], "1", "0")),
            "reply_cd": pa.array(
                np.array(["-", "1", "2", "3"])[planned["response"][due]]
            ),
        }
    )


def _porting(
    clock: Clock,
    people: People,
    state: MonthState,
    lives: Lives,
    chance: np.random.Generator,
) -> pa.Table:
    """Many who leave for a rival ask to take the number along, days before; those without signs on the day itself."""
    who = state.who
    leave = lives.leave_day[who]
    willing = np.zeros(len(codes.CAUSES))
    for name, share in (
        ("competitor", 0.7),
        ("price", 0.4),
        ("contract_end", 0.4),
        ("network", 0.3),
        ("service", 0.3),
    ):
        willing[codes.CAUSE_NUMBER[name]] = share
    asks = (leave < state.end) & (chance.random(len(who)) < willing[lives.cause[who]])
    back_out = (leave > state.end) & (
        chance.random(len(who)) < 0.03 * felt_at_peak(state, "hotline")
    )
    at = np.flatnonzero(asks | back_out)
    early = np.where(lives.shown_signs[who][at], chance.integers(1, 10, len(at)), 0)
    day = np.where(
        asks[at], leave[at] - early, state.start + chance.integers(0, 28, len(at))
    )
    day = np.clip(day, np.maximum(state.start, people.join_day[who][at]), state.end - 1)
    seconds = day * DAY_S + chance.integers(*WORK_DAY, len(at))
    return pa.table(
        {
            "np_no": np.arange(len(at)) + (state.k + 1) * 10_000_000,
            "subs_id": people.subs_id[who][at],
            "req_tm": clock.stamps(seconds),
            "rec_tm": clock.stamps(seconds + chance.integers(60, DAY_S, len(at))),
            "to_net": pa.array(
                np.where(chance.random(len(at)) < 0.6, codes.RIVAL_A, codes.RIVAL_B)
            ),
            "ok_flag": pa.array(np.where(chance.random(len(at)) < 0.85, "1", "0")),
        }
    )
