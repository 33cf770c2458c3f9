"""Monthly bills by item."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.agreements import Agreements, discounted
from churn_tasks.simulator.clock import DAY_S, Array, Clock
from churn_tasks.simulator.interaction import Interaction
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState
from churn_tasks.simulator.usage import Usage

ITEMS = {  # name here -> code in the operator's chart of accounts
    "plan_fee": "1001",
    "voice": "2001",
    "sms": "2002",
    "mms": "2003",
    "data": "2004",
    "roaming": "2005",
    "value_added": "3001",
    "broadband": "4001",
    "discount": "9001",
}
BROADBAND_FEE = 3000


@dataclass(frozen=True)
class Bills:
    """The rows, and the total of each customer of the state in fen."""

    rows: pa.Table
    total: Array


def month_bills(
    clock: Clock,
    people: People,
    state: MonthState,
    plan: Array,
    usage: Usage,
    agreements: Agreements,
    interaction: Interaction | None = None,
) -> Bills:
    """One bill for everybody who was on the network in the month, the month of leaving included.

    Args:
        plan: tariff of every subscriber in this month.
        interaction: the planted pattern, whose amounts then stand for extra services and come on top of reductions.
    """
    chance = clock.chance("billing", state.k)
    who = state.who
    amounts = (
        _amounts(
            people,
            state,
            plan,
            discounted(agreements, clock, state.k, len(people)),
            chance,
        )
        | usage.charges
    )
    if interaction:
        amounts["value_added"] = interaction.extras_fen[state.k][who]
        amounts["discount"] = (
            amounts["discount"] - interaction.reductions_fen[state.k][who]
        )
    day = (
        state.end + 1 + chance.integers(0, 3, len(who))
    )  # two to four days after the month's last day
    made = day * DAY_S + chance.integers(0, DAY_S, len(who))
    month = clock.month(state.k)
    cycle = month.year * 100 + month.number
    number = cycle * 10_000_000 + np.arange(len(who))
    parts = [
        _item(clock, code, amounts[name], number, people.subs_id[who], cycle, made)
        for name, code in ITEMS.items()
    ]
    return Bills(pa.concat_tables(parts), np.sum(list(amounts.values()), axis=0))


def _amounts(
    people: People,
    state: MonthState,
    plan: Array,
    is_discounted: Array,
    chance: np.random.Generator,
) -> dict[str, Array]:
    """Fen of the items that do not depend on records, for each subscriber of the state."""
    who = state.who
    fee = codes.PLAN_FEES[plan[who]]
    extras = chance.poisson(0.35 * (1 - 0.6 * state.peak)) * chance.choice(
        [200, 300, 500, 1000], len(who)
    )
    return {
        "plan_fee": fee,
        "value_added": extras,
        "broadband": np.where(people.has_broadband[who], BROADBAND_FEE, 0),
        "discount": np.where(is_discounted[who], -(fee // 5), 0),
    }


def _item(
    clock: Clock,
    code: str,
    amount: Array,
    number: Array,
    subs_id: Array,
    cycle: int,
    made: Array,
) -> pa.Table:
    """Rows of one item, for those to whom it is charged; the tariff's fee is always shown."""
    at = np.flatnonzero((amount != 0) | (code == ITEMS["plan_fee"]))
    return pa.table(
        {
            "bill_no": number[at],
            "subs_id": subs_id[at],
            "cycle_id": np.full(len(at), cycle, dtype=np.int32),
            "item_cd": pa.array(np.full(len(at), code)),
            "amt_fen": amount[at].astype(np.int64),
            "gen_tm": clock.stamps(made[at]),
        }
    )
