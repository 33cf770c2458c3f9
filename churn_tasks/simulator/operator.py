"""The operator's tables, month by month, in bounded memory: pure generation, nothing is written here."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.acquaintances import make_acquaintances
from churn_tasks.simulator.agreements import make_agreements
from churn_tasks.simulator.billing import month_bills
from churn_tasks.simulator.campaigns import month_campaigns
from churn_tasks.simulator.care import month_care
from churn_tasks.simulator.clock import Clock
from churn_tasks.simulator.dirt import CHANGED_MONTH, KINDS
from churn_tasks.simulator.fixed_lines import month_fixed_use
from churn_tasks.simulator.handset_register import month_handsets
from churn_tasks.simulator.handsets import plan_handsets
from churn_tasks.simulator.interaction import interaction_rows, plant_interaction
from churn_tasks.simulator.lives import LOOK_AHEAD, Circumstances, plan_lives
from churn_tasks.simulator.market import month_market, plan_market
from churn_tasks.simulator.master import (
    month_agreements,
    month_premises,
    month_services,
    month_versions,
    open_books,
)
from churn_tasks.simulator.money import month_money, open_accounts
from churn_tasks.simulator.people import make_people
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.rotation import come_back, plan_rotation, returns
from churn_tasks.simulator.settings import SimulationSettings
from churn_tasks.simulator.spoiler import Planted, Spoiler
from churn_tasks.simulator.state import MonthState, month_state
from churn_tasks.simulator.truth import (
    dirt_rows,
    doubles,
    persons,
    rotations,
    subscribers,
)
from churn_tasks.simulator.usage import month_usage


@dataclass(frozen=True)
class Delivery:
    """One month: rows to append, by table, to the operator's schema ``boss`` and to ``sim_truth``."""

    k: int
    label: str
    boss: dict[str, pa.Table]
    truth: dict[str, pa.Table] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self.boss.values())


class Operator:
    """One simulated operator. Months are made in order, because accounts and books are carried forward."""

    def __init__(self, settings: SimulationSettings) -> None:
        self.settings = settings
        self.clock = Clock(settings)
        people = make_people(self.clock)
        self.agreements = make_agreements(self.clock, people)
        planned = settings.months + LOOK_AHEAD
        self.market, self.handsets = (
            plan_market(self.clock, planned),
            plan_handsets(self.clock, people),
        )
        self.interaction = plant_interaction(self.clock, len(people), planned)
        acquaintances = make_acquaintances(people)
        around = Circumstances(
            self.agreements.free_day,
            acquaintances,
            self.handsets,
            self.market,
            self.interaction,
        )
        self.lives = plan_lives(self.clock, people, around)
        self.people = come_back(
            self.clock, people, plan_rotation(self.clock, people, self.lives)
        )
        self.rotation = returns(self.clock, self.people, self.lives)

    def months(self) -> Iterator[Delivery]:
        """Every month's rows, the earliest first; one month is in memory at a time."""
        pool = NumberPool(self.clock, self.people)
        books, accounts = (
            open_books(self.clock, self.people),
            open_accounts(self.clock, self.people),
        )
        clock, people = self.clock, self.people
        for k in range(self.settings.months):
            state = month_state(clock, k, people, self.lives)
            plan = (
                books.plan.copy()
            )  # before this month's changes, which hold from the next
            usage = month_usage(clock, people, state, pool)
            bills = month_bills(
                clock, people, state, plan, usage, self.agreements, self.interaction
            )
            clean = {
                "subs_his": month_versions(clock, people, state, books, pool),
                "agr_info": month_agreements(
                    clock, people, state, self.agreements, self.lives.leave_day
                ),
                "cdr": usage.records,
                "bill_item": bills.rows,
                **month_money(clock, people, state, accounts, bills.total),
                "srv_snap": (services := month_services(clock, people, state)),
                "fix_use": month_fixed_use(clock, people, state, services),
                "term_snap": month_handsets(clock, people, state, self.handsets),
                "site_snap": month_premises(clock, people, state, books),
                **month_care(clock, people, state, self.lives),
                "camp_info": month_campaigns(clock, k),
                "mkt_index": month_market(clock, self.market, k),
            }
            yield self._delivery(state, clean, Spoiler(clock, k, KINDS))

    def _delivery(
        self, state: MonthState, clean: dict[str, pa.Table], spoiler: Spoiler
    ) -> Delivery:
        k = state.k
        boss = spoiler.month(clean)
        month, planted = self.clock.month(k), spoiler.planted
        if k == self.changed_month:
            boss["cdr"] = _with_new_columns(boss["cdr"])
            planted = [
                *planted,
                Planted("cdr", "schema_change", ["volte_flag", "cell_ref"], "drift"),
            ]
        truth = {
            "dirt": dirt_rows(month, planted),
            "fuzzy_double": doubles(spoiler.doubles),
            "person": persons(self.people, spoiler.doubles),
        }
        if self.interaction:
            ids = self.people.subs_id
            truth["interaction"] = interaction_rows(
                self.clock, self.interaction, k, state.who, ids
            )
        if k == 0:
            truth["subscriber"] = subscribers(self.people, self.lives)
            truth["person"] = pa.concat_tables([persons(self.people), truth["person"]])
            truth["rotation"] = rotations(self.people, self.lives, self.rotation)
        return Delivery(k, str(month), boss, truth)

    @property
    def changed_month(self) -> int | None:
        """The month whose CDR table has more columns than the others; none in clean data."""
        return (
            min(CHANGED_MONTH, self.settings.months - 1) if self.settings.dirt else None
        )


def _with_new_columns(records: pa.Table) -> pa.Table:
    """What a new release of mediation delivers: two columns that nobody announced."""
    number = records.column("rec_no").to_numpy()
    volte = pa.array(["0", "1"]).take(
        pa.array((number * 7_919 % 10 < 6).astype(np.int64))
    )
    cell = pa.array(number * 104_729 % 50_000).cast(pa.string())
    return records.append_column("volte_flag", volte).append_column("cell_ref", cell)
