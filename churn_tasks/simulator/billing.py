"""Monthly bills by item."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churn_tasks.simulator import codes
from churn_tasks.simulator.agreements import Agreements, discounted
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import DAY_S
from churn_tasks.simulator.columns import repeated, whole
from churn_tasks.simulator.interaction import Interaction
from churn_tasks.simulator.state import MonthState

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
BROADBAND_FEN = 3_000
DISCOUNT_PART = 5  # a fee discount is the fifth part of the fee
EXTRAS_FEN = (200, 300, 500, 1_000)
EXTRAS_A_MONTH, LOST_IN_DISTRESS = 0.35, 0.6
MADE_AFTER_DAYS = (1, 4)  # the first of the next month
BILLS_A_MONTH = 10_000_000  # more than there ever are


@dataclass(frozen=True)
class Bills:
    """The rows, and the total of each customer of the state in fen."""

    rows: pa.Table
    total: Array


def month_bills(
    state: MonthState,
    plan: Array,
    usage_fen: dict[str, Array],
    agreements: Agreements,
    interaction: Interaction | None = None,
) -> Bills:
    """One bill for everybody who was on the network in the month, the month of leaving included.

    Args:
        plan: tariff of every subscriber in this month.
        usage_fen: what the records cost, by item and customer of the state.
        interaction: the planted pattern, whose amounts then stand for extra services and come on top of reductions.
    """
    chance = state.chance("billing")
    amounts = _amounts(state, plan, agreements, chance) | usage_fen
    if interaction:
        amounts["value_added"] = interaction.extras_fen[state.k][state.who]
        reductions_fen = interaction.reductions_fen[state.k][state.who]
        amounts["discount"] = amounts["discount"] - reductions_fen
    heads = _bill_heads(state, chance)
    items = [_item(name, amounts[name], heads) for name in ITEMS]
    total = np.sum(list(amounts.values()), axis=0)
    return Bills(pa.concat_tables(items), total)


def _amounts(
    state: MonthState, plan: Array, agreements: Agreements, chance: Chance
) -> dict[str, Array]:
    """Fen of the items that do not depend on records, for each customer of the state."""
    who, n = state.who, len(state)
    fee = codes.PLAN_FEES[plan[who]]
    has_discount = discounted(agreements, state.start, len(plan))[who]
    expected = EXTRAS_A_MONTH * (1 - LOST_IN_DISTRESS * state.peak)
    extras = chance.poisson(expected) * chance.choice(EXTRAS_FEN, n)
    has_broadband = state.people.has_broadband[who]
    return {
        "plan_fee": fee,
        "value_added": extras,
        "broadband": np.where(has_broadband, BROADBAND_FEN, 0),
        "discount": np.where(has_discount, -(fee // DISCOUNT_PART), 0),
    }


def _bill_heads(state: MonthState, chance: Chance) -> pa.Table:
    """Number, customer, month and moment of each bill."""
    n, cycle = len(state), state.clock.cycle(state.k)
    day = state.end + chance.between(MADE_AFTER_DAYS, n)
    made = day * DAY_S + chance.integers(0, DAY_S, n)
    return pa.table(
        {
            "bill_no": cycle * BILLS_A_MONTH + np.arange(n),
            "subs_id": state.subs_id,
            "cycle_id": np.full(n, cycle, dtype=np.int32),
            "gen_tm": state.clock.stamps(made),
        }
    )


def _item(name: str, amount: Array, heads: pa.Table) -> pa.Table:
    """Rows of one item, for those to whom it is charged; the tariff's fee is always shown."""
    is_shown = amount != 0
    if name == "plan_fee":
        is_shown = np.full(len(amount), True)
    at = np.flatnonzero(is_shown)
    bills = heads.take(at)
    return pa.table(
        {
            "bill_no": bills.column("bill_no"),
            "subs_id": bills.column("subs_id"),
            "cycle_id": bills.column("cycle_id"),
            "item_cd": repeated(ITEMS[name], len(at)),
            "amt_fen": whole(amount[at]),
            "gen_tm": bills.column("gen_tm"),
        }
    )
