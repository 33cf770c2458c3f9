"""The operator's tables, month by month, in bounded memory: pure generation, nothing is written here."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from churn_tasks.simulator.acquaintances import make_acquaintances
from churn_tasks.simulator.agreements import make_agreements, month_agreements
from churn_tasks.simulator.billing import month_bills
from churn_tasks.simulator.campaigns import month_campaigns
from churn_tasks.simulator.care import month_care
from churn_tasks.simulator.clock import Clock
from churn_tasks.simulator.dirt import KINDS
from churn_tasks.simulator.drift import with_unannounced_columns
from churn_tasks.simulator.fixed_lines import month_fixed_use
from churn_tasks.simulator.handset_register import month_handsets
from churn_tasks.simulator.handsets import plan_handsets
from churn_tasks.simulator.interaction import interaction_rows, plant_interaction
from churn_tasks.simulator.lives import Circumstances
from churn_tasks.simulator.market import month_market, plan_market
from churn_tasks.simulator.master import Books, month_versions, open_books
from churn_tasks.simulator.money import Accounts, month_money, open_accounts
from churn_tasks.simulator.people import make_people
from churn_tasks.simulator.phones import NumberPool
from churn_tasks.simulator.planning import LOOK_AHEAD, plan_lives
from churn_tasks.simulator.rotation import come_back, plan_rotation, returns
from churn_tasks.simulator.services import month_premises, month_services
from churn_tasks.simulator.settings import SimulationSettings
from churn_tasks.simulator.spoiler import Spoiler, Tables
from churn_tasks.simulator.state import MonthState, month_state
from churn_tasks.simulator.truth import (
    dirt_rows,
    fuzzy_doubles,
    persons,
    persons_registered_again,
    rotations,
    subscribers,
)
from churn_tasks.simulator.usage import month_usage


@dataclass(frozen=True)
class Delivery:
    """One month: rows to append, by table, to the operator's schema ``boss`` and to ``sim_truth``."""

    k: int
    label: str
    boss: Tables
    truth: Tables

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self.boss.values())


class Operator:
    """One simulated operator. Months are made in order, because accounts and books are carried forward."""

    def __init__(self, settings: SimulationSettings) -> None:
        self.settings = settings
        self.clock = clock = Clock(settings)
        people = make_people(clock)
        planned = settings.months + LOOK_AHEAD
        self.agreements = make_agreements(clock, people)
        self.market = plan_market(clock, planned)
        self.handsets = plan_handsets(clock, people)
        self.interaction = plant_interaction(clock, len(people), planned)
        self.around = around = Circumstances(
            free_day=self.agreements.free_day(len(people)),
            acquaintances=make_acquaintances(people),
            handsets=self.handsets,
            market=self.market,
            interaction=self.interaction,
        )
        self.lives = plan_lives(clock, people, around)
        planned_returns = plan_rotation(clock, people, self.lives)
        self.people = come_back(clock, people, planned_returns)
        self.rotation = returns(clock, self.people, self.lives)

    def months(self) -> Iterator[Delivery]:
        """Every month's rows, the earliest first; one month is in memory at a time."""
        pool = NumberPool(self.clock, self.people)
        books = open_books(self.clock, self.people)
        accounts = open_accounts(self.clock, self.people)
        for k in range(self.settings.months):
            state = month_state(self.clock, k, self.people, self.lives)
            clean = self._clean(state, pool, books, accounts)
            yield self._delivery(state, clean)

    def _clean(
        self, state: MonthState, pool: NumberPool, books: Books, accounts: Accounts
    ) -> Tables:
        """The month's tables before dirt; books and accounts move on."""
        # before this month's changes, which hold from the next
        plan = books.plan.copy()
        usage = month_usage(state, pool)
        bills = month_bills(
            state, plan, usage.charges, self.agreements, self.interaction
        )
        services = month_services(state)
        return {
            "subs_his": month_versions(state, books, pool),
            "agr_info": month_agreements(state, self.agreements, self.lives.leave_day),
            "cdr": usage.records,
            "bill_item": bills.rows,
            **month_money(state, accounts, bills.total),
            "srv_snap": services,
            "fix_use": month_fixed_use(state, services),
            "term_snap": month_handsets(state, self.handsets),
            "site_snap": month_premises(state, books),
            **month_care(state, self.lives),
            "camp_info": month_campaigns(self.clock, state.k),
            "mkt_index": month_market(self.clock, self.market, state.k),
        }

    def _delivery(self, state: MonthState, clean: Tables) -> Delivery:
        """The month's tables with dirt in them, and the truth about both."""
        spoiler = Spoiler(self.clock, state.k, KINDS)
        boss = spoiler.month(clean)
        boss["cdr"] = with_unannounced_columns(boss["cdr"], spoiler)
        truth = self._truth_of_month(state, spoiler)
        if state.k == 0:
            truth |= self._truth_of_all(truth["person"])
        label = str(self.clock.month(state.k))
        return Delivery(state.k, label, boss, truth)

    def _truth_of_month(self, state: MonthState, spoiler: Spoiler) -> Tables:
        truth = {
            "dirt": dirt_rows(self.clock.month(state.k), spoiler.planted),
            "fuzzy_double": fuzzy_doubles(spoiler.doubles),
            "person": persons_registered_again(self.people, spoiler.doubles),
        }
        if self.interaction:
            truth["interaction"] = interaction_rows(
                self.clock, self.interaction, state.k, state.who, state.subs_id
            )
        return truth

    def _truth_of_all(self, registered_again: pa.Table) -> Tables:
        """What is known of everybody, delivered with the first month."""
        everybody = persons(self.people)
        return {
            "subscriber": subscribers(self.people, self.lives),
            "person": pa.concat_tables([everybody, registered_again]),
            "rotation": rotations(self.people, self.lives, self.rotation),
        }
