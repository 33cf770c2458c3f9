"""How much each fixed access was used in the month: broadband, telephone and television."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator.clock import DAY_S, Array, Clock
from churn_tasks.simulator.people import People
from churn_tasks.simulator.state import MonthState, felt

ACCESSES = ("BB", "FIX", "TV")


def month_fixed_use(
    clock: Clock, people: People, state: MonthState, services: pa.Table
) -> pa.Table:
    """One row an access held at the month's end; the broadband line carries what the services say it did.

    Args:
        services: the rows of ``srv_snap`` before dirt.
    """
    chance = clock.chance("fixed", state.k)
    held = services.filter(pc.is_in(services.column("srv_cd"), pa.array(ACCESSES)))
    kind = held.column("srv_cd").to_numpy(zero_copy_only=False).astype(str)
    at = np.searchsorted(people.subs_id[state.who], held.column("subs_id").to_numpy())
    interest = 1 - 0.3 * felt(state, "data")[at].mean(
        axis=1
    )  # the rest of the household stays at home
    barred = pc.equal(held.column("sts_cd"), "S").to_numpy(zero_copy_only=False)
    interest = np.where(barred, 0, interest)
    hours, calls = _hours(kind, interest, chance), _calls(kind, interest, chance)
    habit = 0.35 + 0.6 * (people.subs_id[state.who[at]] * 40_503 % 9_973 / 9_973)
    usual = np.clip(habit * interest * chance.lognormal(0, 0.25, len(at)), 0, 1)
    days = np.where(hours + calls > 0, np.clip(chance.binomial(28, usual), 1, 28), 0)
    return pa.table(
        {
            "sum_dt": held.column("snap_dt"),
            "subs_id": held.column("subs_id"),
            "acc_typ": held.column("srv_cd"),
            "flow_mb": held.column("flow_mb"),
            "onl_min": pa.array(
                np.rint(hours * 60).astype(np.int64), mask=kind == "FIX"
            ),
            "call_s": pa.array(np.rint(calls).astype(np.int64), mask=kind != "FIX"),
            "act_days": days.astype(np.int32),
            "rec_tm": clock.stamps(
                np.full(held.num_rows, (state.end + 1) * DAY_S + 6 * 3600)
            ),
        }
    )


def _hours(kind: Array, interest: Array, chance: np.random.Generator) -> Array:
    """Hours with a session open; television runs less than broadband."""
    usual = np.select([kind == "BB", kind == "TV"], [220.0, 70.0], 0.0)
    return np.minimum(usual * interest * chance.lognormal(-0.08, 0.4, len(kind)), 700)


def _calls(kind: Array, interest: Array, chance: np.random.Generator) -> Array:
    """Seconds of calls from a fixed telephone; every tenth is hardly used."""
    usual = np.where(kind == "FIX", 2_400.0, 0.0) * np.where(
        chance.random(len(kind)) < 0.1, 0.02, 1.0
    )
    return usual * interest * chance.lognormal(-0.3, 0.8, len(kind))
